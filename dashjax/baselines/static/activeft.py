"""ActiveFT: as many centres as samples wanted, moved until they are spread as the samples are.

The loss of a sample f with nearest centre c (all of unit length, temperature t) is

    -log( e / (e + S_c) ),   e = exp(f.c / t),   S_c = sum_j exp(c_j.c / t),

where no gradient goes through c_j. Its gradient is in closed form, so that a step needs one
product of features and centres instead of two, and no exponential for each pair:

    with q = S_c / (e + S_c) and m_c = sum_j softmax_j(c_j.c / t) c_j,
    N t dJ/dc = -sum over samples of c of q f  +  m_c sum over samples of c of q.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_budget, checked_features, unit_length
from dashjax.errors import InputError
from dashjax.rewards.descent import descend

TEMPERATURE, LEARNING_RATE, ITERATIONS = 0.07, 1e-3, 300  # as published
_PAIRS = 2**24  # of a sample and a centre, compared at once; bounds the memory
_TAKING_AT_ONCE = 256  # centres

Centres = Float[Array, "centre feature"]
Scalar = Float[Array, ""] | float


class _Pull(NamedTuple):
    """What samples do to their nearest centres: sums of q f, of q, and of the loss."""

    towards: Centres
    weight: Float[Array, " centre"]
    loss: Float[Array, ""]


def activeft(
    features: ArrayLike,
    budget: int,
    *,
    iterations: int = ITERATIONS,
    temperature: float = TEMPERATURE,
    seed: int = 0,
) -> np.ndarray:
    """Rows of the samples that are nearest to `budget` centres, which were fitted to all samples.

    Args:
        features: `[sample, feature]`; they are brought to unit length.
        budget: how many to pick.
        iterations: steps of Adam at rate .001, each on all samples.
        temperature: of the similarities.
        seed: decides the samples at which the centres start.

    Returns:
        `[budget]` int32, without repeats.

    Raises:
        InputError: if the budget is 0 or more than there are, features are not finite or all 0
            for a sample, iterations are negative or the temperature is not above 0.

    Source: Xie et al., Active finetuning: exploiting annotation budget in the
    pretraining-finetuning paradigm, CVPR 2023, equations 7 to 9; the loss as its authors' code
    has it. Memory grows with samples plus centres, not with their product.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> len(dj.baselines.activeft(np.eye(8), 2, iterations=3))
        2
    """
    values = unit_length(checked_features(features))
    check_budget(budget, len(values))
    if iterations < 0 or not 0 < temperature < np.inf:
        raise InputError(
            f"iterations are {iterations} and temperature is {temperature}; give 0 or more steps "
            f"and a temperature above 0"
        )
    centres, _ = fitted(values, budget, iterations, temperature, seed)
    return nearest_unused(np.asarray(centres), values)


def fitted(
    values: Float[np.ndarray, "sample feature"],
    budget: int,
    iterations: int,
    temperature: float,
    seed: int,
) -> tuple[Centres, list[Float[Array, ""]]]:
    """Centres of unit length after so many steps, and the loss before each step."""
    parts = _parts(values, max(1, _PAIRS // budget))
    start = np.random.default_rng(seed).permutation(len(values))[:budget]
    raw = jnp.asarray(values[start])
    state, losses = optax.adam(LEARNING_RATE).init(raw), []
    for _ in range(iterations):
        pulls = [_pull(raw, part, temperature) for part in parts]
        raw, state, loss = _move(raw, state, pulls, temperature, float(len(values)))
        losses.append(loss)
    return _unit(raw), losses


def nearest_unused(
    centres: Float[np.ndarray, "centre feature"], values: Float[np.ndarray, "sample feature"]
) -> np.ndarray:
    """For each centre in turn the most similar sample that is not yet taken, `[centre]` int32."""
    width = max(1, min(_TAKING_AT_ONCE, _PAIRS // len(values), len(centres)))
    used, rows = jnp.zeros(len(values), bool), []
    for first in range(0, len(centres), width):
        some = centres[first : first + width]
        filled = np.pad(some, ((0, width - len(some)), (0, 0)))
        taken, used = _take(jnp.asarray(filled), values, used, np.int32(len(some)))
        rows.append(np.asarray(taken)[: len(some)])
    return np.concatenate(rows)


def _parts(values: np.ndarray, rows: int) -> list[Array]:
    return [jnp.asarray(values[first : first + rows]) for first in range(0, len(values), rows)]


def _unit(raw: Centres) -> Centres:
    return raw / jnp.sqrt((raw**2).sum(1, keepdims=True))


@jax.jit
def _pull(raw: Centres, part: Float[Array, "some feature"], temperature: Scalar) -> _Pull:
    centres = _unit(raw)
    similar = part @ centres.T / temperature
    top = similar.max(axis=1)
    # two reductions that are vectorised on a CPU, where `argmax` is not
    place = jnp.arange(len(raw), dtype=jnp.int32)[None]
    nearest = jnp.where(similar == top[:, None], place, len(raw) - 1).min(axis=1)
    crowd = jax.nn.logsumexp(centres @ centres.T / temperature, axis=0)[nearest]
    away = jax.nn.sigmoid(crowd - top)
    sums = functools.partial(jax.ops.segment_sum, segment_ids=nearest, num_segments=len(raw))
    return _Pull(sums(away[:, None] * part), sums(away), jax.nn.softplus(crowd - top).sum())


@jax.jit
def _move(
    raw: Centres, state: optax.OptState, pulls: list[_Pull], temperature: Scalar, samples: Scalar
) -> tuple[Centres, optax.OptState, Float[Array, ""]]:
    """One step of Adam on the raw centres, and the loss before it."""
    total = jax.tree.map(lambda *each: functools.reduce(jnp.add, each), *pulls)
    centres = _unit(raw)
    middle = jax.nn.softmax(centres @ centres.T / temperature, axis=1) @ centres
    slope = (total.weight[:, None] * middle - total.towards) / (temperature * samples)
    along = (slope * centres).sum(1, keepdims=True)
    slope = (slope - along * centres) / jnp.sqrt((raw**2).sum(1, keepdims=True))
    moved, state = descend(optax.adam(LEARNING_RATE), slope, raw, state)
    return moved, state, total.loss / samples


@jax.jit
def _take(
    centres: Float[Array, "some feature"],
    values: Float[Array, "sample feature"],
    used: Bool[Array, " sample"],
    count: Int[Array, ""] | np.int32,
) -> tuple[Int[Array, " some"], Bool[Array, " sample"]]:
    similar = centres @ values.T

    def take(place: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        rows, used = state
        row = jnp.argmax(jnp.where(used, -jnp.inf, similar[place])).astype(jnp.int32)
        return rows.at[place].set(row), used.at[row].set(True)

    return jax.lax.fori_loop(0, count, take, (jnp.zeros(len(centres), jnp.int32), used))
