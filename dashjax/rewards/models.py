"""Models by name, or from a file of the user's: objects with fit and predict."""

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge

from dashjax.errors import InputError, closest
from dashjax.rewards.metrics import CLASSIFICATION

_STEPS = 2000  # of the solver, at most

# Gives a new model to be fitted, of the seed that decides what it draws.
Make = Callable[[int], Any]


def model_named(name: str, kind: str, classes: int = 0) -> Make:
    """How a model of that name is made.

    Args:
        name: `linear` (logistic regression, or ridge regression), `mlp` (a multilayer perceptron
            of two hidden layers), or `MODULE:FUNCTION` of a function that gives an object with
            `fit` and `predict` (and `predict_proba`), as scikit-learn's have.
        kind: `classification` or `regression`.
        classes: how many, in classification.

    Raises:
        InputError: if there is none, or the function gives something else.
    """
    if name in MODELS:
        return MODELS[name](kind, classes)
    if ":" not in name:
        raise InputError(
            f"unknown model '{name}'{closest(name, MODELS)}; choose from {', '.join(MODELS)}, or "
            f"give MODULE:FUNCTION of your own"
        )
    return _imported(name)


def version_of_model(name: str) -> str:
    """A text that changes when the source of a model of one's own does; empty for ours."""
    if name in MODELS:
        return ""
    module, _, function = name.partition(":")
    return source_of(getattr(importlib.import_module(module), function))


def source_of(made: Callable) -> str:
    """A function's name and the hash of the file that it is in, where there is one."""
    name = f"{made.__module__}.{getattr(made, '__qualname__', type(made).__name__)}"
    try:
        file = inspect.getsourcefile(inspect.unwrap(made))
        content = Path(file).read_bytes() if file else b""
    except (TypeError, OSError):  # an object, or typed at a prompt
        content = b""
    return f"{name} {hashlib.sha256(content).hexdigest()[:16]}"


def _mlp(kind: str, classes: int) -> Make:
    from dashjax.rewards.multilayer import Multilayer  # loads JAX's libraries of training

    return lambda seed: Multilayer(kind, classes, seed)


def _linear(kind: str, classes: int) -> Make:
    if kind == CLASSIFICATION:
        # a few steps from the solution where lbfgs makes hundreds, for few features and many
        return lambda seed: LogisticRegression(max_iter=_STEPS, solver="newton-cg")
    return lambda seed: Ridge()


def _imported(name: str) -> Make:
    module, _, function = name.partition(":")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)  # a file beside the data is found, as by `python -m`
    try:
        make = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"model '{name}' cannot be imported: {error}; check its name") from error
    made = make()
    for method in ("fit", "predict"):
        if not callable(getattr(made, method, None)):
            raise InputError(
                f"model '{name}' gives a {type(made).__name__} without {method}; give an object "
                f"with fit and predict"
            )
    return lambda seed: make()


MODELS: dict[str, Callable[[str, int], Make]] = {"linear": _linear, "mlp": _mlp}
