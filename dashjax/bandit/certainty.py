"""How sure one may be: chances, ranks and losses by draws from a belief (ours)."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import ROUNDING, Belief, Goal, RandomKey, State
from dashjax.bandit.worth import mean_of_selected, sum_of_best

_SURE = 0.9  # mass of a rank interval


class Certainty(NamedTuple):
    """What draws from a belief say of the datasets and of the selection.

    Ranks count from 1; their intervals hold the middle 90 % of the draws. `shrinkage` is the weight
    of the group in a dataset's mean: 1 where it was never explored, near 0 where its own rewards
    decide, NaN where the belief has no groups.
    """

    mean: Float[Array, " arm"]
    sd: Float[Array, " arm"]
    chance_best: Float[Array, " arm"]  # to be among the best k
    rank_low: Int[Array, " arm"]
    rank_high: Int[Array, " arm"]
    shrinkage: Float[Array, " arm"]
    chance_good: Float[Array, ""]  # selection within the tolerance of the best set
    expected_loss: Float[Array, ""]  # how far it falls short on average, in units of reward


def certainty(
    key: RandomKey,
    belief: Belief,
    belief_state: State,
    selected: Array,
    *,
    goal: Goal,
    tolerance: float | Float[Array, ""],
    draws: int = 4096,
) -> Certainty:
    """What is known after some pulls.

    Args:
        key: decides the draws.
        belief: what is drawn from.
        belief_state: its state.
        selected: mask of the selection, `[arm]`.
        goal: how many datasets are wanted.
        tolerance: how far a good selection may fall short, in units of reward.
        draws: the chances' standard errors are at most 1 / (2 sqrt(draws)).
    """
    drawn = belief.sample(key, belief_state, draws).T
    drawn = jnp.where(jnp.asarray(goal.available)[None], drawn, -jnp.inf)
    places = jnp.argsort(jnp.argsort(-drawn, axis=1), axis=1) + 1  # rank of each arm in each draw
    tails = jnp.array([(1 - _SURE) / 2, (1 + _SURE) / 2])
    low, high = jnp.quantile(places.astype(drawn.dtype), tails, axis=0, method="nearest")
    loss = sum_of_best(drawn.T, goal) / goal.select - mean_of_selected(selected, drawn.T, goal)
    moments = belief.moments(belief_state)
    nothing = jnp.full_like(moments.mean, jnp.nan)
    weight = belief.groups.weight(belief_state) if belief.groups else nothing
    return Certainty(
        moments.mean,
        jnp.sqrt(moments.var),
        jnp.mean((places <= goal.select).astype(drawn.dtype), 0),
        low.astype(jnp.int32),
        high.astype(jnp.int32),
        weight,
        jnp.mean((loss <= tolerance + ROUNDING).astype(drawn.dtype)),
        jnp.mean(loss),
    )
