"""Training many small models with no Python in the loop.

All examples are one device array, and a training job is integers alone: rows `[step, batch]` of
that array. Jobs go one after another inside one compiled call, so that what a job gives does not
depend, not even in the last bit, on the jobs beside it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Int32, UInt32

from dashjax.rewards.descent import descend
from dashjax.rewards.networks import Inputs, Network, Parameters

_EVALUATED_AT_ONCE = 256  # examples; bounds the memory that patches of a large test part take


Count = Int32[Array, ""]
Accuracies = Float[Array, " job"]


class Data(NamedTuple):
    """Every example that may be trained on or judged by."""

    inputs: Inputs
    labels: Int32[Array, " example"]


class Trainer(NamedTuple):
    """Jitted functions over a leading axis of jobs; parameters are stacked along it.

    Only the first `count` jobs are done, so that a block of fixed size may be part empty: what
    the others give is zeros, and takes no time.
    """

    start: Callable[[UInt32[Array, " job"], Count], Parameters]
    fit: Callable[[Parameters, Int32[Array, "job step batch"], Data, Count], Parameters]
    accuracy: Callable[[Parameters, Int32[Array, "job row"], Data, Count], Accuracies]


def trainer(network: Network, optimiser: optax.GradientTransformation) -> Trainer:
    """A trainer of that network; build it once, as each one compiles anew.

    Its `start` takes one seed a job and gives initial parameters, `fit` trains and `accuracy`
    judges; each compiles once for each shape of rows.
    """

    def start(seeds: Array, count: Count) -> Parameters:
        return one_by_one(lambda seed: network.init(_key(seed)), seeds, count)

    def fit_jobs(parameters: Parameters, rows: Array, data: Data, count: Count) -> Parameters:
        def job(given: tuple[Parameters, Array]) -> Parameters:
            return fit(*given, network=network, optimiser=optimiser, data=data)

        return one_by_one(job, (parameters, rows), count)

    def judge_jobs(parameters: Parameters, rows: Array, data: Data, count: Count) -> Accuracies:
        def job(given: tuple[Parameters, Array]) -> Array:
            return accuracy(*given, network=network, data=data)

        return one_by_one(job, (parameters, rows), count)

    return Trainer(jax.jit(start), jax.jit(fit_jobs), jax.jit(judge_jobs))


def one_by_one(job: Callable[[Any], Any], given: Any, count: Count) -> Any:
    """`job` of each of the first `count` along the leading axis of `given`; zeros for the rest."""

    def take(place: Array | int) -> Any:
        return jax.tree.map(lambda leaf: leaf[place], given)

    def do(place: Array, results: Any) -> Any:
        return jax.tree.map(lambda all_, one: all_.at[place].set(one), results, job(take(place)))

    size = jax.tree.leaves(given)[0].shape[0]
    shapes = jax.eval_shape(lambda: job(take(0)))
    results = jax.tree.map(lambda one: jnp.zeros((size, *one.shape), one.dtype), shapes)
    return jax.lax.fori_loop(0, count, do, results)


def fit(
    parameters: Parameters,
    rows: Int[Array, "step batch"],
    *,
    network: Network,
    optimiser: optax.GradientTransformation,
    data: Data,
) -> Parameters:
    """Parameters after one step of the optimiser on each row of `rows`, from a fresh state."""

    def loss(trained: Parameters, batch: Array) -> Array:
        logits = network.logits(trained, data.inputs[batch])
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, data.labels[batch])
        return losses.mean()

    def step(carry: tuple, batch: Array) -> tuple[tuple, None]:
        trained, state = carry
        return descend(optimiser, jax.grad(loss)(trained, batch), trained, state), None

    (trained, _), _ = jax.lax.scan(step, (parameters, optimiser.init(parameters)), rows)
    return trained


def accuracy(
    parameters: Parameters, rows: Int[Array, " row"], *, network: Network, data: Data
) -> Float[Array, ""]:
    """The share of `rows` that is classified rightly; rows of -1 are padding and do not count.

    NaN if a logit is not finite, since the largest of such logits says nothing.
    """

    def judge(right: Array, some: Array) -> tuple[Array, Array]:
        logits = network.logits(parameters, data.inputs[some])
        hits = (jnp.argmax(logits, axis=-1) == data.labels[some]) & (some >= 0)
        return right + hits.sum(dtype=jnp.int32), jnp.isfinite(logits).all()

    blocks = _padded(rows)
    right, finite = jax.lax.scan(judge, jnp.zeros((), jnp.int32), blocks)
    counted = (rows >= 0).sum(dtype=jnp.int32)
    share = right.astype(jnp.float32) / counted.astype(jnp.float32)
    return jnp.where(finite.all(), share, jnp.nan)


def _padded(rows: Array) -> Array:
    width = min(rows.shape[0], _EVALUATED_AT_ONCE)
    short = -rows.shape[0] % width
    return jnp.pad(rows, (0, short), constant_values=-1).reshape(-1, width)


def _key(seed: Array) -> Array:
    # named, as a user's default generator must not change what a stored table says
    return jax.random.key(seed, impl="threefry2x32")
