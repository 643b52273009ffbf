"""Rewards replayed from one target's rows of a reward table; the truth is their mean."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Environment, Reward
from dashjax.bandit.environments.counted import Pull, counted
from dashjax.bandit.environments.synthetic import fixed
from dashjax.engine import indexing
from dashjax.engine.random import below
from dashjax.errors import InputError


def replay(rewards: Float[Array, "arm replicate"], mode: str = "bootstrap") -> Environment:
    """A source that answers from a table.

    Args:
        rewards: one target's rewards.
        mode: `bootstrap` draws a replicate with replacement at each pull; `sequence` gives each
            replicate at most once, in an order of its own for every run and arm, and after the
            last repeats it (a run that pulled an arm more often than it has replicates asked for
            more than the table holds); `mean` gives the arm's mean.

    Raises:
        InputError: if the mode is none of these.
    """
    if mode not in MODES:
        raise InputError(f"unknown replay mode '{mode}'; choose from {', '.join(MODES)}")
    replicates = rewards.shape[1]
    which = MODES[mode]

    def answer(pull: Pull) -> Reward:
        if which is None:
            return pull.utility
        return indexing.take(rewards, pull.arm * replicates + which(pull, replicates))

    return counted(fixed(jnp.mean(rewards, axis=1)), answer)


def _bootstrap(pull: Pull, replicates: int) -> Int[Array, ""]:
    return below(pull.own_key, replicates)


def _sequence(pull: Pull, replicates: int) -> Int[Array, ""]:
    order = jax.random.permutation(pull.key, replicates).astype(jnp.int32)
    return order[jnp.minimum(pull.number, replicates - 1)]


MODES: dict[str, Callable[[Pull, int], Int[Array, ""]] | None] = {
    "bootstrap": _bootstrap,
    "sequence": _sequence,
    "mean": None,
}
