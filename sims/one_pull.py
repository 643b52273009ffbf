"""How often one pull of every dataset finds the best group's three (docs/mathematics.md,
section 2.6).

This is the paper's test of 15 steps: every method pulls the same, and what is believed and how the
selection is made decide alone.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.bandit.base import Belief, goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.selection import group_then_arm, top_k
from dashjax.pools.grouping import Grouping
from dashjax.simulate.metrics import share_interval
from dashjax.store.results import Row
from sims.calibration import drawn, told
from sims.problems import SELECT, pool, synthetic

RUNS = 20_000
NOISES = (0.05, 0.1, 0.2, 0.35, 0.5)
WAYS = ("flat", "dataset means", "group first")  # independent datasets; groups, by either selection


def rows(runs: int = RUNS, seed: int = 0) -> list[Row]:
    """A row a noise, grouping and way, with the share of runs that find all three.

    The variances are those implied by the grouping. The flat way does not depend on it.
    """
    found = []
    for grouping in ("perfect", "mixed"):
        for noise in NOISES:
            shares = _shares(noise, grouping, runs, seed)
            for way, share in zip(WAYS, shares, strict=True):
                label: Row = {"grouping": grouping, "noise": noise, "way": way, "runs": runs}
                found.append(label | share)
    return found


def _shares(noise: float, grouping: str, runs: int, seed: int) -> list[Row]:
    problem = synthetic(noise, grouping)
    keys = jax.random.split(jax.random.key(seed), runs)
    right = np.asarray(_all_runs(keys, problem.data, problem.prior, problem.grouping))
    shares = right.mean(axis=0)
    ends = share_interval(shares, runs)
    return [
        {"share": float(share), "share_low": float(low), "share_high": float(high)}
        for share, low, high in zip(shares, *ends, strict=True)
    ]


@functools.partial(jax.jit, static_argnums=3)
@functools.partial(jax.vmap, in_axes=(0, None, None, None))
def _all_runs(key: jax.Array, true: Prior, prior: Prior, grouping: Grouping) -> jax.Array:
    """Whether each way finds just the datasets of the group of largest utility, `[way]`."""
    key_truth, key_rewards = jax.random.split(key)
    groups, utility = drawn(key_truth, true)
    arms = jnp.arange(len(utility), dtype=jnp.int32)
    noise = jnp.sqrt(true.noise_var) * jax.random.normal(key_rewards, utility.shape)
    wanted = jnp.asarray(pool().grouping.group) == jnp.argmax(groups)
    goal = goal_for(len(utility), SELECT, len(utility))

    def right(belief: Belief, first: bool) -> jax.Array:
        choose = group_then_arm(goal) if first else top_k(goal)
        return (choose(belief, told(belief, arms, utility + noise), arms) == wanted).all()

    alone, together = flat(prior, grouping), exact(prior, grouping)
    return jnp.stack([right(alone, False), right(together, False), right(together, True)])
