"""The posterior as DaSH publishes it (AAAI 2026, equations (4)-(8)).

Its group posterior treats all rewards of a group as coming from one dataset: exact if only one was
pulled, else too wide, and its mean leans to the most pulled. Its dataset posterior plugs in the
group's mean, which makes it too narrow (docs/mathematics.md, section 2.3). `exact` is the remedy.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Belief, Moments, Reward
from dashjax.bandit.beliefs.two_level import add_pull, place_of, two_level
from dashjax.bandit.gaussian import (
    Evidence,
    Prior,
    arm_means,
    arms_given_group,
    group_posterior,
    no_evidence,
    weights,
)
from dashjax.engine import indexing
from dashjax.pools.grouping import Grouping


class PaperState(NamedTuple):
    """Evidence of every arm, and pulls and reward sum of each group."""

    evidence: Evidence
    count: Float[Array, " group"]
    total: Float[Array, " group"]


def paper(prior: Prior, grouping: Grouping) -> Belief:
    """The published posterior of groups, and of datasets given their group's mean."""

    def init() -> PaperState:
        zeros = jnp.zeros(grouping.groups, prior.group_mean.dtype)
        return PaperState(no_evidence(prior, grouping), zeros, zeros)

    def update(state: PaperState, arm: Arm, reward: Reward) -> PaperState:
        place, group = place_of(grouping, arm)
        return PaperState(
            add_pull(state.evidence, place, reward),
            indexing.add_at(state.count, group, jnp.ones((), state.count.dtype)),
            indexing.add_at(state.total, group, reward),
        )

    def groups(state: PaperState) -> Moments:
        """Equations (4) and (5)."""
        return group_posterior(
            prior, weights(state.count, state.total, prior.arm_var, prior.noise_var)
        )

    def moments(state: PaperState) -> Moments:
        """Equations (7) and (8), at the posterior mean of the group."""
        arms = arms_given_group(prior, state.evidence)
        mean = arm_means(prior, state.evidence, groups(state).mean)
        return Moments(grouping.to_arms(mean), grouping.to_arms(arms.var))

    def covariance(state: PaperState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        var = grouping.to_arms(arms_given_group(prior, state.evidence).var)
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        return jnp.where(same_arm, var[None, :], 0)

    return two_level(
        prior,
        grouping,
        init=init,
        update=update,
        groups=groups,
        moments=moments,
        covariance=covariance,
    )
