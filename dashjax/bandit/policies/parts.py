"""What policies are built of."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from dashjax.bandit.base import Arm, Goal, Policy, RandomKey, State
from dashjax.bandit.worth import masked


def remembering_nothing(select: Callable[[RandomKey, State], Arm]) -> Policy:
    """A policy that looks at what the belief holds, and at nothing else."""
    return Policy(
        init=lambda: (),
        select=lambda key, belief_state, policy_state, pending: select(key, belief_state),
        update=lambda belief_state, policy_state, arm: policy_state,
    )


def counting(select: Callable[[RandomKey, State, Array], Arm]) -> Policy:
    """A policy that also knows how many steps it has made, as a float."""
    return Policy(
        init=lambda: jnp.zeros(()),
        select=lambda key, belief_state, steps, pending: select(key, belief_state, steps),
        update=lambda belief_state, steps, arm: steps + 1,
    )


def advantage(values: Float[Array, " arm"], goal: Goal) -> Float[Array, " arm"]:
    """What each arm has over the least one, per unit of cost; the values themselves at equal costs.

    -inf where an arm is not available. The shift makes the order independent of the zero of
    utilities (after Xia et al., Thompson sampling for budgeted multi-armed bandits, IJCAI 2015).
    """
    if goal.equal_costs:
        return masked(values, goal)
    least = -jnp.max(masked(-values, goal))
    return masked((values - least) / per(goal, values), goal)


def per(goal: Goal, values: Array) -> Array:
    """The costs, in the precision of some values."""
    return jnp.asarray(goal.costs).astype(values.dtype)
