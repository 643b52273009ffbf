"""A multilayer perceptron with fit and predict, as scikit-learn's models have them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int32

from dashjax.rewards.definitions import batches
from dashjax.rewards.descent import descend
from dashjax.rewards.metrics import CLASSIFICATION
from dashjax.rewards.networks import Network, Parameters, network

_WIDTHS, _STEPS, _BATCH, _RATE = (64, 32), 300, 32, 2e-3


class Multilayer:
    """Two hidden layers, trained by Adam for 300 steps of 32 rows.

    Args:
        kind: `classification`, with classes numbered from 0, or `regression`.
        classes: how many, in classification.
        seed: decides initial weights and the order of rows.
    """

    def __init__(self, kind: str, classes: int, seed: int) -> None:
        self._kind, self._seed = kind, seed
        self._outputs = classes if kind == CLASSIFICATION else 1
        self.classes_ = np.arange(classes)
        self._mean, self._sd = 0.0, 1.0
        self._parameters: Parameters = None

    def fit(self, features: np.ndarray, labels: np.ndarray) -> "Multilayer":
        """Trains on `[row, feature]` and `[row]`."""
        if self._kind != CLASSIFICATION:
            self._mean, self._sd = float(labels.mean()), float(labels.std()) or 1.0
            labels = (labels - self._mean) / self._sd
        draw = np.random.default_rng(self._seed)
        rows = batches(draw, np.arange(len(labels)), _STEPS, _BATCH)
        # rows of each step rather than their numbers: one compiled program for any number of rows
        x, y = features[rows].astype(np.float32), labels[rows].astype(np.float32)
        key = jax.random.key(self._seed, impl="threefry2x32")
        self._parameters = _trained(_network(features.shape[1], self._outputs), key, x, y)
        return self

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Chances `[row, class]`."""
        return np.asarray(jax.nn.softmax(self._logits(features)), np.float64)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Classes or values, `[row]`."""
        found = np.asarray(self._logits(features), np.float64)
        if self._kind == CLASSIFICATION:
            return found.argmax(1)
        return found[:, 0] * self._sd + self._mean

    def _logits(self, features: np.ndarray) -> Array:
        room = 1 << max(len(features) - 1, 0).bit_length()  # few programs for many sizes
        padded = np.zeros((room, features.shape[1]), np.float32)
        padded[: len(features)] = features
        made = _network(features.shape[1], self._outputs)
        return _applied(made, self._parameters, padded)[: len(features)]


@functools.lru_cache(maxsize=32)
def _network(features: int, outputs: int) -> Network:
    return network(
        (features,), outputs, convolution_widths=(), dense_width=1, feature_widths=_WIDTHS
    )


@functools.partial(jax.jit, static_argnames="made")
def _applied(
    made: Network, parameters: Parameters, features: Float[Array, "row feature"]
) -> Float[Array, "row output"]:
    return made.logits(parameters, features)


@functools.partial(jax.jit, static_argnames="made")
def _trained(
    made: Network,
    key: Array,
    features: Float[Array, "step batch feature"],
    labels: Float[Array, "step batch"],
) -> Parameters:
    """Parameters after a step of Adam on each batch."""
    parameters, optimiser = made.init(key), optax.adam(_RATE)

    def loss(trained: Parameters, x: Array, y: Array) -> Float[Array, ""]:
        outputs = made.logits(trained, x)
        if outputs.shape[1] == 1:
            return jnp.mean((outputs[:, 0] - y) ** 2)
        classes: Int32[Array, " batch"] = y.astype(jnp.int32)
        return optax.softmax_cross_entropy_with_integer_labels(outputs, classes).mean()

    def step(carry: tuple, batch: tuple[Array, Array]) -> tuple[tuple, None]:
        trained, state = carry
        return descend(optimiser, jax.grad(loss)(trained, *batch), trained, state), None

    (trained, _), _ = jax.lax.scan(
        step, (parameters, optimiser.init(parameters)), (features, labels)
    )
    return trained
