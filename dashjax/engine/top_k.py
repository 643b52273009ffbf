"""The largest few of many values, by comparisons that run side by side over a batch.

For a handful of places among some dozens of values, a network of comparisons is far quicker on a
CPU than a sort or `lax.top_k` under `vmap`, whose cost is one call a row.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Integer, Key

_MOST_VALUES, _MOST_PLACES = 64, 8  # beyond them the network is longer than a sort
_MOST_AT_ONCE = 32  # values of which XLA finds the largest quickly


def largest_of(
    values: Sequence[Float[Array, "*shape"]], count: int
) -> list[Float[Array, "*shape"]]:
    """The `count` largest of some arrays, element by element, in falling order.

    By comparison and choice: `maximum` and `minimum` would also have to look after NaN.
    """
    best = [jnp.full_like(values[0], -jnp.inf)] * count
    for value in values:
        for place in range(count):
            stays = best[place] >= value
            best[place], value = (
                jnp.where(stays, best[place], value),
                jnp.where(stays, value, best[place]),
            )
    return best


def sum_of_largest(values: Float[Array, "arm draw"], count: int) -> Float[Array, " draw"]:
    """Sum of each column's `count` largest values."""
    if values.shape[0] > _MOST_VALUES or count > _MOST_PLACES:
        return jnp.sum(jax.lax.top_k(values.T, count)[0], 1)
    return sum(largest_of(list(values), count), jnp.zeros_like(values[0]))


def sum_where(held: Bool[Array, " arm"], values: Float[Array, "arm draw"]) -> Float[Array, " draw"]:
    """Sum of each column's values in the rows that are held.

    Written so that it runs in one pass with `sum_of_largest` of the same values.
    """
    if values.shape[0] > _MOST_VALUES:
        return jnp.sum(jnp.where(held[:, None], values, 0), 0)
    kept = (jnp.where(one, value, 0) for one, value in zip(held, values, strict=True))
    return sum(kept, jnp.zeros_like(values[0]))


def is_among_largest(
    values: Float[Array, " arm"] | Int[Array, " arm"],
    count: int,
    turn: Int[Array, " arm"] | None = None,
) -> Bool[Array, " arm"]:
    """True for the `count` largest values; of equals the first, or those whose turn comes first.

    The values are read twice. What is computed on the way should end with a division, as
    `gaussian.arm_means` does: else XLA may compute it twice and round it in two ways. For one row
    of values a run, those of `in_order` are the quicker ones.
    """
    arms = values.shape[0]
    turn = jnp.asarray(np.arange(arms, dtype=np.int32)) if turn is None else turn
    if count > _MOST_PLACES:
        line = jnp.argsort(turn)
        values = jnp.where(values == 0, 0, values)  # `top_k` tells -0 from 0
        _, places = jax.lax.top_k(values[line], count)  # the first of equals
        return jnp.zeros(arms, bool).at[line[places]].set(True)
    taken = jnp.iinfo(turn.dtype).max
    for _ in range(count):
        largest = values == maximum(values)
        first = turn == -maximum(jnp.where(largest, -turn, -taken))
        values, turn = jnp.where(first, _least(values), values), jnp.where(first, taken, turn)
    return turn == taken


def turns(key: Key[Array, ""], count: int) -> Int[Array, " unit"]:
    """The place of each unit in a random order: the inverse of `jax.random.permutation`.

    Among a few it is counted how many come before: side by side that is quicker than two sorts.
    """
    if count > _MOST_VALUES:
        return jnp.argsort(jax.random.permutation(key, count)).astype(jnp.int32)
    return _place(jax.random.bits(jax.random.split(key)[1], (count,), jnp.uint32))


def are_largest(values: Int[Array, " arm"], count: int) -> Bool[Array, " arm"]:
    """True for the `count` largest values, of equals the first; for what is asked but once a run.

    The same as `is_among_largest`, which is quicker for many runs and takes longer to compile.
    """
    if values.shape[0] > _MOST_VALUES:
        return is_among_largest(values, count)
    return _place(~values) < count


def _place(values: Integer[Array, " unit"]) -> Int[Array, " unit"]:
    """The place of each value in rising order, of equals the first: how many come before it."""
    unit = np.arange(values.shape[0], dtype=np.int32)
    less = values[None, :] < values[:, None]
    equal = values[None, :] == values[:, None]
    before = less | (equal & (unit[None, :] < unit[:, None]))
    return jnp.sum(before, axis=1, dtype=jnp.int32)


def edge(values: Float[Array, " arm"], inside: Bool[Array, " arm"]) -> tuple[Array, Array]:
    """The least of the values inside, and the largest of those outside."""
    least = -maximum(jnp.where(inside, -values, -jnp.inf))
    return least, maximum(jnp.where(inside, -jnp.inf, values))


def maximum(values: Float[Array, " unit"] | Int[Array, " unit"]) -> Array:
    """The largest value; first of rows side by side, for XLA is slow with more than 32 at once."""
    rows = -(-values.shape[0] // _MOST_AT_ONCE)
    columns = -(-values.shape[0] // rows)
    filling = rows * columns - values.shape[0]
    filled = jnp.pad(values, (0, filling), constant_values=_least(values)) if filling else values
    return jnp.max(functools.reduce(jnp.maximum, filled.reshape(rows, columns)))


def _least(values: Float[Array, " unit"] | Int[Array, " unit"]) -> float | int:
    whole = jnp.issubdtype(values.dtype, jnp.integer)
    return jnp.iinfo(values.dtype).min if whole else -jnp.inf


def in_order(values: Float[Array, "*shape"]) -> Int[Array, "*shape"]:
    """Integers in the order of the values, and equal where these are.

    XLA may hand the largest of floats on a CPU to a library call, which cannot be fused with the
    rest of a step, nor compiled with it as one function; it keeps the largest of integers.
    """
    return to_integer(jnp.where(values == 0, 0, values))


def to_integer(values: Float[Array, "*shape"]) -> Int[Array, "*shape"]:
    """Integers in the order of the values, as wide as they; -0 comes just before 0."""
    width = 8 * values.dtype.itemsize
    return _turned(jax.lax.bitcast_convert_type(values, jnp.dtype(f"int{width}")))


def from_integer(integers: Int[Array, "*shape"], dtype: jnp.dtype) -> Float[Array, "*shape"]:
    """What `to_integer` made the integers of."""
    return jax.lax.bitcast_convert_type(_turned(integers), dtype)


def _turned(bits: Int[Array, "*shape"]) -> Int[Array, "*shape"]:
    """The bits of negative floats are in falling order, but for the sign; its own inverse."""
    info = jnp.iinfo(bits.dtype)
    return bits ^ ((bits >> (info.bits - 1)) & jnp.asarray(info.max, bits.dtype))
