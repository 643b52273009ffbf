"""What a set of datasets is worth: sums over the best, with gaps and a floor.

Where a goal has a floor, a place that is left empty counts as the floor (docs/mathematics.md).
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dashjax.bandit.base import Goal
from dashjax.engine.top_k import (
    from_integer,
    maximum,
    sum_of_largest,
    sum_where,
    to_integer,
)

ROUNDINGS = 4  # of the largest value: what two sums of the same values may differ by


def rounding(values: Float[Array, " arm"], goal: Goal) -> Float[Array, ""]:
    """What a loss of these values may come out too large by, because they are rounded.

    So a loss that equals the tolerance is within it, in any unit.
    """
    size = jnp.where(jnp.asarray(goal.available), jnp.abs(values), 0)
    largest = from_integer(maximum(to_integer(size)), values.dtype)
    return ROUNDINGS * jnp.finfo(values.dtype).eps * largest


def masked(values: Float[Array, " arm"], goal: Goal) -> Float[Array, " arm"]:
    """The values, -inf where an arm is not available."""
    if goal.all_available:
        return values
    return jnp.where(jnp.asarray(goal.available), values, -jnp.inf)


def sum_of_best(values: Float[Array, "arm draw"], goal: Goal) -> Float[Array, " draw"]:
    """Sum of the best `goal.select` values of each column; those below the floor count as it."""
    if not goal.all_available:
        values = jnp.where(jnp.asarray(goal.available)[:, None], values, -jnp.inf)
    if goal.has_floor:
        values = jnp.maximum(values, _floor(goal, values))
    return sum_of_largest(values, goal.select)


def sum_of_selected(
    selected: Bool[Array, " arm"], values: Float[Array, "arm draw"], goal: Goal
) -> Float[Array, " draw"]:
    """Sum of each column's values in the rows selected; places left empty count as the floor."""
    total = sum_where(selected, values)
    if not goal.has_floor:
        return total
    empty = jnp.maximum(goal.select - jnp.sum(selected), 0).astype(total.dtype)
    return total + jnp.where(empty > 0, empty * _floor_or_zero(goal, total), 0)


def mean_of_selected(
    selected: Bool[Array, " arm"], values: Float[Array, "arm draw"], goal: Goal
) -> Float[Array, " draw"]:
    """Mean of each column's values in the rows selected; places left empty count as the floor."""
    least = goal.select if goal.has_floor else 1
    total = sum_of_selected(selected, values, goal)
    return total / jnp.maximum(jnp.sum(selected), least).astype(total.dtype)


def spread(values: Float[Array, "arm draw"], goal: Goal) -> Float[Array, " draw"]:
    """Standard deviation of each column's available values, or how far the best exceeds the floor.

    The latter where there is a floor that it exceeds.
    """
    there = jnp.asarray(goal.available)[:, None]
    count = jnp.asarray(goal.candidates).astype(values.dtype)
    mean = jnp.sum(jnp.where(there, values, 0), 0) / count
    squares = jnp.sum(jnp.where(there, (values - mean[None]) ** 2, 0), 0)
    apart = jnp.sqrt(squares / jnp.maximum(count - 1, 1))
    if not goal.has_floor:
        return apart
    above = jnp.max(jnp.where(there, values, -jnp.inf), 0) - _floor(goal, values)
    return jnp.where((above > 0) & jnp.isfinite(above), above, apart)


def above_floor(
    selected: Bool[Array, " arm"], mean: Float[Array, " arm"], goal: Goal
) -> Bool[Array, " arm"]:
    """The selected arms whose mean exceeds the floor."""
    return selected & (mean > _floor(goal, mean)) if goal.has_floor else selected


def _floor(goal: Goal, like: Array) -> Array:
    return jnp.asarray(goal.floor).astype(like.dtype)


def _floor_or_zero(goal: Goal, like: Array) -> Array:
    """The floor, or 0 where there turns out to be none: nothing is empty there."""
    floor = _floor(goal, like)
    return jnp.where(jnp.isfinite(floor), floor, 0)
