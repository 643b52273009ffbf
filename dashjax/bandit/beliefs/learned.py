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
from dashjax.bandit.beliefs.unit_free import (
    USUAL,
    Level,
    Posterior,
    Ratios,
    Statistics,
    Sums,
    arms_given_groups,
    of_arms,
    posterior,
)
from dashjax.bandit.gaussian import Prior
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping, single

_PER_POINT = 4  # draws that share a point of the grid, where many are asked for


class LearnedState(NamedTuple):
    """What the rewards amount to, counted from the first one."""

    count: Float[Array, "group slot"]
    mean: Float[Array, "group slot"]
    squares: Float[Array, ""]
    centre: Float[Array, ""]  # the first reward
    groups: Sums  # of their arms, [group, point]: kept, so that a step looks at one arm alone


def learned(prior: Prior, grouping: Grouping, grid: Ratios = USUAL) -> Belief:
    """Inference that is told nothing.

    Args:
        prior: gives the precision alone; none of its numbers is used.
        grouping: the groups; with one group this is the flat model.
        grid: what the spreads may be, in units of the noise.
    """
    dtype = jnp.result_type(prior.group_mean)
    group = jnp.asarray(grouping.group, jnp.int32)

    def init() -> LearnedState:
        zeros, zero = jnp.zeros(grouping.arm.shape, dtype), jnp.zeros((), dtype)
        nothing = jnp.zeros((grouping.groups, len(grid.group)), dtype)
        return LearnedState(zeros, zeros, zero, zero, Sums(*(nothing,) * 4))

    def update(state: LearnedState, arm: Arm, reward: Reward) -> LearnedState:
        centre = jnp.where(jnp.sum(state.count) > 0, state.centre, reward)
        place, of_group = place_of(grouping, arm)
        count, mean = (indexing.take(part, place) for part in (state.count, state.mean))
        off = reward - centre - mean
        mean_now = mean + off / (count + 1)
        before, now = of_arms(grid, count, mean), of_arms(grid, count + 1, mean_now)
        return LearnedState(
            indexing.put(state.count, place, count + 1),
            indexing.put(state.mean, place, mean_now),
            state.squares + off**2 * count / (count + 1),
            centre,
            Sums(
                *(
                    indexing.add_to_row(part, of_group, new - old)
                    for part, old, new in zip(state.groups, before, now, strict=True)
                )
            ),
        )

    def known(state: LearnedState) -> Posterior:
        return posterior(grid, Statistics(state.count, state.mean, state.squares, state.groups))

    def known_at(state: LearnedState, at: Int[Array, " some"]) -> tuple[Posterior, Level]:
        """What is known at some points, of all and of arms given their groups.

        Computed anew there, which is quicker than to fetch it from the whole grid.
        """
        some = Ratios(*(jnp.asarray(part, dtype)[at] for part in grid))
        sums = Sums(*(jnp.sum(part, 1) for part in of_arms(some, state.count, state.mean)))
        seen = Statistics(state.count, state.mean, state.squares, sums)
        return posterior(some, seen), arms_given_groups(some, state.count, state.mean)

    def noise_var(state: LearnedState) -> Float[Array, ""]:
        found = known(state)
        return jnp.sum(found.mass * found.noise_var)

    def arms_of(state: LearnedState) -> Level:
        return arms_given_groups(grid, state.count, state.mean)

    def moments(state: LearnedState) -> Moments:
        found, arms = known(state), arms_of(state)
        mean = arms.slope * found.group_mean[:, None] + arms.offset
        var = arms.var + arms.slope**2 * found.group_var[:, None]
        var = found.noise_var[None, None] * var
        return _mixed(found.mass, state.centre, grouping.to_arms(mean), grouping.to_arms(var))

    def group_moments(state: LearnedState) -> Moments:
        found = known(state)
        var = found.noise_var[None] * found.group_var
        return _mixed(found.mass, state.centre, found.group_mean, var)

    def covariance(state: LearnedState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        found, arms = known(state), arms_of(state)
        mean = grouping.to_arms(arms.slope * found.group_mean[:, None] + arms.offset)
        slope = grouping.to_arms(arms.slope)
        own = grouping.to_arms(arms.var) @ (found.mass * found.noise_var)
        root = jnp.sqrt(found.mass * found.noise_var)[None]
        by_group = root * slope * jnp.sqrt(found.groups.var)[group]
        by_top = root * slope * (found.groups.slope * jnp.sqrt(found.top_var)[None])[group]
        off = jnp.sqrt(found.mass)[None] * (mean - (mean @ found.mass)[:, None])
        by_all = jnp.concatenate([by_top, off], 1)
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        same_group = group[some][:, None] == group[None, :]
        shared = jnp.where(same_group, by_group[some] @ by_group.T, 0)
        return by_all[some] @ by_all.T + shared + jnp.where(same_arm, own[None, :], 0)

    def weight(state: LearnedState) -> Float[Array, " arm"]:
        return grouping.to_arms(arms_of(state).slope @ known(state).mass)

    def drawn_points(
        key_point: RandomKey, key_noise: RandomKey, state: LearnedState, shape: tuple[int, int]
    ) -> tuple[Posterior, Level, Float[Array, "each some"]]:
        """Points of the grid drawn by their mass: what is known there, and draws of the noise."""
        at = _points(known(state).mass, _strata(key_point, shape[1], dtype))
        found, level = known_at(state, at)
        return found, level, _noise_sd(key_noise, found, shape)

    def drawn_groups(
        key_top: RandomKey, key_groups: RandomKey, found: Posterior, sd: Float[Array, "each some"]
    ) -> Float[Array, "group each some"]:
        """Draws of the groups, from the centre."""
        top = _top(found, sd * normal(key_top, sd.shape, dtype))
        noise = sd[None] * normal(key_groups, (grouping.groups, *sd.shape), dtype)
        return _drawn(found.groups, top[None], noise)

    def sample(key: RandomKey, state: LearnedState, count: int) -> Float[Array, "arm draw"]:
        key_point, key_noise, key_top, key_groups, key_arms = jax.random.split(key, 5)
        each = _PER_POINT if count % _PER_POINT == 0 else 1
        shape = each, count // each
        found, level, sd = drawn_points(key_point, key_noise, state, shape)
        groups = drawn_groups(key_top, key_groups, found, sd)
        noise = sd[None, None] * normal(key_arms, (*grouping.arm.shape, *shape), dtype)
        arms = _drawn(level, groups[:, None], noise)
        return state.centre + grouping.to_arms(arms).reshape(grouping.arms, count)

    def sample_groups(key: RandomKey, state: LearnedState) -> Float[Array, " group"]:
        key_point, key_noise, key_top, key_groups, _ = jax.random.split(key, 5)
        found, _, sd = drawn_points(key_point, key_noise, state, (1, 1))
        return state.centre + drawn_groups(key_top, key_groups, found, sd)[:, 0, 0]

    def sample_arms(
        key: RandomKey, state: LearnedState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        """At the point of the grid, and with the noise, of the same key's draw of the groups."""
        key_point, key_noise, _, _, key_arms = jax.random.split(key, 5)
        _, level, sd = drawn_points(key_point, key_noise, state, (1, 1))
        level = Level(*(part[group] for part in level))
        noise = sd[0, 0] * normal(key_arms, (grouping.arm.shape[1], 1, 1), dtype)
        above = (utility - state.centre).reshape(1, 1, 1)
        drawn = state.centre + _drawn(level, above, noise)[:, 0, 0]
        held = indexing.take_row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, drawn, -jnp.inf)

    view = GroupView(grouping.arm, group_moments, sample_groups, sample_arms, weight)
    return Belief(init, update, moments, covariance, sample, noise_var, view)


def learned_flat(prior: Prior, grouping: Grouping) -> Belief:
    """`learned` on one group: independent datasets whose spread is learned."""
    return learned(prior, single(grouping.arms))


def _mixed(mass: Array, centre: Array, mean: Array, var: Array) -> Moments:
    """Mean and variance of a mixture, `[unit, point]`; the means count from `centre`."""
    overall = jnp.sum(mean * mass[None], -1)
    apart = (mean - overall[:, None]) ** 2
    return Moments(centre + overall, jnp.sum((var + apart) * mass[None], -1))


def _strata(key: RandomKey, count: int, dtype: jnp.dtype) -> Float[Array, " point"]:
    """Numbers evenly spaced in [0, 1), of which the first is drawn by chance."""
    return (jnp.arange(count, dtype=dtype) + jax.random.uniform(key, (), dtype)) / count


def _points(mass: Float[Array, " point"], uniform: Float[Array, " some"]) -> Int[Array, " some"]:
    """The points whose shares of [0, 1) hold the uniform numbers."""
    ends = jnp.cumsum(mass)
    below = ends[:, None] <= uniform[None, :] * ends[-1]
    return jnp.minimum(jnp.sum(below, 0, dtype=jnp.int32), len(mass) - 1)


def _top(found: Posterior, noise: Float[Array, "each some"]) -> Array:
    """Draws of the overall mean, from the centre, from normals of the noise's spread."""
    return found.top_mean[None] + jnp.sqrt(found.top_var)[None] * noise


def _noise_sd(
    key: RandomKey, found: Posterior, shape: tuple[int, int]
) -> Float[Array, "each some"]:
    """Draws of the noise's standard deviation at each point of the grid.

    A chi-square with f degrees of freedom as f (1 - 2/(9f) + z sqrt(2/(9f)))^3 (Wilson and
    Hilferty, 1931), whose error is far below that of the draws' number.
    """
    freedom = jnp.maximum(found.freedom, 1)
    part = 2 / (9 * freedom)
    root = 1 - part + normal(key, shape, found.mass.dtype) * jnp.sqrt(part)
    chi = freedom * jnp.maximum(root, 0.05) ** 3
    return jnp.sqrt(found.residual[None] / chi)


def _drawn(level: Level, above: Array, noise: Array) -> Array:
    """Draws of a level from draws of the one above, `[..., each, point]`."""
    slope, offset, var = (part[..., None, :] for part in level)
    return slope * above + offset + jnp.sqrt(var) * noise
