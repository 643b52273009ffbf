"""Policies that look at nothing: by chance, and in turn. Costs change nothing for them."""

import jax.numpy as jnp

from dashjax.bandit.base import Arm, Belief, Goal, Pending, Policy, RandomKey, State
from dashjax.bandit.policies.parts import remembering_nothing
from dashjax.engine.random import below


def random(belief: Belief, goal: Goal) -> Policy:
    """Pulls an available arm by chance, each as likely."""

    def select(key: RandomKey, belief_state: State) -> Arm:
        number = below(key, goal.candidates)
        if goal.all_available:
            return number
        up_to = jnp.cumsum(jnp.asarray(goal.available), dtype=jnp.int32)
        return jnp.sum(up_to <= number, dtype=jnp.int32)

    return remembering_nothing(select)


def round_robin(belief: Belief, goal: Goal) -> Policy:
    """Pulls the available arms 0, 1, 2, ... in turn, and again from the first."""
    arms = goal.arms

    def select(key: RandomKey, belief_state: State, following: State, pending: Pending) -> Arm:
        if goal.all_available:
            return following
        ahead = (jnp.arange(arms, dtype=jnp.int32) - following) % arms
        step = jnp.min(jnp.where(jnp.asarray(goal.available), ahead, arms - 1))
        return (following + step) % arms

    return Policy(
        init=lambda: jnp.zeros((), jnp.int32),
        select=select,
        update=lambda belief_state, following, arm: (arm + 1) % arms,
    )
