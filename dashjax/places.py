"""Reading and writing one place, or one row, of an array whose index is known only at run time.

Under `vmap` a gather or scatter costs tens of nanoseconds a run on a CPU, while a masked sum over
a small array is one or two vector instructions; over a large array only the gather is O(1).
"""

import math

import jax
import jax.numpy as jnp

_DENSE_UP_TO = 128  # elements; beyond it the gather is the quicker one


def read(array: jax.Array, place: jax.Array) -> jax.Array:
    """The element at flat index `place` of `array`, a scalar."""
    if array.size <= _DENSE_UP_TO:
        return jnp.sum(
            jnp.where(_hit(array, place), array, jnp.zeros_like(array)), dtype=array.dtype
        )
    return array.reshape(-1)[place]


def row(array: jax.Array, place: jax.Array) -> jax.Array:
    """Row `place` of a matrix, `[column]`."""
    if array.size <= _DENSE_UP_TO:
        hit = jnp.arange(array.shape[0], dtype=place.dtype) == place
        return jnp.sum(
            jnp.where(hit[:, None], array, jnp.zeros_like(array)), axis=0, dtype=array.dtype
        )
    return array[place]


def add(array: jax.Array, place: jax.Array, amount: jax.Array) -> jax.Array:
    """`array` with `amount` added at flat index `place`."""
    amount = jnp.asarray(amount, array.dtype)
    if array.size <= _DENSE_UP_TO:
        return array + jnp.where(_hit(array, place), amount, jnp.zeros_like(amount))
    return array.reshape(-1).at[place].add(amount).reshape(array.shape)


def _hit(array: jax.Array, place: jax.Array) -> jax.Array:
    places = jnp.arange(math.prod(array.shape), dtype=place.dtype).reshape(array.shape)
    return places == place
