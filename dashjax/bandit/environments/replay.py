"""Rewards replayed from one target's rows of a reward table; the truth is their mean."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Environment, Reward
from dashjax.bandit.environments.counted import Pull, counted
from dashjax.bandit.environments.synthetic import fixed
from dashjax.engine import indexing
from dashjax.engine.random import below, normal
from dashjax.errors import unknown

Counts = Int[Array | np.ndarray, " arm"]


def replay(
    rewards: Float[Array, "arm replicate"],
    mode: str = "bootstrap",
    *,
    counts: Counts | None = None,
    noise_sd: Float[Array, ""] | float | None = None,
) -> Environment:
    """An environment that answers from a table.

    Args:
        rewards: one target's rewards, in any unit; an arm's replicates come first in its row.
        mode: `bootstrap` draws a replicate with replacement at each pull; `sequence` gives each
            replicate at most once, in an order of its own for every run and arm, and after the
            last repeats it (a run that pulled an arm more often than it has replicates asked for
            more than the table holds); `mean` gives the arm's mean.
        counts: how many replicates each arm has, `[arm]`; None: as many as there are columns. An
            arm without any must not be available.
        noise_sd: Gaussian noise of this standard deviation, in units of reward, is added to the
            answers of arms that have a single replicate, which tells nothing of the noise.

    Raises:
        InputError: if the mode is none of these.
    """
    if mode not in MODES:
        raise unknown("replay mode", mode, MODES)
    columns, which = rewards.shape[1], MODES[mode]

    def answer(pull: Pull) -> Reward:
        if which is None:
            return pull.utility
        count = columns if counts is None else indexing.take(jnp.asarray(counts), pull.arm)
        found = indexing.take(rewards, pull.arm * columns + which(pull, count, columns))
        if noise_sd is None:
            return found
        noise = noise_sd * normal(jax.random.fold_in(pull.own_key, 1), (), rewards.dtype)
        return found + jnp.where(jnp.asarray(count) == 1, noise, 0)

    return counted(fixed(_means(rewards, counts)), answer)


def _means(rewards: Float[Array, "arm replicate"], counts: Counts | None) -> Array:
    if counts is None:
        return jnp.mean(rewards, axis=1)
    counts = jnp.asarray(counts)
    there = jnp.arange(rewards.shape[1], dtype=counts.dtype)[None] < counts[:, None]
    total = jnp.sum(jnp.where(there, rewards, 0), axis=1)
    return total / jnp.maximum(counts, 1).astype(rewards.dtype)


def _bootstrap(pull: Pull, count: int | Int[Array, ""], columns: int) -> Int[Array, ""]:
    return below(pull.own_key, count)


def _sequence(pull: Pull, count: int | Int[Array, ""], columns: int) -> Int[Array, ""]:
    if isinstance(count, int):
        order = jax.random.permutation(pull.key, count).astype(jnp.int32)
    else:  # a random order of all columns, in which those beyond the count come last
        drawn = jax.random.bits(pull.key, (columns,), jnp.uint32) >> np.uint32(1)
        beyond = jnp.arange(columns, dtype=jnp.int32) >= count
        order = jnp.argsort(jnp.where(beyond, np.uint32(2**32 - 1), drawn)).astype(jnp.int32)
    return order[jnp.minimum(pull.number, count - 1)]


MODES: dict[str, Callable[[Pull, int | Int[Array, ""], int], Int[Array, ""]] | None] = {
    "bootstrap": _bootstrap,
    "sequence": _sequence,
    "mean": None,
}
