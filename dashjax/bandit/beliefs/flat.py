"""The flat model: every arm on its own, with the same total spread."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Belief, Deviates, Group, Moments, RandomKey, Reward, Utility
from dashjax.bandit.gaussian import Prior
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping, single


class FlatState(NamedTuple):
    """What is belief_state of every arm."""

    mean: Float[Array, " arm"]
    sd: Float[Array, " arm"]


def flat(prior: Prior, grouping: Grouping) -> Belief:
    """Independent arms: one group whose utility is known, so that arms teach nothing of others.

    The prior must be the same for every group; an arm's variance is the sum of both levels'.
    """
    alone, arms = single(grouping.arms), grouping.arms
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

    def group_moments(state: FlatState) -> Moments:
        return Moments(prior_mean[None], jnp.zeros_like(prior_mean)[None])

    def covariance(state: FlatState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        same = some[:, None] == jnp.arange(arms, dtype=some.dtype)[None, :]
        return jnp.where(same, state.sd[None, :] ** 2, 0)

    def deviates(key: RandomKey, count: int) -> Deviates:
        return normal(key, (arms, count), prior.group_mean.dtype)

    def draw(deviates: Deviates, state: FlatState) -> Float[Array, "arm draw"]:
        return state.mean[:, None] + state.sd[:, None] * deviates

    def sample_groups(deviates: Deviates, state: FlatState) -> Float[Array, " group"]:
        return prior_mean[None]

    def sample_arms(
        deviates: Deviates, state: FlatState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        return draw(deviates, state)[:, 0]

    return Belief(
        grouping=alone,
        init=init,
        update=update,
        moments=moments,
        group_moments=group_moments,
        covariance=covariance,
        noise_var=lambda state: noise_var,
        shrinkage=lambda state: state.sd**2 / prior_var,
        deviates=deviates,
        draw=draw,
        deviates_by_group=lambda key: deviates(key, 1),
        sample_groups=sample_groups,
        sample_arms=sample_arms,
    )
