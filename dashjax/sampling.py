"""The random numbers and the choice of the largest that the hot path draws with."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from dashjax.base import RandomKey

# -ndtri(p) = (1 - 2 p) P(s) / Q(s) with s = -log(4 p (1 - p)) / 22, for 2^-33 <= p <= 1/2;
# a minimax fit with a relative error below 1.2e-7 (ours)
_SCALE = 1 / 22
_P = (1.2533143, 9.9507682, 43.463628, 126.386354, 233.922272, 150.928236)
_Q = (1.0, 2.1800364, 15.810231, 24.2500256, 39.7577598, 5.19765222)

_PACKED_UP_TO = 1024  # units


def normal(key: RandomKey, shape: tuple[int, ...], dtype: jnp.dtype) -> Float[Array, "..."]:
    """Independent standard normals; in single precision by inversion, one word of 32 bits each.

    A word gives a sign and the probability of a tail, so that tails are as fine as the middle: the
    largest value is 6.3, and the quantile function is right to some 1e-7 relative all the way.
    """
    if dtype != jnp.float32:
        return jax.random.normal(key, shape, dtype)
    return normal_from(jax.random.bits(key, shape, jnp.uint32))


def normal_from(word: UInt32[Array, "..."]) -> Float[Array, "..."]:
    """The standard normal that a word stands for."""
    tail = (word & np.uint32(0x7FFFFFFF)).astype(jnp.int32).astype(jnp.float32)
    size = _upper_quantile((tail + 0.5) * np.float32(2.0**-32))
    sign = word & np.uint32(0x80000000)
    return jax.lax.bitcast_convert_type(
        jax.lax.bitcast_convert_type(size, jnp.uint32) | sign, jnp.float32
    )


def largest(values: Float[Array, " unit"]) -> Int[Array, ""]:
    """Index of the largest value, the first of equals; int32.

    Two reductions that vectorise over runs; `argmax` is one that does not.
    """
    place = jnp.arange(values.shape[0], dtype=jnp.int32)
    return jnp.min(jnp.where(values == jnp.max(values), place, values.shape[0] - 1))


def largest_draw(values: Float[Array, " unit"]) -> Int[Array, ""]:
    """Index of the largest of some draws, in one reduction.

    The index takes the place of the last few bits of the value: 4 of 24 for 15 units. For draws
    from continuous laws that changes the choice where two lie so close, about once in 10^5 times;
    beyond 1024 units it would be too often. Infinite values are allowed, NaN not.
    """
    if values.dtype != jnp.float32 or values.shape[0] > _PACKED_UP_TO:
        return largest(values)
    bits = max(values.shape[0] - 1, 1).bit_length()
    low = np.int32((1 << bits) - 1)
    ordered = in_order(jax.lax.bitcast_convert_type(values, jnp.int32))
    place = np.arange(values.shape[0] - 1, -1, -1, dtype=np.int32)
    packed = jnp.max((ordered & ~low) | place)
    return np.int32(values.shape[0] - 1) - (packed & low)


def in_order(bits: Int[Array, "..."]) -> Int[Array, "..."]:
    """Integers in the order of the floats that the bits stand for; its own inverse."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))


def _upper_quantile(tail: Float[Array, "..."]) -> Float[Array, "..."]:
    """The value that a standard normal exceeds with that probability, at most 1/2."""
    odds = -jnp.log(4 * tail * (1 - tail)) * np.float32(_SCALE)
    return (1 - 2 * tail) * polynomial(_P, odds) / polynomial(_Q, odds)


def polynomial(coefficients: tuple[float, ...], value: Array) -> Array:
    """The polynomial with these coefficients, the constant one first."""
    total = jnp.full_like(value, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * value + np.float32(coefficient)
    return total
