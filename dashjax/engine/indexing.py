"""Reading and writing one place, or one row, of an array whose index is known only at run time.

Under `vmap` a gather or scatter costs tens of nanoseconds a run on a CPU, while a masked sum over
a small array is one or two vector instructions; over a large array only the gather is O(1).
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_DENSE_UP_TO = 64  # elements; beyond it the gather is the quicker one


def take(array: jax.Array, place: jax.Array) -> jax.Array:
    """The element at flat index `place` of `array`, a scalar."""
    flat = array.reshape(-1)  # XLA is quick with a sum along one axis, not with one along two
    if array.size <= _DENSE_UP_TO:
        return _only(_hit(flat, place), flat)
    return flat[place]


def take_row(array: jax.Array, place: jax.Array) -> jax.Array:
    """Row `place` of a matrix, `[column]`."""
    if array.size <= _DENSE_UP_TO:
        hit = jnp.arange(array.shape[0], dtype=place.dtype) == place
        return _only(hit[:, None], array)
    return array[place]


def add_at(array: jax.Array, place: jax.Array, amount: jax.Array) -> jax.Array:
    """`array` with `amount` added at flat index `place`."""
    amount = jnp.asarray(amount, array.dtype)
    if array.size <= _DENSE_UP_TO:
        return array + jnp.where(_hit(array, place), amount, jnp.zeros_like(amount))
    return array.reshape(-1).at[place].add(amount).reshape(array.shape)


def add_to_row(array: jax.Array, place: jax.Array, amount: jax.Array) -> jax.Array:
    """A matrix with a vector added to row `place`."""
    if array.shape[0] <= _DENSE_UP_TO:
        hit = _hit(array[:, :1], place)
        return array + jnp.where(hit, amount[None], jnp.zeros_like(array))
    return array.at[place].add(amount)


def put(array: jax.Array, place: jax.Array, value: jax.Array) -> jax.Array:
    """`array` with `value` at flat index `place`."""
    if array.size <= _DENSE_UP_TO:
        return jnp.where(_hit(array, place), value, array)
    return array.reshape(-1).at[place].set(value).reshape(array.shape)


@jax.custom_jvp
def _only(hit: jax.Array, array: jax.Array) -> jax.Array:
    """The one element along the first axis that is hit.

    Floats are summed as the integers that their bits are: XLA may hand a sum of floats on a CPU to
    a library call, which costs more than the rest of a step and cannot be fused with it.
    """
    if not jnp.issubdtype(array.dtype, jnp.floating):
        return jnp.sum(jnp.where(hit, array, jnp.zeros_like(array)), 0, dtype=array.dtype)
    bits = jax.lax.bitcast_convert_type(array, jnp.dtype(f"uint{8 * array.dtype.itemsize}"))
    found = jnp.sum(jnp.where(hit, bits, jnp.zeros_like(bits)), 0, dtype=bits.dtype)
    return jax.lax.bitcast_convert_type(found, array.dtype)


@_only.defjvp
def _(primals: tuple[jax.Array, jax.Array], tangents: tuple[Any, jax.Array]) -> Any:
    """The derivative, which JAX does not see behind the bits."""
    (hit, array), (_, change) = primals, tangents
    return _only(hit, array), jnp.sum(jnp.where(hit, change, jnp.zeros_like(change)), 0)


def _hit(array: jax.Array, place: jax.Array) -> jax.Array:
    # NumPy's: XLA would make a function of its own for what is no constant
    places = np.arange(math.prod(array.shape), dtype=place.dtype).reshape(array.shape)
    return places == place
