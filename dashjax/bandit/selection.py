"""What we recommend: the arms selected from a belief, as a mask `[arm]`.

Before its first pull an arm is the equal of many others. Which of equals comes first is a matter of
chance, drawn once a run: the order of the columns would favour the pool's first group.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool

from dashjax.bandit.base import Belief, Selector, State, TieOrder
from dashjax.engine.top_k import in_order, is_among_largest


def top_k(count: int) -> Selector:
    """The `count` arms of largest posterior mean."""

    def choose(belief: Belief, state: State, turn: TieOrder) -> Bool[Array, " arm"]:
        return is_among_largest(in_order(belief.moments(state).mean), count, turn)

    return choose


def percentile(percent: float) -> Selector:
    """The arms whose posterior mean reaches that percentile of all means (DaSH, spec 1.2 step 6).

    A mean that equals the percentile is in, so that the selection is never empty.
    """

    def choose(belief: Belief, state: State, turn: TieOrder) -> Bool[Array, " arm"]:
        mean = belief.moments(state).mean
        return mean >= jnp.percentile(mean, percent)

    return choose


def group_then_arm(count: int) -> Selector:
    """`count` arms, filled from the group of largest posterior mean, then from the next.

    Within a group the arms of largest posterior mean come first. To be used where groups are
    trusted: over mixed groups it cannot find what lies apart (spec section 2.6).
    """

    def choose(belief: Belief, state: State, turn: TieOrder) -> Bool[Array, " arm"]:
        grouping = belief.grouping
        group_mean = grouping.spread(belief.group_moments(state).mean)
        turns = jnp.where(grouping.mask, turn[grouping.arm], grouping.arms)
        group_turn = grouping.spread(jnp.min(turns, axis=1))
        arms = jnp.lexsort((turn, -belief.moments(state).mean, group_turn, -group_mean))
        return _mask(arms[:count], grouping.arms)

    return choose


def _mask(arms: Array, size: int) -> Bool[Array, " arm"]:
    return jnp.any(arms[:, None] == jnp.arange(size, dtype=arms.dtype)[None, :], axis=0)
