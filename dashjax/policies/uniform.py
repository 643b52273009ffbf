"""Policies that look at nothing: by chance, and in turn. Costs change nothing for them."""

import jax.numpy as jnp

from dashjax.base import Aim, Arm, Belief, Policy, RandomKey, State
from dashjax.policies.parts import remembering_nothing
from dashjax.sampling import below


def random(belief: Belief, aim: Aim) -> Policy:
    """Pulls an arm by chance, each as likely."""
    arms = belief.grouping.arms

    def select(key: RandomKey, thought: State) -> Arm:
        return below(key, arms)

    return remembering_nothing(select)


def round_robin(belief: Belief, aim: Aim) -> Policy:
    """Pulls arms 0, 1, 2, ... in turn, and again from the first."""
    arms = belief.grouping.arms
    return Policy(
        init=lambda: jnp.zeros((), jnp.int32),
        select=lambda key, thought, own: own,
        update=lambda thought, own, arm: (own + 1) % arms,
    )
