"""The flat model: every arm on its own, with the same total spread."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Belief, Moments, RandomKey, Reward
from dashjax.bandit.gaussian import Prior
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping


class FlatState(NamedTuple):
    """What is belief_state of every arm."""

    mean: Float[Array, " arm"]
    sd: Float[Array, " arm"]


def flat(prior: Prior, grouping: Grouping) -> Belief:
    """Independent arms, which teach nothing of each other.

    The prior must be the same for every group; an arm's variance is the sum of both levels'.
    """
    arms = grouping.arms
    prior_mean, noise_var = prior.group_mean[0], prior.noise_var
    prior_var = prior.group_var[0] + prior.arm_var[0]

    def init() -> FlatState:
        sd = jnp.sqrt(prior_var)
        return FlatState(jnp.broadcast_to(prior_mean, arms), jnp.broadcast_to(sd, arms))

    def update(state: FlatState, arm: Arm, reward: Reward) -> FlatState:
        mean, sd = indexing.take(state.mean, arm), indexing.take(state.sd, arm)
        share = noise_var / (sd**2 + noise_var)
        return FlatState(
            indexing.put(state.mean, arm, reward + share * (mean - reward)),
            indexing.put(state.sd, arm, sd * jnp.sqrt(share)),
        )

    def moments(state: FlatState) -> Moments:
        return Moments(state.mean, state.sd**2)

    def covariance(state: FlatState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        same = some[:, None] == jnp.arange(arms, dtype=some.dtype)[None, :]
        return jnp.where(same, state.sd[None, :] ** 2, 0)

    def sample(key: RandomKey, state: FlatState, count: int) -> Float[Array, "arm draw"]:
        deviates = normal(key, (arms, count), prior.group_mean.dtype)
        return state.mean[:, None] + state.sd[:, None] * deviates

    return Belief(init, update, moments, covariance, sample, lambda state: noise_var)
