"""SeTa: a window over groups of losses that slides from easy to hard."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dashjax.baselines.dynamic.contract import (
    Choice,
    Chooser,
    Epoch,
    Losses,
    check_epochs,
    check_samples,
    check_share,
    no_losses,
    seen,
    shuffled,
)
from dashjax.errors import InputError

_ROUNDS = 64  # of k-means, from quantiles on


class Window(NamedTuple):
    """How samples are grouped, and how many groups an epoch trains on.

    Attributes:
        groups: by loss.
        width: share of the groups in the window; rounded to groups, halves to the even number.

    Example:
        >>> import dashjax as dj
        >>> dj.baselines.Window(groups=10, width=0.5).size
        5
    """

    groups: int = 5
    width: float = 0.9

    @property
    def size(self) -> int:
        """Groups in the window."""
        return round(self.groups * self.width)


def seta(
    samples: int,
    epochs: int,
    window: Window = Window(),  # noqa: B008
    *,
    pruned: float = 0.1,
    pruned_until: float = 0.875,
) -> Chooser:
    """A chooser of samples whose loss is in the epoch's window, without weights.

    Each epoch leaves out a share of the samples by chance, groups the others by their last losses
    (k-means), and trains on neighbouring groups: from the easiest on, one further each epoch, and
    from the start again. The first epoch trains on all groups; after `pruned_until` of the epochs
    nothing but the random share is left out.

    Args:
        samples: how many there are.
        epochs: of the whole training.
        window: groups, and the share of them that an epoch trains on.
        pruned: share of the samples that are left out by chance.
        pruned_until: share of the epochs after which the window is open.

    Raises:
        InputError: if there are fewer samples than groups, no epochs, or a share is none.

    Source: Zhou, Gao and Wang, Scale efficient training for large datasets, CVPR 2025, section 3;
    defaults are its CIFAR ones. Its code starts k-means by chance; this starts at the quantiles.

    Example:
        >>> import dashjax as dj
        >>> chooser = dj.baselines.seta(1000, 20, dj.baselines.Window(groups=10, width=0.5))
    """
    kept = _checked(samples, epochs, window, pruned, pruned_until)
    until = math.floor(pruned_until * epochs)  # epochs
    starts = window.groups - window.size + 1

    def choose(state: Losses, epoch: Epoch) -> tuple[Choice, Losses]:
        for_pruning, for_order = jax.random.split(jax.random.fold_in(state.key, epoch))
        some = jax.random.permutation(for_pruning, samples)[:kept]
        group = groups_of(state.last[some], window.groups)
        first = jnp.asarray(epoch, jnp.int32) % starts
        inside = (group >= first) & (group < first + window.size)
        everything = (epoch == 0) | (epoch >= until) | ~inside.any()
        chosen = jnp.zeros(samples, bool).at[some].set(inside | everything)
        return shuffled(for_order, chosen, jnp.ones(samples, jnp.float32)), state

    return Chooser(lambda key: no_losses(key, samples), choose, seen)


def _checked(samples: int, epochs: int, window: Window, pruned: float, pruned_until: float) -> int:
    """How many samples an epoch keeps before it looks at losses."""
    check_samples(samples)
    check_epochs(epochs)
    check_share("width", window.width)
    check_share("pruned", pruned, none=True, all_=False)
    check_share("pruned_until", pruned_until, none=True)
    kept = int(samples * (1 - pruned))
    if not 1 <= window.groups <= kept:
        raise InputError(
            f"groups are {window.groups}; give 1 to {kept}, the samples that an epoch keeps"
        )
    if window.size < 1:
        raise InputError(
            f"width is {window.width}, which is less than one of {window.groups} groups; give more"
        )
    return kept


def groups_of(losses: Float[Array, " sample"], groups: int) -> Int[Array, " sample"]:
    """The group of each loss by k-means on a line, 0 the lowest; equal parts if all are equal.

    On a line groups are intervals, so that sorted losses and their running sums are all it takes.
    """
    order = jnp.argsort(losses)
    ranked = losses[order]
    ends = jnp.asarray(np.arange(1, groups) * len(losses) // groups, jnp.int32)
    up_to = jnp.concatenate([jnp.zeros(1, losses.dtype), jnp.cumsum(ranked - ranked.mean())])

    def again(_: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        ends, middles = state
        bounds = jnp.concatenate([jnp.zeros(1, jnp.int32), ends, jnp.full(1, len(losses))])
        counts, sums = jnp.diff(bounds), jnp.diff(up_to[bounds])
        middles = jnp.where(counts > 0, sums / jnp.maximum(counts, 1).astype(sums.dtype), middles)
        between = (middles[1:] + middles[:-1]) / 2 + ranked.mean()
        return jnp.searchsorted(ranked, between).astype(jnp.int32), middles

    found, _ = jax.lax.fori_loop(0, _ROUNDS, again, (ends, jnp.zeros(groups, losses.dtype)))
    ends = jnp.where(ranked[0] == ranked[-1], ends, found)
    group = _group_at(jnp.arange(len(losses), dtype=jnp.int32), ends)
    return jnp.zeros(len(losses), jnp.int32).at[order].set(group)


def _group_at(place: Int[Array, " sample"], ends: Int[Array, " end"]) -> Int[Array, " sample"]:
    past: Bool[Array, "sample end"] = place[:, None] >= ends[None]
    return past.sum(1, dtype=jnp.int32)
