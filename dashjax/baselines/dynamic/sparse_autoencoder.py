"""A sparse autoencoder: each sample as a few of many factors that the samples share.

With b a bias and TopK all but the k largest set to 0 (and those below 0),

    z = TopK(W_e (f - b)),    loss = |f - (W_d z + b)|^2.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen
from jaxtyping import Array, Float, Int, Key
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import checked_features
from dashjax.errors import InputError
from dashjax.rewards.descent import descend

_BATCH, _LEARNING_RATE = 256, 1e-3
_UNITS_A_FEATURE, _ACTIVE = 4, 32


class Activity(NamedTuple):
    """The active factors of samples."""

    units: Int[np.ndarray, "sample active"]  # which
    strength: Float[np.ndarray, "sample active"]  # how much; 0 where fewer are active
    count: int  # factors that there are


class SparseAutoencoder(linen.Module):
    """An encoder and a decoder, each one matrix."""

    units: int
    active: int

    @linen.compact
    def __call__(
        self, features: Float[Array, "sample feature"]
    ) -> tuple[Float[Array, "sample feature"], Float[Array, "sample unit"]]:
        """Features as they are rebuilt, and the activity of all units."""
        size = features.shape[1]
        bias = self.param("bias", linen.initializers.zeros, (size,))
        encoder = self.param("encoder", linen.initializers.lecun_normal(), (size, self.units))
        decoder = self.param("decoder", linen.initializers.lecun_normal(), (self.units, size))
        seen = linen.relu((features - bias[None]) @ encoder)
        least = jax.lax.top_k(seen, self.active)[0][:, -1:]
        activity = jnp.where(seen >= least, seen, 0.0)
        return activity @ decoder + bias[None], activity


def factors(
    features: ArrayLike,
    *,
    units: int | None = None,
    active: int | None = None,
    epochs: int = 50,
    seed: int = 0,
) -> Activity:
    """The factors of each sample, by an autoencoder that is trained on all of them.

    Features are centred and brought to a mean square of 1 first, so that their unit is of no
    consequence.

    Args:
        features: `[sample, feature]` of the target's samples.
        units: factors; four for each feature if not given.
        active: factors of one sample; 32, or all that there are, if not given.
        epochs: of Adam at rate .001 in batches of 256.
        seed: decides the initial weights and the batches.

    Raises:
        InputError: if features are not finite or all the same, or a number is out of range.

    Source: Makhzani and Frey, k-sparse autoencoders, ICLR 2014, section 2.1. Its sizes here are
    ours: see `representative`.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> dj.baselines.factors(np.eye(8), units=4, active=2, epochs=1).units.shape
        (8, 2)
    """
    values = _scaled(checked_features(features))
    many = _UNITS_A_FEATURE * values.shape[1] if units is None else units
    few = min(_ACTIVE, many) if active is None else active
    if not 1 <= few <= many or epochs < 0:
        raise InputError(
            f"units are {many}, active {few} and epochs {epochs}; give 1 or more units, at most as "
            f"many active, and 0 or more epochs"
        )
    module = SparseAutoencoder(many, few)
    parameters = _trained(module, values, epochs, jax.random.key(seed, impl="threefry2x32"))
    parts = [values[first : first + 4096] for first in range(0, len(values), 4096)]
    largest = jax.jit(lambda some: jax.lax.top_k(_applied(module, parameters, some)[1], few))
    found = [largest(part) for part in parts]
    strength, units_ = (np.concatenate([np.asarray(one[i]) for one in found]) for i in (0, 1))
    return Activity(units_, strength, many)


def _scaled(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0, dtype=np.float64)
    size = np.sqrt((centred**2).mean())
    if not size > 0:
        raise InputError("all samples have the same features; give some that differ")
    return (centred / size).astype(np.float32)


def _trained(
    module: SparseAutoencoder, values: np.ndarray, epochs: int, key: Key[Array, ""]
) -> Any:
    for_weights, for_batches = jax.random.split(key)
    optimiser = optax.adam(_LEARNING_RATE)
    parameters = module.init(for_weights, jnp.zeros((1, values.shape[1])))
    state, inputs = optimiser.init(parameters), jnp.asarray(values)
    epoch = jax.jit(_epoch(module, optimiser, min(_BATCH, len(values))))
    for number in range(epochs):
        key = jax.random.fold_in(for_batches, number)
        parameters, state = epoch(parameters, state, inputs, key)
    return parameters


def _epoch(
    module: SparseAutoencoder, optimiser: optax.GradientTransformation, batch: int
) -> Callable[..., tuple[Any, optax.OptState]]:
    """A pass through the samples in random order; those that fill no last batch wait."""

    def loss(parameters: Any, some: Array) -> Array:
        return ((_applied(module, parameters, some)[0] - some) ** 2).sum(axis=1).mean()

    def step(carry: tuple, some: Array) -> tuple[tuple, None]:
        parameters, state = carry
        return descend(optimiser, jax.grad(loss)(parameters, some), parameters, state), None

    def run(parameters: Any, state: optax.OptState, inputs: Array, key: Array) -> tuple:
        order = jax.random.permutation(key, len(inputs))[: len(inputs) // batch * batch]
        batches = inputs[order].reshape(-1, batch, inputs.shape[1])
        return jax.lax.scan(step, (parameters, state), batches)[0]

    return run


def _applied(module: SparseAutoencoder, parameters: Any, some: Array) -> tuple[Array, Array]:
    rebuilt, activity = module.apply(parameters, some)
    assert isinstance(rebuilt, jax.Array)
    assert isinstance(activity, jax.Array)
    return rebuilt, activity
