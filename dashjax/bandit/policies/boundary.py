"""The arms near the boundary between the best k and the rest, where exploring can change a set.

Shared by the rules that look at pairs and sets. Equal means are put in an order by chance, by a
difference too small to matter, so that no rule favours the pool's first arms.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Belief, Goal, RandomKey, State
from dashjax.bandit.worth import masked
from dashjax.engine.top_k import edge, is_among_largest

MOST = 32  # arms that are looked at; of larger pools, those nearest to the boundary
_NUDGE = 1e-5  # of a posterior standard deviation


class Near(NamedTuple):
    """The arms near the boundary, those inside first, and what is belief_state of them."""

    arm: Int[Array, " near"]
    mean: Float[Array, " near"]
    cov: Float[Array, "near near"]
    cost: Float[Array, " near"]

    def only_candidates(self, value: Float[Array, " near"]) -> Float[Array, " near"]:
        """The values, -1 for arms that are not available: their mean is -inf."""
        return jnp.where(self.mean > -jnp.inf, value, -1)


def near(key: RandomKey, belief: Belief, belief_state: State, goal: Goal) -> tuple[Near, int]:
    """The arms near the boundary of the best `goal.select`, and how many of them are inside."""
    moments = belief.moments(belief_state)
    sd = jnp.sqrt(moments.var)
    nudge = jax.random.uniform(key, sd.shape, sd.dtype)
    mean = masked(moments.mean + _NUDGE * sd * nudge, goal)
    arm, inside = _nearest(mean, sd, goal.select)
    cov = belief.covariance(belief_state, arm)[:, arm]
    return Near(arm, mean[arm], cov, jnp.asarray(goal.costs)[arm].astype(sd.dtype)), inside


def standard_gaps(near: Near, inside: int) -> Float[Array, "inside outside"]:
    """By how many standard deviations of their difference each inner arm leads each outer one."""
    gap = near.mean[:inside, None] - near.mean[None, inside:]
    var = jnp.diagonal(near.cov)
    return gap / difference_sd(var[:inside], var[inside:], near.cov[:inside, inside:])


def difference_sd(
    first: Float[Array, " one"], second: Float[Array, " other"], shared: Float[Array, "one other"]
) -> Float[Array, "one other"]:
    """Standard deviation of each difference, from variances and covariances; never 0."""
    between = first[:, None] + second[None, :] - 2 * shared
    return jnp.sqrt(jnp.maximum(between, jnp.finfo(between.dtype).tiny))


def _nearest(mean: Array, sd: Array, select: int) -> tuple[Int[Array, " near"], int]:
    """Arms by their distance from the boundary, inner ones first."""
    arms = mean.shape[0]
    inside = min(select, max(MOST // 2, MOST - (arms - select)))
    outside = min(arms - select, MOST - inside)
    if arms <= MOST:
        return jax.lax.top_k(mean, arms)[1], inside
    inner = is_among_largest(mean, select)
    least, largest = edge(mean, inner)
    boundary = jnp.where(largest > -jnp.inf, (least + largest) / 2, least)
    distance = (mean - boundary) / jnp.maximum(sd, jnp.finfo(sd.dtype).tiny)
    parts = [
        jax.lax.top_k(jnp.where(inner, -distance, -jnp.inf), inside)[1],
        jax.lax.top_k(jnp.where(inner, -jnp.inf, distance), outside)[1],
    ]
    return jnp.concatenate(parts), inside
