"""The state that synthetic and replayed environments share: what was drawn once, and pulls so far.

The n-th pull of an arm is answered from the key, the arm and n alone. So every policy, belief and
grouping meets the same rewards (common random numbers), and a longer run begins like a shorter one.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Environment, RandomKey, Reward, Utility
from dashjax.engine import indexing


class CountedState(NamedTuple):
    """What an environment keeps during a run."""

    key: RandomKey
    utility: Float[Array, " arm"]
    count: Int[Array, " arm"]


class Pull(NamedTuple):
    """One question put to an environment."""

    key: RandomKey  # of this run and arm, the same at every pull of it
    number: Int[Array, ""]  # pulls of this arm before this one
    arm: Arm
    utility: Utility

    @property
    def own_key(self) -> RandomKey:
        """A key of this pull alone."""
        return jax.random.fold_in(self.key, self.number)


Answer = Callable[[Pull], Reward]


def counted(draw: Callable[[RandomKey], Float[Array, " arm"]], answer: Answer) -> Environment:
    """An environment with true utilities `draw(key)`, once a run, and rewards by `answer`."""

    def init(key: RandomKey) -> CountedState:
        key_utility, key_rewards = jax.random.split(key)
        utility = draw(key_utility)
        return CountedState(key_rewards, utility, jnp.zeros(utility.shape, jnp.int32))

    def pull(state: CountedState, arm: Arm) -> tuple[Reward, CountedState]:
        number = indexing.take(state.count, arm)
        key = jax.random.fold_in(state.key, arm)
        reward = answer(Pull(key, number, arm, indexing.take(state.utility, arm)))
        return reward, state._replace(count=indexing.put(state.count, arm, number + 1))

    return Environment(init, pull, lambda state: state.utility)
