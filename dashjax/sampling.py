"""The random numbers and the choice of the largest that the hot path draws with."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.base import RandomKey


def normal(key: RandomKey, shape: tuple[int, ...], dtype: jnp.dtype) -> Float[Array, "..."]:
    """Independent standard normals."""
    return jax.random.normal(key, shape, dtype)


def largest(values: Float[Array, " unit"]) -> Int[Array, ""]:
    """Index of the largest value, the first of equals; int32."""
    return jnp.argmax(values).astype(jnp.int32)
