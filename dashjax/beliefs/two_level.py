"""Draws from any belief that is a group posterior and, given the groups, independent arms."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax import places
from dashjax.base import (
    Arm,
    Belief,
    Deviates,
    Group,
    Moments,
    RandomKey,
    Reward,
    State,
    Utility,
)
from dashjax.gaussian import Conditional, Evidence, Prior, arms_given_group
from dashjax.pool import Grouping
from dashjax.sampling import normal


def two_level(
    prior: Prior,
    grouping: Grouping,
    *,
    init: Callable[[], State],
    update: Callable[[State, Arm, Reward], State],
    groups: Callable[[State], Moments],
    moments: Callable[[State], Moments],
    covariance: Callable[[State, Int[Array, " some"]], Float[Array, "some arm"]],
) -> Belief:
    """A belief from its own parts and the draws that follow from them.

    `groups` gives the posterior of the groups, `[group]`; the state's first field is the
    `Evidence` of the arms, which are independent given their groups (spec section 2.1).
    """

    def sample_groups(key: RandomKey, state: State) -> Float[Array, " group"]:
        return _draw(key, groups(state))

    def sample_arms(
        key: RandomKey, state: State, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        conditional = _one_group(prior, state.evidence, group)
        mean = conditional.slope * utility + conditional.offset
        draw = _draw(key, Moments(mean[0], conditional.var[0]))
        held = places.row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, draw, -jnp.inf)

    def deviates(key: RandomKey, count: int) -> Deviates:
        key_groups, key_arms = jax.random.split(key)
        dtype = prior.group_mean.dtype
        return (
            normal(key_groups, (grouping.groups, count), dtype),
            normal(key_arms, (*grouping.arm.shape, count), dtype),
        )

    def draw(deviates: Deviates, state: State) -> Float[Array, "arm draw"]:
        of_groups, of_arms = deviates
        group, given = groups(state), arms_given_group(prior, state.evidence)
        utility = group.mean[:, None] + jnp.sqrt(group.var)[:, None] * of_groups
        mean = given.slope[..., None] * utility[:, None] + given.offset[..., None]
        return grouping.to_arms(mean + jnp.sqrt(given.var)[..., None] * of_arms)

    def shrinkage(state: State) -> Float[Array, " arm"]:
        return grouping.to_arms(arms_given_group(prior, state.evidence).slope)

    return Belief(
        grouping=grouping,
        init=init,
        update=update,
        moments=moments,
        group_moments=groups,
        covariance=covariance,
        noise_var=lambda state: prior.noise_var,
        shrinkage=shrinkage,
        deviates=deviates,
        draw=draw,
        sample_groups=sample_groups,
        sample_arms=sample_arms,
    )


def place_of(grouping: Grouping, arm: Arm) -> tuple[Int[Array, ""], Group]:
    """Flat place of an arm in `[group, slot]`, and its group."""
    group = places.read(jnp.asarray(grouping.group, jnp.int32), arm)
    slot = places.read(jnp.asarray(grouping.slot, jnp.int32), arm)
    return group * grouping.arm.shape[1] + slot, group


def add_pull(evidence: Evidence, place: Int[Array, ""], reward: Reward) -> Evidence:
    """The evidence after one more reward at a flat place."""
    return Evidence(
        places.add(evidence.count, place, jnp.ones((), evidence.count.dtype)),
        places.add(evidence.total, place, reward),
    )


def _draw(key: RandomKey, moments: Moments) -> Float[Array, "..."]:
    noise = normal(key, moments.mean.shape, moments.mean.dtype)
    return moments.mean + jnp.sqrt(moments.var) * noise


def _one_group(prior: Prior, evidence: Evidence, group: Group) -> Conditional:
    """Conditional posterior of one group's arms, `[1, slot]`."""
    part = Prior(
        *(places.read(field, group)[None] for field in prior[:3]), noise_var=prior.noise_var
    )
    row = Evidence(*(places.row(field, group)[None] for field in evidence))
    return arms_given_group(part, row)
