"""What every test shares: small pools, JAX made strict, and annotated shapes that are checked."""

import os
import tempfile

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # one for all processes of these tests
    _compiled = tempfile.TemporaryDirectory(prefix="dashjax-tests-", ignore_cleanup_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"

import jax
import pytest
from jaxtyping import install_import_hook

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
