"""MABWiser: linear Thompson sampling on a context of one constant.

The constant is the square root of 2, so that a weight of N(0, 1) makes an arm's prior N(0, 2).
"""

import numpy as np
from mabwiser.mab import MAB, LearningPolicy
from task import Learn, Selector, answer

CONTEXT = np.full((1, 1), 2**0.5)


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run; its first arm comes by chance, as the peer chooses only after a first reward."""
    learning = LearningPolicy.LinTS(alpha=1.0, l2_lambda=1.0)
    policy = MAB(list(range(groups * slots)), learning, seed=seed)
    first = [int(np.random.default_rng(seed).integers(groups * slots))]

    def choose() -> int:
        return first.pop() if first else policy.predict(CONTEXT)

    def learn(arm: int, reward: float) -> None:
        policy.partial_fit([arm], [reward], CONTEXT)

    return choose, learn


answer("mabwiser", "Gaussian, the same; as a linear model of one constant", start)
