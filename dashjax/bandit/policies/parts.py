"""What policies are built of."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from dashjax.bandit.base import Arm, Goal, Policy, RandomKey, State


def remembering_nothing(select: Callable[[RandomKey, State], Arm]) -> Policy:
    """A policy that looks at what the belief holds, and at nothing else."""
    return Policy(
        init=lambda: (),
        select=lambda key, belief_state, own: select(key, belief_state),
        update=lambda belief_state, own, arm: own,
    )


def counting(select: Callable[[RandomKey, State, Array], Arm]) -> Policy:
    """A policy that also knows how many steps it has made, as a float."""
    return Policy(
        init=lambda: jnp.zeros(()),
        select=select,
        update=lambda belief_state, own, arm: own + 1,
    )


def advantage(values: Float[Array, " arm"], goal: Goal) -> Float[Array, " arm"]:
    """What each arm has over the least one, per unit of cost; the values themselves at equal costs.

    The shift makes the order independent of the zero of utilities (after Xia et al., Thompson
    sampling for budgeted multi-armed bandits, IJCAI 2015).
    """
    if goal.costs is None:
        return values
    return (values - jnp.min(values)) / goal.costs
