"""Policies that look at nothing: by chance, and in turn."""

import jax
import jax.numpy as jnp

from dashjax.base import Arm, Belief, Policy, RandomKey, Reward, State


def random(belief: Belief) -> Policy:
    """Pulls an arm by chance, each as likely."""
    arms = belief.grouping.arms

    def select(key: RandomKey, state: State) -> Arm:
        return jax.random.randint(key, (), 0, arms, jnp.int32)

    return Policy(lambda: (), select, lambda state, arm, reward: state)


def round_robin(belief: Belief) -> Policy:
    """Pulls arms 0, 1, 2, ... in turn, and again from the first."""
    arms = belief.grouping.arms

    def select(key: RandomKey, state: State) -> Arm:
        return state

    def update(state: State, arm: Arm, reward: Reward) -> State:
        return (state + 1) % arms

    return Policy(lambda: jnp.zeros((), jnp.int32), select, update)
