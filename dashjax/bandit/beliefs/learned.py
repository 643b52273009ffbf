"""The exact posterior of the hierarchy, averaged over all that is not known: nothing is told.

Overall mean, noise and both spreads are learned from the rewards (`unit_free` has the mathematics).
The posterior is the same whatever the unit and the zero of the rewards. Before there are four
rewards and one repeat, spreads are hardly more than a guess: policies look around first.
"""

from typing import NamedTuple

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
    Utility,
)
from dashjax.bandit.beliefs.two_level import place_of
from dashjax.bandit.beliefs.unit_free import Posterior, Statistics, posterior, ratios
from dashjax.bandit.gaussian import Prior
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping, single

_PER_POINT = 8  # draws that share a point of the grid, where many are asked for


class LearnedState(NamedTuple):
    """What the rewards amount to, counted from the first one."""

    count: Float[Array, "group slot"]
    mean: Float[Array, "group slot"]
    squares: Float[Array, ""]
    centre: Float[Array, ""]  # the first reward


def learned(prior: Prior, grouping: Grouping) -> Belief:
    """Inference that is told nothing.

    Args:
        prior: gives the precision alone; none of its numbers is used.
        grouping: the groups; with one group this is the flat model.
    """
    grid, dtype = ratios(), jnp.result_type(prior.group_mean)
    group = jnp.asarray(grouping.group, jnp.int32)

    def init() -> LearnedState:
        zeros, zero = jnp.zeros(grouping.arm.shape, dtype), jnp.zeros((), dtype)
        return LearnedState(zeros, zeros, zero, zero)

    def update(state: LearnedState, arm: Arm, reward: Reward) -> LearnedState:
        centre = jnp.where(jnp.sum(state.count) > 0, state.centre, reward)
        place, _ = place_of(grouping, arm)
        count, mean = (indexing.take(part, place) for part in (state.count, state.mean))
        off = reward - centre - mean
        return LearnedState(
            indexing.put(state.count, place, count + 1),
            indexing.put(state.mean, place, mean + off / (count + 1)),
            state.squares + off**2 * count / (count + 1),
            centre,
        )

    def known(state: LearnedState) -> Posterior:
        return posterior(grid, Statistics(state.count, state.mean, state.squares))

    def noise_var(state: LearnedState) -> Float[Array, ""]:
        found = known(state)
        return found.mass @ found.noise_var

    def moments(state: LearnedState) -> Moments:
        found = known(state)
        mean = found.arm_slope * found.group_mean[:, None] + found.arm_offset
        of_group = found.group_var + found.group_slope**2 * found.top_var[None]
        var = found.arm_var + found.arm_slope**2 * of_group[:, None]
        var = found.noise_var[None, None] * var
        return _mixed(found.mass, state.centre, grouping.to_arms(mean), grouping.to_arms(var))

    def group_moments(state: LearnedState) -> Moments:
        found = known(state)
        var = found.group_var + found.group_slope**2 * found.top_var[None]
        var = found.noise_var[None] * var
        return _mixed(found.mass, state.centre, found.group_mean, var)

    def covariance(state: LearnedState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        found = known(state)
        mean = found.arm_slope * found.group_mean[:, None] + found.arm_offset
        mean, slope = grouping.to_arms(mean), grouping.to_arms(found.arm_slope)
        own = grouping.to_arms(found.arm_var) @ (found.mass * found.noise_var)
        root = jnp.sqrt(found.mass * found.noise_var)[None]
        by_group = root * slope * jnp.sqrt(found.group_var)[group]
        by_top = root * slope * (found.group_slope * jnp.sqrt(found.top_var)[None])[group]
        off = jnp.sqrt(found.mass)[None] * (mean - (mean @ found.mass)[:, None])
        by_all = jnp.concatenate([by_top, off], 1)
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        same_group = group[some][:, None] == group[None, :]
        shared = jnp.where(same_group, by_group[some] @ by_group.T, 0)
        return by_all[some] @ by_all.T + shared + jnp.where(same_arm, own[None, :], 0)

    def weight(state: LearnedState) -> Float[Array, " arm"]:
        found = known(state)
        return grouping.to_arms(found.arm_slope @ found.mass)

    def sample(key: RandomKey, state: LearnedState, count: int) -> Float[Array, "arm draw"]:
        key_point, key_noise, key_top, key_groups, key_arms = jax.random.split(key, 5)
        each = _PER_POINT if count % _PER_POINT == 0 else 1
        shape = each, count // each
        found = known(state)
        at = _points(found.mass, _strata(key_point, shape[1], dtype))
        sd = _noise_sd(key_noise, found, at, shape)
        top = _top(found, at, sd * normal(key_top, shape, dtype))
        noise = sd[None] * normal(key_groups, (grouping.groups, *shape), dtype)
        groups = _level(
            found.group_slope, found.group_offset, found.group_var, at, top[None], noise
        )
        noise = sd[None, None] * normal(key_arms, (*grouping.arm.shape, *shape), dtype)
        arms = _level(found.arm_slope, found.arm_offset, found.arm_var, at, groups[:, None], noise)
        return state.centre + grouping.to_arms(arms).reshape(grouping.arms, count)

    def sample_groups(key: RandomKey, state: LearnedState) -> Float[Array, " group"]:
        key_point, key_noise, key_top, key_groups, _ = jax.random.split(key, 5)
        found = known(state)
        at = _points(found.mass, _strata(key_point, 1, dtype))
        sd = _noise_sd(key_noise, found, at, (1, 1))
        top = _top(found, at, sd * normal(key_top, (1, 1), dtype))
        noise = sd[None] * normal(key_groups, (grouping.groups, 1, 1), dtype)
        drawn = _level(found.group_slope, found.group_offset, found.group_var, at, top[None], noise)
        return state.centre + drawn[:, 0, 0]

    def sample_arms(
        key: RandomKey, state: LearnedState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        """At the point of the grid, and with the noise, of the same key's draw of the groups."""
        key_point, key_noise, _, _, key_arms = jax.random.split(key, 5)
        found = known(state)
        at = _points(found.mass, _strata(key_point, 1, dtype))
        sd = _noise_sd(key_noise, found, at, (1, 1))[0, 0]
        slope, offset, var = (
            part[group, :, at[0]] for part in (found.arm_slope, found.arm_offset, found.arm_var)
        )
        noise = sd * jnp.sqrt(var) * normal(key_arms, (grouping.arm.shape[1],), dtype)
        drawn = state.centre + slope * (utility - state.centre) + offset + noise
        held = indexing.take_row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, drawn, -jnp.inf)

    view = GroupView(grouping.arm, group_moments, sample_groups, sample_arms, weight)
    return Belief(init, update, moments, covariance, sample, noise_var, view)


def learned_flat(prior: Prior, grouping: Grouping) -> Belief:
    """`learned` on one group: independent datasets whose spread is learned."""
    return learned(prior, single(grouping.arms))


def _mixed(mass: Array, centre: Array, mean: Array, var: Array) -> Moments:
    """Mean and variance of a mixture, `[unit, point]`; the means count from `centre`."""
    overall = mean @ mass
    return Moments(centre + overall, (var + (mean - overall[:, None]) ** 2) @ mass)


def _strata(key: RandomKey, count: int, dtype: jnp.dtype) -> Float[Array, " point"]:
    """Uniform numbers, one in each of as many equal parts of [0, 1)."""
    return (jnp.arange(count, dtype=dtype) + jax.random.uniform(key, (count,), dtype)) / count


def _points(mass: Float[Array, " point"], uniform: Float[Array, " some"]) -> Int[Array, " some"]:
    """The points whose shares of [0, 1) hold the uniform numbers."""
    ends = jnp.cumsum(mass)
    below = ends[:, None] <= uniform[None, :] * ends[-1]
    return jnp.minimum(jnp.sum(below, 0, dtype=jnp.int32), len(mass) - 1)


def _top(found: Posterior, at: Int[Array, " some"], noise: Float[Array, "each some"]) -> Array:
    """Draws of the overall mean, from the centre, from normals of the noise's spread."""
    return found.top_mean[at][None] + jnp.sqrt(found.top_var[at])[None] * noise


def _noise_sd(
    key: RandomKey, found: Posterior, at: Int[Array, " some"], shape: tuple[int, int]
) -> Float[Array, "each some"]:
    """Draws of the noise's standard deviation given points of the grid.

    A chi-square with f degrees of freedom as f (1 - 2/(9f) + z sqrt(2/(9f)))^3 (Wilson and
    Hilferty, 1931), whose error is far below that of the draws' number.
    """
    freedom = jnp.maximum(found.freedom, 1)
    part = 2 / (9 * freedom)
    root = 1 - part + normal(key, shape, found.mass.dtype) * jnp.sqrt(part)
    chi = freedom * jnp.maximum(root, 0.05) ** 3
    return jnp.sqrt(found.residual[at][None] / chi)


def _level(slope: Array, offset: Array, var: Array, at: Array, above: Array, noise: Array) -> Array:
    """Draws of a level from draws of the one above, `[..., each, point]`."""
    slope, offset, var = (part[..., None, at] for part in (slope, offset, var))
    return slope * above + offset + jnp.sqrt(var) * noise
