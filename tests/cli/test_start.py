"""What starting costs: nothing is loaded that is not needed, and help says what there is."""

import subprocess
import sys

import pytest

from dashjax.bandit.catalogue import METHODS_EXPLAINED
from dashjax.bandit.methods import METHODS

HEAVY = {
    "dashjax.cli.main": ("jax", "numpy", "matplotlib", "pyarrow", "flax", "sklearn"),
    "dashjax.cli.replay": ("matplotlib", "PIL", "flax", "optax", "sklearn"),
    "dashjax.cli.sweep": ("matplotlib", "PIL", "flax", "optax", "sklearn"),
}


@pytest.mark.parametrize("module", HEAVY)
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY[module]} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_method_is_explained() -> None:
    assert list(METHODS_EXPLAINED) == list(METHODS)
    assert [method.name for method in METHODS.values()] == list(METHODS)
