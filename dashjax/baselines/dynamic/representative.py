"""Common factors first, rare ones later: OUR INTERPRETATION of a paper without public code.

For samples x with activity a_xm of factor m (which sums to 1), q_m the share of samples in which a
factor is active, N samples, c_x how often x was chosen before epoch t of T, r the share chosen:

    Rep(x)  = sum_m a_xm log(1 + N q_m),   Rare(x) = -sum_m a_xm log q_m,   both by ranks in [0, 1]
    w_t     = (1 + cos(pi min(1, t / (.8 T)))) / 2
    score_t = w_t Rep + (1 - w_t) Rare - penalty log(1 + c_x) / log(2 + t r) + .05 Gumbel noise

and the r N samples of highest score are trained on.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from scipy.stats import rankdata

from dashjax.baselines.dynamic.contract import (
    Choice,
    Chooser,
    Epoch,
    check_epochs,
    check_share,
)
from dashjax.baselines.dynamic.sparse_autoencoder import Activity
from dashjax.errors import InputError

_TURNED_AT = 0.8  # share of the epochs after which rare factors alone count
_NOISE = 0.05


class Axes(NamedTuple):
    """How common, and how rare, the factors of each sample are: ranks from 0 to 1."""

    common: Float[np.ndarray, " sample"]
    rare: Float[np.ndarray, " sample"]


class Usage(NamedTuple):
    """How often each sample was chosen."""

    key: Key[Array, ""]
    times: Int[Array, " sample"]


def axes_of(activity: Activity) -> Axes:
    """Both scores of each sample, once and for all; a sample without active factors has neither.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> units, strength = np.array([[0, 1], [0, 2], [0, 1]]), np.ones((3, 2), np.float32)
        >>> axes = dj.baselines.axes_of(dj.baselines.Activity(units, strength, 3))
        >>> axes.rare.tolist()
        [0.25, 1.0, 0.25]
    """
    samples = len(activity.units)
    active = activity.strength > 0
    q = np.bincount(activity.units[active], minlength=activity.count) / samples
    share = activity.strength / np.maximum(activity.strength.sum(1, keepdims=True), 1e-30)
    known = np.where(q > 0, q, 1)[activity.units]
    common = (share * np.log1p(samples * known)).sum(axis=1)
    rare = -(share * np.log(known)).sum(axis=1)
    return Axes(_ranks(common), _ranks(rare))


def representative(axes: Axes, epochs: int, share: float, *, penalty: float = 0.5) -> Chooser:
    """A chooser that goes from samples with common factors to those with rare ones.

    This is our interpretation: equations, sizes and constants of the paper were not to be had.
    A sample that was chosen more often than others falls back; it is chosen at most about
    (2 + r T)^(1 + 1/penalty) times.

    Args:
        axes: as `axes_of(factors(features))` gives.
        epochs: of the whole training.
        share: of the samples that an epoch trains on, rounded up.
        penalty: what having been chosen costs, in ranks; 0 for none.

    Raises:
        InputError: if there are no samples or epochs, the share is none, or the penalty negative.

    Source: after Zhou, Hua, Guo and Jia, Rethinking representativeness and diversity in dynamic
    data selection, 2026, arXiv 2603.04981.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> axes = dj.baselines.Axes(common=np.array([0.0, 1.0]), rare=np.array([1.0, 0.0]))
        >>> chooser = dj.baselines.representative(axes, epochs=10, share=0.5)
    """
    samples = len(axes.common)
    check_epochs(epochs)
    check_share("share", share)
    if not 0 <= penalty < math.inf:
        raise InputError(f"penalty is {penalty}; give 0 or more")
    size = min(samples, math.ceil(samples * share - 1e-9))
    common, rare = (np.asarray(axis, np.float32) for axis in axes)

    def choose(state: Usage, epoch: Epoch) -> tuple[Choice, Usage]:
        time = jnp.asarray(epoch, jnp.float32)
        for_noise, for_order = jax.random.split(jax.random.fold_in(state.key, epoch))
        turned = jnp.minimum(1.0, time / (_TURNED_AT * epochs))
        weight = (1 + jnp.cos(jnp.pi * turned)) / 2
        used = jnp.log1p(state.times.astype(jnp.float32)) / jnp.log(2 + time * share)
        noise = _NOISE * jax.random.gumbel(for_noise, (samples,), jnp.float32)
        score = weight * common + (1 - weight) * rare - penalty * used + noise
        rows = jax.lax.top_k(score, size)[1].astype(jnp.int32)
        choice = Choice(jax.random.permutation(for_order, rows), jnp.ones(size, jnp.float32))
        return choice, state._replace(times=state.times.at[rows].add(1))

    def init(key: Key[Array, ""]) -> Usage:
        return Usage(key, jnp.zeros(samples, jnp.int32))

    return Chooser(init, choose, lambda state, choice, losses: state)


def _ranks(values: np.ndarray) -> np.ndarray:
    return (rankdata(values) - 1) / max(len(values) - 1, 1)
