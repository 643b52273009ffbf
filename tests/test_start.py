"""What starting costs: help needs no numerics, and says what there is."""

import subprocess
import sys

from dashjax.methods import METHODS
from dashjax.settings import METHODS_EXPLAINED


def test_the_command_line_starts_without_anything_heavy() -> None:
    heavy = ("jax", "numpy", "matplotlib", "pyarrow", "flax", "sklearn")
    code = f"import sys, dashjax.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_method_is_explained() -> None:
    assert list(METHODS_EXPLAINED) == list(METHODS)
    assert [method.name for method in METHODS.values()] == list(METHODS)
