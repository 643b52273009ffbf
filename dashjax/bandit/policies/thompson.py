"""Thompson sampling: draw utilities from the belief and pull the arm whose draw is largest."""

import jax
import jax.numpy as jnp

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import advantage, per, remembering_nothing
from dashjax.engine import indexing
from dashjax.engine.random import largest_draw


def thompson(belief: Belief, goal: Goal) -> Policy:
    """Draws all arms jointly and pulls the best (per unit of cost, see `advantage`)."""

    def select(key: RandomKey, belief_state: State) -> Arm:
        return largest_draw(advantage(belief.sample(key, belief_state, 1)[:, 0], goal))

    return remembering_nothing(select)


def thompson_by_group(belief: Belief, goal: Goal) -> Policy:
    """Draws all groups, enters the best, draws its arms and pulls the best (DaSH,
    docs/mathematics.md, section 1.2).

    The arms are drawn given the group's drawn utility, so that the pair is one draw of the belief.
    With costs, the best arm of the group is the best per unit of cost. Of a belief without groups
    it is `thompson`.
    """
    groups = belief.groups
    if groups is None:
        return thompson(belief, goal)
    arms = jnp.asarray(groups.arms)

    def select(key: RandomKey, belief_state: State) -> Arm:
        utilities = groups.sample(key, belief_state)
        group = largest_draw(_with_candidates(utilities, arms, goal))
        drawn = groups.sample_arms(key, belief_state, group, indexing.take(utilities, group))
        members = indexing.take_row(arms, group)
        return indexing.take(members, largest_draw(_per_cost(drawn, members, goal)))

    return remembering_nothing(select)


def _with_candidates(utilities: jax.Array, arms: jax.Array, goal: Goal) -> jax.Array:
    """The drawn utilities of groups, -inf where none of a group's arms is available."""
    if goal.all_available:
        return utilities
    candidates = (arms >= 0) & jnp.asarray(goal.available)[arms]
    return jnp.where(jnp.any(candidates, 1), utilities, -jnp.inf)


def _per_cost(drawn: jax.Array, members: jax.Array, goal: Goal) -> jax.Array:
    """`advantage` within one group, whose padding stays at -inf."""
    if not goal.all_available:
        candidate = (members >= 0) & jnp.asarray(goal.available)[members]
        drawn = jnp.where(candidate, drawn, -jnp.inf)
    if goal.equal_costs:
        return drawn
    least = jnp.min(jnp.where(drawn > -jnp.inf, drawn, jnp.inf))
    return (drawn - least) / jnp.where(members >= 0, per(goal, drawn)[members], 1)
