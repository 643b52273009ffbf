"""The random numbers and the choice of the largest that the hot path draws with."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt32

from dashjax.engine.top_k import maximum, to_integer

# -ndtri(p) = (1 - 2 p) P(s) / Q(s) with s = log2(4 p (1 - p)), for 2^-33 <= p <= 1/2; a minimax
# fit with a relative error below 1.2e-7 (ours)
_P = (1.2533143, -0.313515769, 0.0431451055, -0.00395283354, 0.000230506244, -4.68580701e-06)
_Q = (1.0, -0.0686857311, 0.015694366, -0.000758438799, 3.91771669e-05, -1.61369375e-07)

# log2(1 + z) / z for sqrt(1/2) <= 1 + z < sqrt(2); log2 within 3e-7 (ours)
_LOG2 = (1.44269973, -0.72137585, 0.48046498, -0.35896241, 0.29726369, -0.27269399, 0.17062636)
_ROOT_HALF = np.int32(0x3F3504F3)  # sqrt(1/2) as bits

_ONE_BY_ONE_UP_TO, _PACKED_UP_TO = 32, 1024  # units
_HALF, _LOWER = np.uint32(16), np.uint32(0xFFFF)  # of a word: bits of a half, the lower half


def normal(key: Key[Array, ""], shape: tuple[int, ...], dtype: jnp.dtype) -> Float[Array, "..."]:
    """Independent standard normals; in single precision by inversion, one word of 32 bits each.

    A word gives a sign and the probability of a tail, so that tails are as fine as the middle: the
    largest value is 6.3, and the quantile function is right to some 1e-7 relative all the way.
    """
    if dtype != jnp.float32:
        return jax.random.normal(key, shape, dtype)
    return normal_from(jax.random.bits(key, shape, jnp.uint32))


def normal_from(word: UInt32[Array, "..."]) -> Float[Array, "..."]:
    """The standard normal that a word stands for: a sign, and the probability of the tail beyond.

    It ends with a division: XLA computes what lies before one once, and not again for each use.
    """
    below_31_bits = (word & np.uint32(0x7FFFFFFF)).astype(jnp.int32).astype(jnp.float32)
    four_tails = below_31_bits * np.float32(2.0**-30) + np.float32(2.0**-31)
    level = _log2(four_tails * (1 - np.float32(0.25) * four_tails))
    size = (1 - np.float32(0.5) * four_tails) * polynomial(_P, level)
    sign = word & np.uint32(0x80000000)
    signed = jax.lax.bitcast_convert_type(size, jnp.uint32) | sign
    return jax.lax.bitcast_convert_type(signed, jnp.float32) / polynomial(_Q, level)


def below(key: Key[Array, ""], count: int | Int[Array, ""]) -> Int[Array, ""]:
    """A whole number below `count`, of which each is as likely to within `count` / 2^32; int32.

    The upper word of the product of `count` and a random word.
    """
    word = jax.random.bits(key, (), jnp.uint32)
    factor = np.uint32(count) if isinstance(count, int) else count.astype(jnp.uint32)
    return _upper_word(word, factor).astype(jnp.int32)


def _upper_word(one: UInt32[Array, ""], other: UInt32[Array, ""] | np.uint32) -> UInt32[Array, ""]:
    """The upper 32 bits of a product of two words, by the products of their halves."""
    low, high = other & _LOWER, other >> _HALF
    middle = (one >> _HALF) * low + (((one & _LOWER) * low) >> _HALF)
    if isinstance(high, np.generic) and not high:  # known while tracing
        return middle >> _HALF
    cross = (one & _LOWER) * high + (middle & _LOWER)
    return (one >> _HALF) * high + (middle >> _HALF) + (cross >> _HALF)


def largest(values: Float[Array, " unit"]) -> Int[Array, ""]:
    """Index of the largest value, the first of equals; int32.

    Two reductions that vectorise over runs; `argmax` is one that does not.
    """
    place = jnp.arange(values.shape[0], dtype=jnp.int32)
    return jnp.min(jnp.where(values == maximum(values), place, values.shape[0] - 1))


def largest_draw(values: Float[Array, " unit"]) -> Int[Array, ""]:
    """Index of the largest of some draws, the first of equals; int32. NaN is not allowed.

    Up to 32 units one after another, which XLA makes one pass of; beyond, up to 1024, in one
    reduction, for which the index takes the place of the last few bits of the value: 7 of 24 for
    100 units. For draws from continuous laws that changes the choice where two lie so close, about
    once in 10^4 times; beyond 1024 units it would be too often.
    """
    if values.shape[0] <= _ONE_BY_ONE_UP_TO:
        return _largest_one_by_one(values)
    if values.dtype != jnp.float32 or values.shape[0] > _PACKED_UP_TO:
        return largest(values)
    bits = max(values.shape[0] - 1, 1).bit_length()
    low = np.int32((1 << bits) - 1)
    place = np.arange(values.shape[0] - 1, -1, -1, dtype=np.int32)
    packed = maximum((to_integer(values) & ~low) | place)
    return np.int32(values.shape[0] - 1) - (packed & low)


def _largest_one_by_one(values: Float[Array, " unit"]) -> Int[Array, ""]:
    best, found = values[0], jnp.zeros((), jnp.int32)
    for place in range(1, values.shape[0]):
        better = values[place] > best
        best = jnp.where(better, values[place], best)
        found = jnp.where(better, np.int32(place), found)
    return found


def _log2(value: Float[Array, "..."]) -> Float[Array, "..."]:
    """Logarithm of a normal positive float; without the care for others that XLA's takes."""
    bits = jax.lax.bitcast_convert_type(value, jnp.int32)
    exponent = (bits - _ROOT_HALF) >> 23
    rest = jax.lax.bitcast_convert_type(bits - (exponent << 23), jnp.float32) - 1
    return exponent.astype(jnp.float32) + rest * polynomial(_LOG2, rest)


def polynomial(coefficients: tuple[float, ...], value: Array) -> Array:
    """The polynomial with these coefficients, the constant one first."""
    total = jnp.full_like(value, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * value + np.float32(coefficient)
    return total
