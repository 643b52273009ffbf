"""Several pulls asked at once, before the reward of any is known."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.engine import indexing


class Pending(NamedTuple):
    """What is imagined while rewards are out."""

    belief_state: State  # the belief, told each asked arm's own mean in place of its reward
    own: State  # the policy's
    asked: Int[Array, ""]  # pulls of this batch so far


def in_batches(
    policy: Callable[[Belief, Goal], Policy], size: int
) -> Callable[[Belief, Goal], Policy]:
    """A policy that sees rewards only after every `size` pulls.

    Within a batch the belief is told each arm's own mean: that leaves the means (up to what
    `averaged` concludes of the spreads) and shrinks covariances as the reward will (spec section
    3, 11). With `size` 1 it is the policy itself.
    """

    def build(belief: Belief, goal: Goal) -> Policy:
        alone = policy(belief, goal)

        def init() -> Pending:
            return Pending(belief.init(), alone.init(), jnp.zeros((), jnp.int32))

        def select(key: RandomKey, belief_state: State, own: Pending) -> Arm:
            return alone.select(key, own.belief_state, own.own)

        def update(belief_state: State, own: Pending, arm: Arm) -> Pending:
            mean = indexing.take(belief.moments(own.belief_state).mean, arm)
            imagined = belief.update(own.belief_state, arm, mean)
            full = own.asked + 1 == size
            now = jax.tree.map(lambda new, old: jnp.where(full, new, old), belief_state, imagined)
            return Pending(now, alone.update(now, own.own, arm), (own.asked + 1) % size)

        return Policy(init, select, update)

    return build if size > 1 else policy
