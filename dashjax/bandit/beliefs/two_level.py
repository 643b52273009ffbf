"""Draws from any belief that is a group posterior and, given the groups, independent arms."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import (
    Arm,
    Belief,
    Group,
    GroupView,
    Moments,
    RandomKey,
    Reward,
    State,
    Utility,
)
from dashjax.bandit.gaussian import Conditional, Evidence, Prior, arms_given_group
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping


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
    `Evidence` of the arms, which are independent given their groups (docs/mathematics.md,
    section 2.1).
    """
    width = grouping.arm.shape[1]

    def numbers(key: RandomKey, shape: tuple[int, ...]) -> Array:
        return normal(key, shape, prior.group_mean.dtype)

    def one_draw(key: RandomKey) -> Array:
        """Of the groups, then of one group's arms."""
        return numbers(key, (grouping.groups + width,))

    def sample_groups(key: RandomKey, state: State) -> Float[Array, " group"]:
        group = groups(state)
        return group.mean + jnp.sqrt(group.var) * one_draw(key)[: grouping.groups]

    def sample_arms(
        key: RandomKey, state: State, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        given = _one_group(prior, state.evidence, group)
        noise = one_draw(key)[grouping.groups :]
        draw = given.slope[0] * utility + given.offset[0] + jnp.sqrt(given.var[0]) * noise
        held = indexing.take_row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, draw, -jnp.inf)

    def sample(key: RandomKey, state: State, count: int) -> Float[Array, "arm draw"]:
        drawn = numbers(key, (grouping.groups * (1 + width), count))
        of_arms = drawn[grouping.groups :].reshape(grouping.groups, width, count)
        group, given = groups(state), arms_given_group(prior, state.evidence)
        utility = group.mean[:, None] + jnp.sqrt(group.var)[:, None] * drawn[: grouping.groups]
        mean = given.slope[..., None] * utility[:, None] + given.offset[..., None]
        return grouping.to_arms(mean + jnp.sqrt(given.var)[..., None] * of_arms)

    def weight(state: State) -> Float[Array, " arm"]:
        return grouping.to_arms(arms_given_group(prior, state.evidence).slope)

    return Belief(
        init,
        update,
        moments,
        covariance,
        sample,
        noise_var=lambda state: prior.noise_var,
        groups=GroupView(grouping.arm, groups, sample_groups, sample_arms, weight),
    )


def place_of(grouping: Grouping, arm: Arm) -> tuple[Int[Array, ""], Group]:
    """Flat place of an arm in `[group, slot]`, and its group."""
    width = grouping.arm.shape[1]
    if grouping.in_order:
        return arm, jax.lax.div(arm, jnp.asarray(width, arm.dtype))
    group = indexing.take(jnp.asarray(grouping.group, jnp.int32), arm)
    slot = indexing.take(jnp.asarray(grouping.slot, jnp.int32), arm)
    return group * width + slot, group


def add_pull(evidence: Evidence, place: Int[Array, ""], reward: Reward) -> Evidence:
    """The evidence after one more reward at a flat place."""
    count, total = (indexing.take(field, place) for field in evidence)
    return Evidence(
        indexing.put(evidence.count, place, count + 1),
        indexing.put(evidence.total, place, total + reward),
    )


def _one_group(prior: Prior, evidence: Evidence, group: Group) -> Conditional:
    """Conditional posterior of one group's arms, `[1, slot]`."""
    part = Prior(
        *(indexing.take(field, group)[None] for field in prior[:3]), noise_var=prior.noise_var
    )
    row = Evidence(*(indexing.take_row(field, group)[None] for field in evidence))
    return arms_given_group(part, row)
