"""The exact posterior of the hierarchical model (docs/mathematics.md, section 2.1), with O(1)
updates (2.2).

An arm's marginal: mean b M + offset, variance lam^2 + b^2 V, with M, V its group's posterior;
arms of one group covary by b_ij b_ik V.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Belief, Moments, Reward
from dashjax.bandit.beliefs.two_level import add_pull, place_of, two_level
from dashjax.bandit.gaussian import (
    Evidence,
    Prior,
    Weights,
    arm_means,
    arms_given_group,
    group_posterior,
    no_evidence,
    weights,
)
from dashjax.engine import indexing
from dashjax.pools.grouping import Grouping


class ExactState(NamedTuple):
    """Evidence of every arm, and its sums w and u over each group."""

    evidence: Evidence
    sums: Weights  # [group]


def exact(prior: Prior, grouping: Grouping) -> Belief:
    """The posterior that Bayes' rule gives for groups and arms together."""

    def init() -> ExactState:
        zeros = jnp.zeros(grouping.groups, prior.group_mean.dtype)
        return ExactState(no_evidence(prior, grouping), Weights(zeros, zeros))

    def update(state: ExactState, arm: Arm, reward: Reward) -> ExactState:
        place, group = place_of(grouping, arm)
        count = indexing.take(state.evidence.count, place)
        total = indexing.take(state.evidence.total, place)
        arm_var = indexing.take(prior.arm_var, group)
        before = weights(count, total, arm_var, prior.noise_var)
        after = weights(count + 1, total + reward, arm_var, prior.noise_var)
        sums = Weights(
            indexing.add_at(state.sums.precision, group, after.precision - before.precision),
            indexing.add_at(state.sums.value, group, after.value - before.value),
        )
        return ExactState(add_pull(state.evidence, place, reward), sums)

    def groups(state: ExactState) -> Moments:
        return group_posterior(prior, state.sums)

    def moments(state: ExactState) -> Moments:
        group = groups(state)
        arms = arms_given_group(prior, state.evidence)
        mean = arm_means(prior, state.evidence, group.mean)
        var = arms.var + arms.slope**2 * group.var[:, None]
        return Moments(grouping.to_arms(mean), grouping.to_arms(var))

    def covariance(state: ExactState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        arms = arms_given_group(prior, state.evidence)
        slope, own = grouping.to_arms(arms.slope), grouping.to_arms(arms.var)
        group = jnp.asarray(grouping.group, jnp.int32)
        shared = slope[some][:, None] * slope[None, :] * groups(state).var[group][None, :]
        same_group = group[some][:, None] == group[None, :]
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        return jnp.where(same_group, shared, 0) + jnp.where(same_arm, own[None, :], 0)

    return two_level(
        prior,
        grouping,
        init=init,
        update=update,
        groups=groups,
        moments=moments,
        covariance=covariance,
    )
