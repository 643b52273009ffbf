r"""What one more look is worth: by how much it raises the selection on average (ours).

A look at arm a moves the posterior means to mu + c_a Z with Z ~ N(0, 1) and
c_a = V_a / sqrt(V_aa + sigma_r^2). With the floor as k further arms that are known, and S the best
k now, the mean utility of the selection then rises by (docs/mathematics.md, section 13)

    G_a = E[ sum of the k largest of mu + c_a Z  -  sum over S of (mu + c_a Z) ] / k

Unlike in the rule `knowledge-gradient` the floor counts, and the sum over Z is fine enough to be
told to a person. As in `certainty`, all is counted in NumPy.
"""

import numpy as np

from dashjax.bandit.base import Goal
from dashjax.bandit.futures import largest, with_floor

_FARTHEST, _NODES = 8.0, 641  # standard deviations on either side of 0; points between


def look_gains(
    mean: np.ndarray, cov: np.ndarray, noise_var: float, goal: Goal, places: int
) -> np.ndarray:
    """Expected rise of the selection's mean utility by one more look at each arm, `[near]`.

    Args:
        mean: posterior means of the arms that `futures.nearest` gave, `[near]`.
        cov: their covariances, `[near, near]`.
        noise_var: variance of one reward.
        goal: what is wanted.
        places: of the selection that these arms compete for.
    """
    point = np.linspace(-_FARTHEST, _FARTHEST, _NODES)
    mass = np.exp(-(point**2) / 2)
    sd = np.sqrt(np.maximum(np.diagonal(cov) + noise_var, np.finfo(float).tiny))
    moves = (cov / sd[:, None])[:, None] * point[None, :, None]
    moved, now = with_floor(mean + moves, mean[None], goal, places)
    count = min(places, moved.shape[-1])
    if count < 1:
        return np.zeros(len(mean))
    best = np.partition(moved, -count, axis=-1)[..., -count:].sum(-1)
    held = moved[..., largest(now, count)[0]].sum(-1)
    return np.maximum(best - held, 0) @ (mass / mass.sum()) / goal.select
