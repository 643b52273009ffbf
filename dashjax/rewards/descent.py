"""One step of an optimiser."""

from typing import Any

import jax
import optax


def descend(
    optimiser: optax.GradientTransformation, slope: Any, parameters: Any, state: optax.OptState
) -> tuple[Any, optax.OptState]:
    """Parameters and the optimiser's state after one step against a slope."""
    with jax.numpy_dtype_promotion("standard"):  # optax mixes its step count with floats
        change, state = optimiser.update(slope, state, parameters)
    return optax.apply_updates(parameters, change), state
