"""bayesianbandits: an agent whose arms are normal regressions of nothing but a mean."""

import numpy as np
from bayesianbandits import Agent, Arm, NormalRegressor, ThompsonSampling
from task import Learn, Selector, answer


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    arms = [Arm(arm, learner=NormalRegressor(alpha=0.5, beta=1.0)) for arm in range(groups * slots)]
    agent = Agent(arms, ThompsonSampling(), random_seed=seed)

    def choose() -> int:
        return agent.pull()[0]

    def learn(arm: int, reward: float) -> None:
        agent.update(np.array([reward]))

    return choose, learn


answer("bayesianbandits", "Gaussian, the same", start)
