"""The flat model: every arm on its own, with the same total spread."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax import places
from dashjax.base import Arm, Belief, Deviates, Group, Moments, RandomKey, Reward, Utility
from dashjax.gaussian import Prior
from dashjax.pool import Grouping, single
from dashjax.sampling import normal


def flat(prior: Prior, grouping: Grouping) -> Belief:
    """Independent arms: one group whose utility is known, so that arms teach nothing of others.

    The prior must be the same for every group; an arm's variance is the sum of both levels'.
    """
    alone, arms = single(grouping.arms), grouping.arms
    prior_mean, noise_var = prior.group_mean[0], prior.noise_var
    prior_var = prior.group_var[0] + prior.arm_var[0]

    def init() -> Moments:
        return Moments(jnp.broadcast_to(prior_mean, arms), jnp.broadcast_to(prior_var, arms))

    def update(state: Moments, arm: Arm, reward: Reward) -> Moments:
        mean, var = places.read(state.mean, arm), places.read(state.var, arm)
        share = noise_var / (var + noise_var)
        return Moments(
            places.write(state.mean, arm, reward + share * (mean - reward)),
            places.write(state.var, arm, share * var),
        )

    def group_moments(state: Moments) -> Moments:
        return Moments(prior_mean[None], jnp.zeros_like(prior_mean)[None])

    def covariance(state: Moments, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        same = some[:, None] == jnp.arange(arms, dtype=some.dtype)[None, :]
        return jnp.where(same, state.var[None, :], 0)

    def deviates(key: RandomKey, count: int) -> Deviates:
        return normal(key, (arms, count), prior.group_mean.dtype)

    def draw(deviates: Deviates, state: Moments) -> Float[Array, "arm draw"]:
        return state.mean[:, None] + jnp.sqrt(state.var)[:, None] * deviates

    def sample_groups(deviates: Deviates, state: Moments) -> Float[Array, " group"]:
        return prior_mean[None]

    def sample_arms(
        deviates: Deviates, state: Moments, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        return draw(deviates, state)[:, 0]

    return Belief(
        grouping=alone,
        init=init,
        update=update,
        moments=lambda state: state,
        group_moments=group_moments,
        covariance=covariance,
        noise_var=lambda state: noise_var,
        shrinkage=lambda state: state.var / prior_var,
        deviates=deviates,
        draw=draw,
        deviates_by_group=lambda key: deviates(key, 1),
        sample_groups=sample_groups,
        sample_arms=sample_arms,
    )
