"""Several pulls asked at once, before the reward of any is known."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from dashjax import places
from dashjax.base import Aim, Arm, Belief, Policy, RandomKey, State


class Pending(NamedTuple):
    """What is imagined while rewards are out."""

    thought: State  # the belief, told each asked arm's own mean in place of its reward
    own: State  # the policy's
    asked: Int[Array, ""]  # pulls of this batch so far


def in_batches(
    policy: Callable[[Belief, Aim], Policy], size: int
) -> Callable[[Belief, Aim], Policy]:
    """A policy that sees rewards only after every `size` pulls.

    Within a batch the belief is told each arm's own mean: that leaves the means (up to what
    `averaged` concludes of the spreads) and shrinks covariances as the reward will (spec section
    3, 11). With `size` 1 it is the policy itself.
    """

    def build(belief: Belief, aim: Aim) -> Policy:
        alone = policy(belief, aim)

        def init() -> Pending:
            return Pending(belief.init(), alone.init(), jnp.zeros((), jnp.int32))

        def select(key: RandomKey, thought: State, own: Pending) -> Arm:
            return alone.select(key, own.thought, own.own)

        def update(thought: State, own: Pending, arm: Arm) -> Pending:
            mean = places.read(belief.moments(own.thought).mean, arm)
            imagined = belief.update(own.thought, arm, mean)
            full = own.asked + 1 == size
            now = jax.tree.map(lambda new, old: jnp.where(full, new, old), thought, imagined)
            return Pending(now, alone.update(now, own.own, arm), (own.asked + 1) % size)

        return Policy(init, select, update)

    return build if size > 1 else policy
