"""What a method is that chooses, in each epoch, what is trained on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from dashjax.errors import InputError

State = Any  # a pytree of arrays
Epoch = Int[Array, ""] | int  # the first is 0


class Choice(NamedTuple):
    """What one epoch trains on, in the order of training."""

    rows: Int[Array, " place"]  # samples; -1 where a place is empty, and these come last
    weights: Float[Array, " place"]  # by what the loss of a sample is multiplied; 0 where empty


class Chooser(NamedTuple):
    """A dynamic selection as three pure functions, which run under `jax.jit`.

    Shapes do not depend on the epoch, so that one compiled program serves all.

    Example:
        >>> import dashjax as dj, jax
        >>> chooser = dj.baselines.rs2(samples=10, share=0.3)
        >>> choice, state = chooser.choose(chooser.init(jax.random.key(0)), 0)
        >>> state = chooser.update(state, choice, choice.weights * 0.5)
        >>> choice.rows.shape
        (3,)
    """

    init: Callable[[Key[Array, ""]], State]
    choose: Callable[[State, Epoch], tuple[Choice, State]]
    update: Callable[[State, Choice, Float[Array, " place"]], State]


class Losses(NamedTuple):
    """What methods know that choose by losses."""

    key: Key[Array, ""]
    last: Float[Array, " sample"]  # the loss when the sample was last trained on


_UNSEEN = 3.0  # the loss of what was not yet trained on, as the authors of InfoBatch have it


def no_losses(key: Key[Array, ""], samples: int) -> Losses:
    """Before the first epoch: all losses are alike."""
    return Losses(key, jnp.full(samples, _UNSEEN, jnp.float32))


def seen(state: Losses, choice: Choice, losses: Float[Array, " place"]) -> Losses:
    """Keeps the losses of what was trained on; a loss that is no number is not kept."""
    kept = (choice.rows >= 0) & jnp.isfinite(losses)
    rows = jnp.where(kept, choice.rows, len(state.last))
    return state._replace(last=state.last.at[rows].set(losses, mode="drop"))


def shuffled(
    key: Key[Array, ""], chosen: Bool[Array, " sample"], weights: Float[Array, " sample"]
) -> Choice:
    """The chosen samples in random order, with a place for each sample that there is."""
    turn = jnp.where(chosen, jax.random.uniform(key, chosen.shape), 2.0)
    rows = jnp.argsort(turn).astype(jnp.int32)
    used = chosen[rows]
    return Choice(jnp.where(used, rows, -1), jnp.where(used, weights[rows], 0.0))


def check_samples(samples: int) -> None:
    """Refuses a training on nothing.

    Raises:
        InputError: if there are no samples.
    """
    if samples < 1:
        raise InputError(f"samples are {samples}; give 1 or more")


def check_epochs(epochs: int) -> None:
    """Refuses a training without epochs.

    Raises:
        InputError: if there are none.
    """
    if epochs < 1:
        raise InputError(f"epochs are {epochs}; give 1 or more")


def check_share(name: str, share: float, *, none: bool = False, all_: bool = True) -> None:
    """Refuses what is no share; `none` and `all_` say whether 0 and 1 are some.

    Raises:
        InputError: with what may be given.
    """
    if (0 < share < 1) or (none and share == 0) or (all_ and share == 1):
        return
    low = "0" if none else "above 0"
    high = "1" if all_ else "below 1"
    raise InputError(f"{name} is {share}; give a share from {low} to {high}")
