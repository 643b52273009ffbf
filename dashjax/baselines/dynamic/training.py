"""A training whose samples a chooser chooses, compiled as one program."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, Key

from dashjax.baselines.dynamic.contract import Choice, Chooser
from dashjax.rewards.descent import descend
from dashjax.rewards.networks import Network, Parameters
from dashjax.rewards.trainer import Data


class Course(NamedTuple):
    """How long is trained, and on what."""

    chooser: Chooser
    epochs: int
    batch: int


class _Carried(NamedTuple):
    parameters: Parameters
    optimiser: optax.OptState
    gradients: Int[Array, ""]


def trained(
    parameters: Parameters,
    data: Data,
    key: Key[Array, ""],
    *,
    course: Course,
    network: tuple[Network, optax.GradientTransformation],
) -> tuple[Parameters, Int[Array, ""]]:
    """Parameters after all epochs, and of how many samples gradients were taken on the way.

    An epoch costs as many steps as its samples fill batches. The loss of a batch is the sum of
    weighted losses divided by the number of its samples; what the chooser is told are the losses
    before weighting, as they were when the sample had its turn, so that scoring costs nothing.

    It can be batched with `jax.vmap` and compiled with `jax.jit`; a chooser's rows count from 0 in
    `data`.

    Args:
        parameters: at the start.
        data: what is trained on.
        key: for the chooser.
        course: the chooser, the number of epochs, and how many samples a batch has.
        network: the network and the optimiser.
    """
    chooser, epochs, batch = course

    def epoch(carry: tuple[_Carried, Any], number: Array) -> tuple[tuple[_Carried, Any], None]:
        carried, state = carry
        choice, state = chooser.choose(state, number)
        carried, losses = _epoch(carried, choice, data, batch, network)
        return (carried, chooser.update(state, choice, losses)), None

    start = _Carried(parameters, network[1].init(parameters), jnp.zeros((), jnp.int32))
    numbers = jnp.arange(epochs, dtype=jnp.int32)
    (carried, _), _ = jax.lax.scan(epoch, (start, chooser.init(key)), numbers)
    return carried.parameters, carried.gradients


def _epoch(
    carried: _Carried,
    choice: Choice,
    data: Data,
    batch: int,
    network: tuple[Network, optax.GradientTransformation],
) -> tuple[_Carried, Array]:
    """One pass through what was chosen, and the loss of each place."""
    model, optimiser = network
    places = choice.rows.shape[0]
    filled = jnp.pad(choice.rows, (0, -places % batch), constant_values=-1)
    weights = jnp.pad(choice.weights, (0, -places % batch))
    count = (filled >= 0).sum(dtype=jnp.int32)

    def loss(parameters: Parameters, rows: Array, weights: Array) -> tuple[Array, Array]:
        logits = model.logits(parameters, data.inputs[rows])
        each = optax.softmax_cross_entropy_with_integer_labels(logits, data.labels[rows])
        used = jnp.maximum((rows >= 0).sum(), 1).astype(jnp.float32)
        return (jnp.where(rows >= 0, each * weights, 0.0)).sum() / used, each

    def step(number: Array, state: tuple[_Carried, Array]) -> tuple[_Carried, Array]:
        now, losses = state
        rows, these = (
            jax.lax.dynamic_slice_in_dim(all_, number * batch, batch) for all_ in (filled, weights)
        )
        slope, each = jax.grad(loss, has_aux=True)(now.parameters, rows, these)
        moved, held = descend(optimiser, slope, now.parameters, now.optimiser)
        losses = jax.lax.dynamic_update_slice_in_dim(losses, each, number * batch, 0)
        return now._replace(parameters=moved, optimiser=held), losses

    start = (carried, jnp.zeros(filled.shape, jnp.float32))
    carried, losses = jax.lax.fori_loop(0, (count + batch - 1) // batch, step, start)
    return carried._replace(gradients=carried.gradients + count), losses[:places]
