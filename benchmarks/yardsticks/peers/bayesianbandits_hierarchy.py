"""bayesianbandits: a hierarchy as one linear model with a weight for each group and each arm.

An arm's utility is the sum of two weights, its group's and its own, each N(0, 1): the same joint
posterior as that of groups N(0, 1) with arms N(group, 1).
"""

import numpy as np
from bayesianbandits import (
    Arm,
    FunctionArmFeaturizer,
    LipschitzContextualAgent,
    NormalRegressor,
    ThompsonSampling,
)
from task import Learn, Selector, answer

CONTEXT = np.ones((1, 1))


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    arms = groups * slots
    features = np.vstack([np.repeat(np.eye(groups), slots, axis=1), np.eye(arms)])
    agent = LipschitzContextualAgent(
        [Arm(arm) for arm in range(arms)],
        ThompsonSampling(),
        FunctionArmFeaturizer(lambda context, some: features[None, :, some]),
        learner=NormalRegressor(alpha=1.0, beta=1.0),
        random_seed=seed,
    )

    def choose() -> int:
        return agent.pull(CONTEXT)[0]

    def learn(arm: int, reward: float) -> None:
        agent.update(CONTEXT, np.array([reward]))

    return choose, learn


answer("bayesianbandits", "Gaussian hierarchy, the same; as a linear model of 20 weights", start)
