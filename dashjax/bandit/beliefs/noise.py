r"""How loud each dataset is: its noise variance in units of the typical one's, learned (ours).

Rewards of one dataset have variance s^2 / l with l ~ Gamma(v/2, v/2), a law of mean 1. With the sum
of squares V of n rewards around their mean, m = n - 1, and the typical variance t,

    l | V ~ Gamma((v + m)/2, (v + V/t)/2)
    log p(V | v, t) = -m/2 log t + log G((v + m)/2) - log G(v/2) + v/2 log(v/2)
                      - (v + m)/2 log((v + V/t)/2) + what depends on m alone

t is the value of greatest likelihood, found by the expectation-maximisation of Kent, Tyler and
Vardi (1994), t <- (sum l^ V / sum m) / mean l^. Whether noise is equal, or differs by dataset or by
group, and how much (v), has a posterior. Factors are counted so that the rewards' mean logarithm
of them is 0: then they do not enter the likelihood of the spreads (docs/mathematics.md, 10).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dashjax.bandit.base import RandomKey
from dashjax.engine.random import normal

_ROUNDS = 8  # of expectation and maximisation
_LEAST_ROOT = 0.05  # of Wilson and Hilferty's cube, whose lower tail would cross 0
_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Kinds(NamedTuple):
    """Ways in which noise may differ; all are equally likely at first, and equal noise likewise."""

    freedom: tuple[float, ...]  # v of each: the smaller, the more it differs
    by_group: tuple[bool, ...]  # whether all datasets of a group are equally loud


EQUAL = Kinds((), ())
USUAL = Kinds((1.0, 4.0, 1.0), (False, False, True))


class Noise(NamedTuple):
    """What is known of the noise, by kind; where it is equal all factors are 1."""

    factor: Float[Array, "group slot"]  # each dataset's, by the mean of its precision
    chance: Float[Array, " kind"]  # of equal noise, then of each kind
    shape: Float[Array, "kind group slot"]  # (v + m)/2
    factors: Float[Array, "kind group slot"]  # t (v + V/t)/(v + m)
    unit: Float[Array, ""]  # what factors are counted in


def judged(
    kinds: Kinds, count: Float[Array, "group slot"], squares: Float[Array, "group slot"]
) -> Noise:
    """What the rewards say of each dataset's noise.

    Args:
        kinds: how it may differ; where there is none, all factors are exactly 1.
        count: rewards of each dataset.
        squares: the sum of their squares around their mean.
    """
    dtype, one = squares.dtype, jnp.ones((), squares.dtype)
    if not kinds.freedom:
        none = jnp.zeros((0, *squares.shape), dtype)
        return Noise(jnp.ones_like(squares), one[None], none, none, one)
    more, whole = jnp.maximum(count - 1, 0), jnp.sum(squares)
    total = jnp.sum(more)
    pooled = jnp.where(whole > 0, whole / jnp.maximum(total, 1), 1)
    shape, factors, fit = _by_kind(kinds, more, squares / pooled, total)
    chance = jax.nn.softmax(jnp.concatenate([-total[None] / 2, fit]))
    chance = jnp.where(whole > 0, chance, 1 / len(chance))
    factor = chance[0] + jnp.sum(chance[1:, None, None] * factors, 0)
    unit = jnp.exp(jnp.sum(count * jnp.log(factor)) / jnp.maximum(jnp.sum(count), 1))
    return Noise(factor / unit, chance, shape, factors, unit)


def drawn(
    key: RandomKey, kinds: Kinds, noise: Noise, points: int
) -> Float[Array, "group slot point"]:
    """Draws of the factors: of a kind by its chance, then of each dataset's precision.

    A chi-square as in `learned`, by Wilson and Hilferty's cube.
    """
    dtype, size = noise.factor.dtype, (*noise.factor.shape, points)
    if not kinds.freedom:
        return jnp.ones(size, dtype)
    key_kind, key_normal = jax.random.split(key)
    uniform = jax.random.uniform(key_kind, (points,), dtype)
    normals = normal(key_normal, size, dtype)
    ends = jnp.cumsum(noise.chance)
    shape, factor, own = jnp.ones(size, dtype), jnp.ones(size, dtype), jnp.zeros(size, dtype)
    for place, by_group in enumerate(kinds.by_group):
        here = (uniform >= ends[place])[None, None]
        shape = jnp.where(here, noise.shape[place][..., None], shape)
        factor = jnp.where(here, noise.factors[place][..., None], factor)
        own = jnp.where(here, normals[:, :1] if by_group else normals, own)
    part = 1 / (9 * shape)
    root = jnp.maximum(1 - part + own * jnp.sqrt(part), _LEAST_ROOT)
    louder = jnp.where((uniform >= ends[0])[None, None], factor / root**3, factor)
    return louder / noise.unit


def _by_kind(
    kinds: Kinds, more: Array, squares: Array, total: Array
) -> tuple[Float[Array, "kind group slot"], Float[Array, "kind group slot"], Float[Array, " kind"]]:
    """Shapes, factors and log likelihoods; the squares are in units of their mean.

    Of a group that is equally loud all slots hold the sums, and count as one.
    """
    by_group = np.array(kinds.by_group)[:, None, None]
    v = jnp.asarray(np.array(kinds.freedom)[:, None, None], squares.dtype)
    more, squares = (
        jnp.where(by_group, jnp.sum(part, 1, keepdims=True)[None], part[None])
        for part in (more, squares)
    )
    weight = jnp.asarray(np.where(by_group, 1 / more.shape[2], 1.0), squares.dtype)
    weight = jnp.where(more > 0, weight, 0)
    typical = jnp.ones((len(kinds.freedom), 1, 1), squares.dtype)
    for _ in range(_ROUNDS):
        precision = weight * (v + more) / (v + squares / typical)
        found = _over_units(precision * squares) / jnp.maximum(total, 1)
        found = found * _over_units(weight) / _over_units(precision)
        typical = jnp.where(found > 0, found, 1)
    shape, rate = (v + more) / 2, (v + squares / typical) / 2
    before = np.array([v / 2 * math.log(v / 2) - math.lgamma(v / 2) for v in kinds.freedom])
    fit = _log_gamma(shape) - shape * jnp.log(rate) - more / 2 * jnp.log(typical)
    fit = weight * (fit + jnp.asarray(before[:, None, None], squares.dtype))
    return shape, typical * rate / shape, _over_units(fit)[:, 0, 0]


def _over_units(values: Array) -> Float[Array, "kind 1 1"]:
    return jnp.sum(jnp.sum(values, 2, keepdims=True), 1, keepdims=True)


def _log_gamma(value: Array) -> Array:
    """By Stirling's series from three above, within 1e-6 from .5 on; XLA's is many operations."""
    above = value + 3
    series = (above - 0.5) * jnp.log(above) - above + _HALF_LOG_TWO_PI
    series = series + 1 / (12 * above) - 1 / (360 * above**3)
    return series - jnp.log(value * (value + 1) * (value + 2))
