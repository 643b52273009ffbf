"""mabby: `BetaTSStrategy`, its only Thompson sampling."""

import numpy as np
from mabby.strategies import BetaTSStrategy
from task import Learn, Selector, answer


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    agent = BetaTSStrategy().agent()
    agent.prime(groups * slots, 0, np.random.default_rng(seed))

    def learn(arm: int, reward: float) -> None:
        agent.update(int(reward > 0))

    return agent.choose, learn


answer("mabby", "Beta; rewards are the signs of Gaussian ones", start)
