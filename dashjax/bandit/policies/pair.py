"""The boundary pair: tell apart the two arms whose order is least certain (docs/mathematics.md,
section 3.8).
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.boundary import Near, near, standard_gaps
from dashjax.bandit.policies.parts import remembering_nothing
from dashjax.engine.random import largest


def pair(belief: Belief, goal: Goal) -> Policy:
    """Of the pair across the boundary that is closest, pulls the arm that tells most of it.

    What a pull tells is the fall of the variance of the pair's difference, per unit of cost.
    """
    if goal.select == goal.arms:
        return remembering_nothing(lambda key, belief_state: jnp.zeros((), jnp.int32))

    def select(key: RandomKey, belief_state: State) -> Arm:
        view, inside = near(key, belief, belief_state, goal)
        told = separation(view, inside, belief.noise_var(belief_state))
        return view.arm[largest(view.only_candidates(told / view.cost))]

    return remembering_nothing(select)


def separation(view: Near, inside: int, noise_var: Array) -> Float[Array, " near"]:
    """By how much one pull of each arm lowers the variance of the closest pair's difference.

    Only the two arms of the pair have a value; that of the others is 0.
    """
    closest = largest(-standard_gaps(view, inside).reshape(-1))
    outer = view.mean.shape[0] - inside
    place = jnp.arange(view.mean.shape[0], dtype=jnp.int32)
    first, second = place == closest // outer, place == inside + closest % outer
    tilt = jnp.sum(jnp.where(first, view.cov, 0) - jnp.where(second, view.cov, 0), 1)
    fall = tilt**2 / (jnp.diagonal(view.cov) + noise_var)
    return jnp.where(first | second, fall, 0)
