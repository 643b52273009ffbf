"""MABWiser: Thompson sampling without context, which knows rewards of 0 and 1 only."""

import numpy as np
from mabwiser.mab import MAB, LearningPolicy
from task import Learn, Selector, answer


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run; its first arm comes by chance, as the peer chooses only after a first reward."""
    policy = MAB(list(range(groups * slots)), LearningPolicy.ThompsonSampling(), seed=seed)
    first = [int(np.random.default_rng(seed).integers(groups * slots))]

    def choose() -> int:
        return first.pop() if first else policy.predict()

    def learn(arm: int, reward: float) -> None:
        policy.partial_fit([arm], [int(reward > 0)])

    return choose, learn


answer("mabwiser", "Beta; rewards are the signs of Gaussian ones", start)
