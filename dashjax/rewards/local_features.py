"""Examples as the local model of a target sees them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dashjax.errors import InputError
from dashjax.pools.examples import Examples
from dashjax.rewards import trainer
from dashjax.rewards.definitions import local_model
from dashjax.rewards.networks import network
from dashjax.rewards.settings import TrainingSettings

_AT_ONCE = 1024  # examples


def local_features(examples: Examples, settings: TrainingSettings, target: str) -> np.ndarray:
    """`[example, feature]`: every example in the penultimate layer of the target's local model.

    Trains that model on the target's local examples, as a reward table's is.

    Raises:
        InputError: if there is no such target, it has no local examples, or training diverges.
    """
    if not len(examples.target(target).local):
        raise InputError(f"target '{target}' has no local examples to train its model on")
    model = network(
        examples.inputs.shape[1:],
        examples.classes,
        convolution_widths=settings.convolution_widths,
        dense_width=settings.dense_width,
        feature_widths=settings.feature_widths,
    )
    data = trainer.Data(jnp.asarray(examples.inputs), jnp.asarray(examples.labels, jnp.int32))
    training, optimiser = (
        local_model(examples, settings, target),
        optax.adam(settings.learning_rate),
    )

    @jax.jit
    def fitted(rows: jax.Array, data: trainer.Data) -> trainer.Parameters:
        start = model.init(jax.random.key(training.seed, impl="threefry2x32"))
        return trainer.fit(start, rows, network=model, optimiser=optimiser, data=data)

    parameters, features = fitted(jnp.asarray(training.rows), data), jax.jit(model.features)
    parts = np.split(examples.inputs, range(_AT_ONCE, len(examples.inputs), _AT_ONCE))
    found = np.concatenate([np.asarray(features(parameters, part)) for part in parts])
    if not np.isfinite(found).all():
        raise InputError(
            f"training the local model of target '{target}' diverged; give a smaller learning_rate "
            f"than {settings.learning_rate}"
        )
    return found
