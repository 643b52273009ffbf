"""The exact posterior of the hierarchy, averaged over all that is not known: nothing is told.

Overall mean, noise and both spreads are learned from the rewards (`unit_free` has the mathematics),
and how much the noise differs by dataset (`noise`). The posterior is the same whatever the unit and
the zero of the rewards. Before there are four rewards and one repeat, spreads are hardly more than
a guess: policies look around first.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
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
from dashjax.bandit.beliefs import noise
from dashjax.bandit.beliefs.two_level import place_of
from dashjax.bandit.beliefs.unit_free import (
    USUAL,
    Level,
    Looks,
    Posterior,
    Ratios,
    arms_given_groups,
    moments_of_arms,
    posterior,
)
from dashjax.bandit.gaussian import Prior
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping, single

_PARTS = 4  # numbers that are worked on at once, of each group at each point of the grid
_PER_POINT = 4  # draws that share a point of the grid, where many are asked for


class LearnedState(NamedTuple):
    """What the rewards amount to, counted from the first one."""

    count: Float[Array, "group slot"]
    mean: Float[Array, "group slot"]
    squares: Float[Array, "group slot"]  # sum of squares around each mean
    centre: Float[Array, ""]  # the first reward
    noise: noise.Noise  # what counts and squares say of it

    def looks(self, factor: Array) -> Looks:
        """The same, with some noise of the datasets."""
        return Looks(self.count, self.mean, self.squares, factor)


def learned(
    prior: Prior,
    grouping: Grouping,
    grid: Ratios = USUAL,
    kinds: noise.Kinds = noise.USUAL,
) -> Belief:
    """Inference that is told nothing.

    Args:
        prior: gives the precision alone; none of its numbers is used.
        grouping: the groups; with one group this is the flat model.
        grid: what the spreads may be, in units of the noise.
        kinds: how much the noise may differ by dataset.
    """
    dtype = jnp.result_type(prior.group_mean)
    group = jnp.asarray(grouping.group, jnp.int32)

    def init() -> LearnedState:
        zeros, zero = jnp.zeros(grouping.arm.shape, dtype), jnp.zeros((), dtype)
        return LearnedState(zeros, zeros, zeros, zero, noise.judged(kinds, zeros, zeros))

    def update(state: LearnedState, arm: Arm, reward: Reward) -> LearnedState:
        centre = jnp.where(jnp.sum(state.count) > 0, state.centre, reward)
        place, _ = place_of(grouping, arm)
        count, mean, squares = (indexing.take(part, place) for part in state[:3])
        off = reward - centre - mean
        counts = indexing.put(state.count, place, count + 1)
        within = indexing.put(state.squares, place, squares + off**2 * count / (count + 1))
        means = indexing.put(state.mean, place, mean + off / (count + 1))
        found = noise.judged(kinds, counts, within)
        return LearnedState(counts, means, within, centre, found)

    def looks_of(state: LearnedState) -> Looks:
        return state.looks(state.noise.factor)

    def noise_var(state: LearnedState) -> Float[Array, ""]:
        found = posterior(grid, looks_of(state))
        return jnp.sum(found.mass * found.noise_var)

    def moments(state: LearnedState) -> Moments:
        looks = looks_of(state)
        mean, var = moments_of_arms(posterior(grid, looks), arms_given_groups(grid, looks))
        return Moments(state.centre + grouping.to_arms(mean), grouping.to_arms(var))

    def group_moments(state: LearnedState) -> Moments:
        found = posterior(grid, looks_of(state))
        mean, points = found.group_mean, (1, 2)
        overall = jnp.sum(mean * found.mass[None], points)
        apart = (mean - overall[:, None, None]) ** 2
        var = apart + found.noise_var[None] * found.group_var
        return Moments(state.centre + overall, jnp.sum(var * found.mass[None], points))

    def covariance(state: LearnedState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        looks = looks_of(state)
        found, arms = posterior(grid, looks), arms_given_groups(grid, looks)

        def by_point(values: Array) -> Float[Array, "unit point"]:
            return values.reshape(len(values), -1)

        def of_arms(values: Array) -> Float[Array, "arm point"]:
            every = jnp.broadcast_to(values, (*grouping.arm.shape, *found.mass.shape))
            return by_point(grouping.to_arms(every))

        mass, slope = found.mass.reshape(-1), of_arms(arms.slope)
        mean = of_arms(arms.slope * found.group_mean[:, None] + arms.offset)
        own = of_arms(arms.var) @ (found.mass * found.noise_var).reshape(-1)
        root = slope * jnp.sqrt(found.mass * found.noise_var).reshape(1, -1)
        by_group = root * by_point(jnp.sqrt(found.groups.var))[group]
        by_top = root * by_point(found.groups.slope * jnp.sqrt(found.top_var)[None])[group]
        off = jnp.sqrt(mass)[None] * (mean - (mean @ mass)[:, None])
        by_all = jnp.concatenate([by_top, off], 1)
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        same_group = group[some][:, None] == group[None, :]
        shared = jnp.where(same_group, by_group[some] @ by_group.T, 0)
        return by_all[some] @ by_all.T + shared + jnp.where(same_arm, own[None, :], 0)

    def weight(state: LearnedState) -> Float[Array, " arm"]:
        looks = looks_of(state)
        mass = jnp.sum(posterior(grid, looks).mass, 0)[None, None]
        slope = arms_given_groups(grid, looks).slope[:, :, 0]
        return grouping.to_arms(jnp.sum(slope * mass, -1))

    def drawn_points(
        key: RandomKey, state: LearnedState, shape: tuple[int, int]
    ) -> tuple[Posterior, Level, Float[Array, "each some"]]:
        """What is known at points drawn by their mass, and draws of the noise there."""
        key_point, key_factor, key_noise = jax.random.split(key, 3)
        mass = posterior(grid, looks_of(state)).mass
        at = _points(mass.reshape(-1), _strata(key_point, shape[1], dtype))
        parts = (jnp.asarray(np.broadcast_to(part, mass.shape).reshape(-1), dtype) for part in grid)
        some = Ratios(*(part[at] for part in parts))
        looks = state.looks(noise.drawn(key_factor, kinds, state.noise, shape[1]))
        found = posterior(some, looks)
        return found, arms_given_groups(some, looks), _noise_sd(key_noise, found, shape)

    def drawn_groups(
        key: RandomKey, found: Posterior, sd: Float[Array, "each some"]
    ) -> Float[Array, "group each some"]:
        """Draws of the groups, from the centre."""
        key_top, key_groups = jax.random.split(key)
        top = _top(found, sd * normal(key_top, sd.shape, dtype))
        spread = sd[None] * normal(key_groups, (grouping.groups, *sd.shape), dtype)
        return _drawn(found.groups, top[None], spread)

    def sample(key: RandomKey, state: LearnedState, count: int) -> Float[Array, "arm draw"]:
        key_points, key_groups, key_arms = jax.random.split(key, 3)
        each = _PER_POINT if count % _PER_POINT == 0 else 1
        shape = each, count // each
        found, level, sd = drawn_points(key_points, state, shape)
        groups = drawn_groups(key_groups, found, sd)
        spread = sd[None, None] * normal(key_arms, (*grouping.arm.shape, *shape), dtype)
        arms = _drawn(level, groups[:, None], spread)
        return state.centre + grouping.to_arms(arms).reshape(grouping.arms, count)

    def sample_groups(key: RandomKey, state: LearnedState) -> Float[Array, " group"]:
        key_points, key_groups, _ = jax.random.split(key, 3)
        found, _, sd = drawn_points(key_points, state, (1, 1))
        return state.centre + drawn_groups(key_groups, found, sd)[:, 0, 0]

    def sample_arms(
        key: RandomKey, state: LearnedState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        """At the point of the grid, and with the noise, of the same key's draw of the groups."""
        key_points, _, key_arms = jax.random.split(key, 3)
        _, level, sd = drawn_points(key_points, state, (1, 1))
        level = Level(*(part[group] for part in level))
        spread = sd[0, 0] * normal(key_arms, (grouping.arm.shape[1], 1, 1), dtype)
        above = (utility - state.centre).reshape(1, 1, 1)
        drawn = state.centre + _drawn(level, above, spread)[:, 0, 0]
        held = indexing.take_row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, drawn, -jnp.inf)

    view = GroupView(grouping.arm, group_moments, sample_groups, sample_arms, weight)
    numbers = _PARTS * grouping.groups * np.broadcast(*grid).size
    return Belief(init, update, moments, covariance, sample, noise_var, view, numbers)


def learned_flat(prior: Prior, grouping: Grouping) -> Belief:
    """`learned` on one group: independent datasets whose spread is learned."""
    return learned(prior, single(grouping.arms))


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
