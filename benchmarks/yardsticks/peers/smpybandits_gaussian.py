"""SMPyBandits: `Thompson` with its posterior `Gauss`.

A policy is made anew for every run: `Gauss` forgets its parameters at a reset, not its data.
"""

import numpy as np
from SMPyBandits.Policies import Thompson
from SMPyBandits.Policies.Posterior import Gauss
from task import Learn, Selector, answer


def start(groups: int, slots: int, seed: int) -> tuple[Selector, Learn]:
    """A new run."""
    np.random.seed(seed)  # noqa: NPY002 (the peer draws from NumPy's global generator)
    policy = Thompson(groups * slots, posterior=Gauss)
    policy.startGame()
    return policy.choice, policy.getReward


answer("SMPyBandits", "Gaussian; prior N(0, 1) forgotten at the first reward, sd 1/n", start)
