"""Thompson sampling: draw utilities from the belief and pull the arm whose draw is largest."""

import jax
import jax.numpy as jnp

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import advantage, remembering_nothing
from dashjax.engine import indexing
from dashjax.engine.random import largest_draw


def thompson(belief: Belief, goal: Goal) -> Policy:
    """Draws all arms jointly and pulls the best (per unit of cost, see `advantage`)."""

    def select(key: RandomKey, belief_state: State) -> Arm:
        drawn = belief.draw(belief.deviates(key, 1), belief_state)[:, 0]
        return largest_draw(advantage(drawn, goal))

    return remembering_nothing(select)


def thompson_by_group(belief: Belief, goal: Goal) -> Policy:
    """Draws all groups, enters the best, draws its arms and pulls the best (DaSH, spec 1.2).

    The arms are drawn given the group's drawn utility, so that the pair is one draw of the belief.
    With costs, the best arm of the group is the best per unit of cost.
    """
    arms = jnp.asarray(belief.grouping.arm)

    def select(key: RandomKey, belief_state: State) -> Arm:
        deviates = belief.deviates_by_group(key)
        utilities = belief.sample_groups(deviates, belief_state)
        group = largest_draw(utilities)
        drawn = belief.sample_arms(deviates, belief_state, group, indexing.take(utilities, group))
        members = indexing.take_row(arms, group)
        return indexing.take(members, largest_draw(_per_cost(drawn, members, goal)))

    return remembering_nothing(select)


def _per_cost(drawn: jax.Array, members: jax.Array, goal: Goal) -> jax.Array:
    """`advantage` within one group, whose padding stays at -inf."""
    if goal.costs is None:
        return drawn
    least = jnp.min(jnp.where(members >= 0, drawn, jnp.inf))
    return (drawn - least) / jnp.where(members >= 0, goal.costs[members], 1)
