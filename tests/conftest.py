"""What every test shares: small pools, JAX made strict, and annotated shapes that are checked."""

import jax
import pytest
from jaxtyping import install_import_hook

install_import_hook("dashjax", "beartype.beartype")  # before dashjax is first imported

from dashjax.pool import Pool  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


def pool_of(*sizes: int) -> Pool:
    """A pool with one group of each size, every dataset of one example and cost 1."""
    group = tuple(g for g, size in enumerate(sizes) for _ in range(size))
    names = tuple(f"group {g}" for g in range(len(sizes)))
    datasets = tuple(f"{names[g]}, dataset {arm}" for arm, g in enumerate(group))
    return Pool(datasets, names, group, (1,) * len(group), (1.0,) * len(group))


@pytest.fixture
def square_pool() -> Pool:
    return pool_of(3, 3, 3, 3, 3)


@pytest.fixture
def ragged_pool() -> Pool:
    return pool_of(2, 4, 1, 3)


@pytest.fixture
def x64():
    """Double precision, for tests of exactness."""
    with jax.enable_x64(True):
        yield
