"""What every test shares: small pools, JAX made strict, and annotated shapes that are checked."""

import os

import jax
import pytest
from jaxtyping import install_import_hook

os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", "")  # commands leave nothing in the user's home
install_import_hook("dashjax", "beartype.beartype")  # before dashjax is first imported

import worlds  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(scope="session")
def square_pool():
    """Five groups of three datasets."""
    return worlds.pool_of(*worlds.SQUARE)


@pytest.fixture(scope="session")
def ragged_pool():
    """Groups of two, four, one and three datasets."""
    return worlds.pool_of(*worlds.RAGGED)


@pytest.fixture
def x64():
    """Double precision, for tests of exactness."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def quick_compilation():
    """Compiled in less time, to run a little slower: for tests that compile large programs once."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
