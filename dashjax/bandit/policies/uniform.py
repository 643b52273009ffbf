"""Policies that look at nothing: by chance, and in turn. Costs change nothing for them."""

import jax.numpy as jnp

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import remembering_nothing
from dashjax.engine.random import below


def random(belief: Belief, goal: Goal) -> Policy:
    """Pulls an arm by chance, each as likely."""
    arms = belief.grouping.arms

    def select(key: RandomKey, belief_state: State) -> Arm:
        return below(key, arms)

    return remembering_nothing(select)


def round_robin(belief: Belief, goal: Goal) -> Policy:
    """Pulls arms 0, 1, 2, ... in turn, and again from the first."""
    arms = belief.grouping.arms
    return Policy(
        init=lambda: jnp.zeros((), jnp.int32),
        select=lambda key, belief_state, own: own,
        update=lambda belief_state, own, arm: (own + 1) % arms,
    )
