"""What is recommended: the arms selected from a belief, as a mask `[arm]`.

Before its first pull an arm is the equal of many others. Which of equals comes first is a matter of
chance, drawn once a run: the order of the columns would favour the pool's first group. An arm that
is not available is never selected, nor one whose posterior mean does not exceed the goal's floor.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from dashjax.bandit.base import Belief, Goal, Selector, State, TieOrder
from dashjax.bandit.worth import above_floor, masked
from dashjax.engine.top_k import in_order, is_among_largest


def top_k(goal: Goal) -> Selector:
    """The `goal.select` arms of largest posterior mean."""

    def choose(belief: Belief, state: State, tie_order: TieOrder) -> Bool[Array, " arm"]:
        mean = belief.moments(state).mean
        best = is_among_largest(in_order(masked(mean, goal)), goal.select, tie_order)
        return above_floor(best, mean, goal)

    return choose


def percentile(goal: Goal) -> Selector:
    """The arms whose posterior mean reaches a percentile of all means (DaSH, docs/mathematics.md,
    section 1.2, step 6).

    The percentile is such that `goal.select` arms reach it if no two means are equal. A mean that
    equals it is in, so that without a floor the selection is never empty.
    """

    def choose(belief: Belief, state: State, tie_order: TieOrder) -> Bool[Array, " arm"]:
        mean = belief.moments(state).mean
        if goal.all_available:
            level = jnp.percentile(mean, 100 * (1 - goal.select / goal.arms))
            return above_floor(mean >= level, mean, goal)
        available = jnp.asarray(goal.available)
        share = 1 - goal.select / goal.candidates.astype(mean.dtype)  # pyright: ignore
        level = jnp.nanquantile(jnp.where(available, mean, jnp.nan), share)
        return above_floor(available & (mean >= level), mean, goal)

    return choose


def group_then_arm(goal: Goal) -> Selector:
    """`goal.select` arms, filled from the group of largest posterior mean, then from the next.

    Within a group the arms of largest posterior mean come first. To be used where groups are
    trusted: over mixed groups it cannot find what lies apart (docs/mathematics.md, section 2.6). Of
    a belief without groups it is `top_k`.
    """

    def choose(belief: Belief, state: State, tie_order: TieOrder) -> Bool[Array, " arm"]:
        groups = belief.groups
        if groups is None:
            return top_k(goal)(belief, state, tie_order)
        held, group = groups.arms >= 0, np.empty(goal.arms, np.int32)
        group[groups.arms[held]] = held.nonzero()[0]
        ties = jnp.where(held, tie_order[groups.arms], goal.arms)
        group_tie = jnp.min(ties, axis=1)[group]
        group_mean, mean = groups.moments(state).mean[group], belief.moments(state).mean
        missing = ~jnp.asarray(goal.available)
        arms = jnp.lexsort((tie_order, -mean, group_tie, -group_mean, missing))
        return above_floor(_mask(arms[: goal.select], goal.arms), mean, goal)

    return choose


SELECTIONS: dict[str, Callable[[Goal], Selector]] = {
    "top-k": top_k,
    "percentile": percentile,
    "group-then-arm": group_then_arm,
}


def _mask(arms: Array, size: int) -> Bool[Array, " arm"]:
    return jnp.any(arms[:, None] == jnp.arange(size, dtype=arms.dtype)[None, :], axis=0)
