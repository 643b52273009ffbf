"""Thompson sampling: draw utilities from the belief and pull the arm whose draw is largest."""

import jax
import jax.numpy as jnp

from dashjax import places
from dashjax.base import Aim, Arm, Belief, Policy, RandomKey, State
from dashjax.policies.parts import advantage, remembering_nothing
from dashjax.sampling import largest_draw


def thompson(belief: Belief, aim: Aim) -> Policy:
    """Draws all arms jointly and pulls the best (per unit of cost, see `advantage`)."""

    def select(key: RandomKey, thought: State) -> Arm:
        drawn = belief.draw(belief.deviates(key, 1), thought)[:, 0]
        return largest_draw(advantage(drawn, aim))

    return remembering_nothing(select)


def thompson_by_group(belief: Belief, aim: Aim) -> Policy:
    """Draws all groups, enters the best, draws its arms and pulls the best (DaSH, spec 1.2).

    The arms are drawn given the group's drawn utility, so that the pair is one draw of the belief.
    With costs, the best arm of the group is the best per unit of cost.
    """
    arms = jnp.asarray(belief.grouping.arm)

    def select(key: RandomKey, thought: State) -> Arm:
        deviates = belief.deviates_by_group(key)
        utilities = belief.sample_groups(deviates, thought)
        group = largest_draw(utilities)
        drawn = belief.sample_arms(deviates, thought, group, places.read(utilities, group))
        members = places.row(arms, group)
        return places.read(members, largest_draw(_per_cost(drawn, members, aim)))

    return remembering_nothing(select)


def _per_cost(drawn: jax.Array, members: jax.Array, aim: Aim) -> jax.Array:
    """`advantage` within one group, whose padding stays at -inf."""
    if aim.costs is None:
        return drawn
    least = jnp.min(jnp.where(members >= 0, drawn, jnp.inf))
    return (drawn - least) / jnp.where(members >= 0, aim.costs[members], 1)
