"""Thompson sampling: draw utilities from the belief and pull the arm whose draw is largest."""

import jax
import jax.numpy as jnp

from dashjax import places
from dashjax.base import Arm, Belief, Policy, RandomKey, State
from dashjax.sampling import largest


def thompson(belief: Belief) -> Policy:
    """Draws all arms jointly and pulls the best."""

    def select(key: RandomKey, state: State) -> Arm:
        return largest(belief.sample(key, state))

    return Policy(belief.init, select, belief.update)


def thompson_by_group(belief: Belief) -> Policy:
    """Draws all groups, enters the best, draws its arms and pulls the best (DaSH, spec 1.2).

    The arms are drawn given the group's drawn utility, so that the pair is one draw of the belief.
    """
    arms = jnp.asarray(belief.grouping.arm)

    def select(key: RandomKey, state: State) -> Arm:
        key_groups, key_arms = jax.random.split(key)
        utilities = belief.sample_groups(key_groups, state)
        group = largest(utilities)
        drawn = belief.sample_arms(key_arms, state, group, places.read(utilities, group))
        return places.read(places.row(arms, group), largest(drawn))

    return Policy(belief.init, select, belief.update)
