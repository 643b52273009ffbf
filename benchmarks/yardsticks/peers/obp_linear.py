"""Open Bandit Pipeline: linear Thompson sampling on a context of one constant.

The constant is the square root of 2, so that a weight of N(0, 1) makes an arm's prior N(0, 2).
"""

import numpy as np
from obp.policy import LinTS
from task import Learn, Selector, answer

CONTEXT = np.full((1, 1), 2**0.5)


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    policy = LinTS(dim=1, n_actions=groups * slots, random_state=seed)

    def choose() -> int:
        return policy.select_action(CONTEXT)[0]

    def learn(arm: int, reward: float) -> None:
        policy.update_params(arm, reward, CONTEXT)

    return choose, learn


answer("obp", "Gaussian, the same; as a linear model of one constant", start)
