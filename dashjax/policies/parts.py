"""What policies are built of."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from dashjax.base import Aim, Arm, Policy, RandomKey, State


def remembering_nothing(select: Callable[[RandomKey, State], Arm]) -> Policy:
    """A policy that looks at what the belief holds, and at nothing else."""
    return Policy(
        init=lambda: (),
        select=lambda key, thought, own: select(key, thought),
        update=lambda thought, own, arm: own,
    )


def counting(select: Callable[[RandomKey, State, Array], Arm]) -> Policy:
    """A policy that also knows how many steps it has made, as a float."""
    return Policy(
        init=lambda: jnp.zeros(()),
        select=select,
        update=lambda thought, own, arm: own + 1,
    )


def advantage(values: Float[Array, " arm"], aim: Aim) -> Float[Array, " arm"]:
    """What each arm has over the least one, per unit of cost; the values themselves at equal costs.

    The shift makes the order independent of the zero of utilities (after Xia et al., Thompson
    sampling for budgeted multi-armed bandits, IJCAI 2015).
    """
    if aim.costs is None:
        return values
    return (values - jnp.min(values)) / aim.costs
