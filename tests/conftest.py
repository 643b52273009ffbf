"""What every test shares: small pools, JAX made strict, and annotated shapes that are checked."""

import gc
import os
import tempfile
from pathlib import Path

os.environ.pop("COLUMNS", None)  # which pytest-xdist sets, and commands obey

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # one for all processes of these tests
    _compiled = tempfile.TemporaryDirectory(prefix="dashjax-tests-", ignore_cleanup_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"

# programs are compiled in three quarters of the time, to run a little slower
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import jax
import pytest
from jaxtyping import install_import_hook

# before dashjax is first imported; not the engine, whose small functions are called so often while
# JAX traces that checking them takes a third of the time of all tests
_PACKAGE = Path(__file__).parents[1] / "dashjax"
_CHECKED = [f"dashjax.{room.name}" for room in _PACKAGE.iterdir() if room.name != "engine"]
install_import_hook(_CHECKED, "beartype.beartype")

import postgres_server  # noqa: E402
import worlds  # noqa: E402

from dashjax.engine import devices  # noqa: E402

# what JAX keeps of the tests' programs is much, and need not be searched for garbage so often
gc.set_threshold(100_000, 20, 20)

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


def _compile_as_the_command_line_does() -> None:
    """With its settings of XLA, but on one device; they hold for this process alone.

    Loops so are compiled whole, in half of the time that XLA takes by itself.
    """
    before = os.environ.get("XLA_FLAGS", "")
    if "device_count" not in before:
        os.environ["XLA_FLAGS"] = f"{before} --xla_force_host_platform_device_count=1"
    devices.use_all_cores()
    jax.devices()  # the settings are read now
    os.environ["XLA_FLAGS"] = before


_compile_as_the_command_line_does()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first, so that no process is left with them while the others wait."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


@pytest.fixture(scope="session")
def square_pool():
    """Five groups of three datasets."""
    return worlds.pool_of(*worlds.SQUARE)


@pytest.fixture(scope="session")
def ragged_pool():
    """Groups of two, four, one and three datasets."""
    return worlds.pool_of(*worlds.RAGGED)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL server with nothing in it, where one can be started."""
    if postgres_server.program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    with postgres_server.running() as started:
        yield started


@pytest.fixture
def x64():
    """Double precision, for tests of exactness."""
    with jax.enable_x64(True):
        yield
