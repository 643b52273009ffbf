"""The exact posterior averaged over what the spreads may be: they are learned, not given.

A mixture over the grid of `hyperprior`; moments and covariances are the mixture's, and draws come
from the mixture itself: first a point of the grid, then utilities (ours: docs/mathematics.md,
section 4). With useless groups the weight moves to a small sigma_0, and the model becomes the flat
one.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Arm, Belief, Group, GroupView, Moments, RandomKey, Reward, Utility
from dashjax.bandit.beliefs.hyperprior import Hyperprior, Level, Posterior, hyperprior, posterior
from dashjax.bandit.beliefs.two_level import add_pull, place_of
from dashjax.bandit.gaussian import Evidence, Prior, no_evidence
from dashjax.engine import indexing
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping

_PER_POINT = 8  # draws that share a point of the grid, where many are asked for
_NOISE_WORTH = 4.0  # rewards' worth of trust in the noise that the prior gives


class AveragedState(NamedTuple):
    """Evidence, with rewards counted from the prior's mean; and what tells of the noise."""

    evidence: Evidence
    squares: Float[Array, ""]  # within arms: sum of squared deviations from the arm's mean


class Draws(NamedTuple):
    """Random numbers of some draws: a few at each of some points of the grid."""

    point: Float[Array, " point"]  # uniform, one in each of as many strata
    top: Float[Array, "each point"]  # standard normal, like the rest
    groups: Float[Array, "group each point"]
    arms: Float[Array, "group slot each point"]


class Arms(NamedTuple):
    """The mixture's parts, arm by arm: three independent ways in which a utility is uncertain."""

    mass: Float[Array, " point"]
    mean: Float[Array, "arm point"]
    own_sd: Float[Array, "arm point"]
    group_sd: Float[Array, "arm point"]  # shared by the arms of a group
    top_sd: Float[Array, "arm point"]  # shared by all


def averaged(
    prior: Prior,
    grouping: Grouping,
    *,
    hyper: Hyperprior | None = None,
    learn_noise: bool = False,
) -> Belief:
    """Inference that learns the overall mean and both spreads.

    Args:
        prior: its first group's mean is where the overall mean is looked for, its `noise_var` the
            noise; its spreads are not used.
        grouping: the groups; with one group this is the flat model with a learned spread.
        hyper: what the spreads may be; in units of accuracy if not given.
        learn_noise: estimate the noise from the rewards within datasets, pooled, with the prior's
            worth four of them; else the prior's holds.
    """
    hyper = hyper or hyperprior()
    centre = prior.group_mean[0]
    group = jnp.asarray(grouping.group, jnp.int32)

    def init() -> AveragedState:
        return AveragedState(no_evidence(prior, grouping), jnp.zeros_like(centre))

    def update(state: AveragedState, arm: Arm, reward: Reward) -> AveragedState:
        place, _ = place_of(grouping, arm)
        count = indexing.take(state.evidence.count, place)
        total = indexing.take(state.evidence.total, place)
        off = reward - centre - total / jnp.maximum(count, 1)
        squares = state.squares + off**2 * count / (count + 1)
        return AveragedState(add_pull(state.evidence, place, reward - centre), squares)

    def noise_var(state: AveragedState) -> Float[Array, ""]:
        if not learn_noise:
            return prior.noise_var
        again = jnp.sum(jnp.maximum(state.evidence.count - 1, 0))
        return (_NOISE_WORTH * prior.noise_var + state.squares) / (_NOISE_WORTH + again)

    def known(state: AveragedState) -> Posterior:
        return posterior(hyper, state.evidence, noise_var(state))

    def known_at(state: AveragedState, uniform: Float[Array, " some"]) -> Posterior:
        """What is known at the points that uniform numbers fall on, `[..., 1, some]`."""
        points = _points(known(state).mass, uniform)
        some = hyper._replace(
            group_var=hyper.group_var[points],
            arm_var=hyper.arm_var[points],
            mass=hyper.mass[points],
        )  # computed anew there, which is quicker than to fetch it from the whole grid
        found = posterior(some, state.evidence, noise_var(state))
        return jax.tree.map(lambda field: field[..., None, :], found)

    def parts(state: AveragedState) -> Arms:
        found = known(state)
        slope = found.arms.slope
        by_top = found.groups.slope * found.top_sd[None]
        return Arms(
            found.mass,
            grouping.to_arms(slope * found.group_mean[:, None] + found.arms.offset),
            grouping.to_arms(found.arms.sd),
            grouping.to_arms(slope * found.groups.sd[:, None]),
            grouping.to_arms(slope * by_top[:, None]),
        )

    def moments(state: AveragedState) -> Moments:
        arms = parts(state)
        var = arms.own_sd**2 + arms.group_sd**2 + arms.top_sd**2
        return _mixed(arms.mass, centre, arms.mean, var)

    def group_moments(state: AveragedState) -> Moments:
        found = known(state)
        return _mixed(found.mass, centre, found.group_mean, found.group_var)

    def covariance(state: AveragedState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        arms = parts(state)
        root = jnp.sqrt(arms.mass)[None]
        off = arms.mean - (arms.mean @ arms.mass)[:, None]
        by_all = jnp.concatenate([root * arms.top_sd, root * off], 1)
        by_group = root * arms.group_sd
        of_all, of_group = by_all[some] @ by_all.T, by_group[some] @ by_group.T
        own = arms.own_sd**2 @ arms.mass
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        shared = jnp.where(group[some][:, None] == group[None, :], of_group, 0)
        return of_all + shared + jnp.where(same_arm, own[None, :], 0)

    def weight(state: AveragedState) -> Float[Array, " arm"]:
        found = known(state)
        return grouping.to_arms(1 - (1 - found.arms.slope) @ found.mass)

    def deviates(key: RandomKey, count: int) -> Draws:
        key_point, key_top, key_groups, key_arms = jax.random.split(key, 4)
        each = _PER_POINT if count % _PER_POINT == 0 else 1
        strata = jnp.arange(count // each, dtype=centre.dtype)
        shift = jax.random.uniform(key_point, (), centre.dtype)
        shape = each, count // each
        return Draws(
            (strata + shift) / len(strata),
            normal(key_top, shape, centre.dtype),
            normal(key_groups, (grouping.groups, *shape), centre.dtype),
            normal(key_arms, (*grouping.arm.shape, *shape), centre.dtype),
        )

    def drawn_groups(found: Posterior, drawn: Draws) -> Float[Array, "group each point"]:
        top = found.top_mean + found.top_sd * drawn.top
        return _drawn(found.groups, top[None], drawn.groups)

    def sample(key: RandomKey, state: AveragedState, count: int) -> Float[Array, "arm draw"]:
        drawn = deviates(key, count)
        found = known_at(state, drawn.point)
        arms = _drawn(found.arms, drawn_groups(found, drawn)[:, None], drawn.arms)
        return centre + grouping.to_arms(arms).reshape(grouping.arms, -1)

    def sample_groups(key: RandomKey, state: AveragedState) -> Float[Array, " group"]:
        key_groups, _, _ = jax.random.split(key, 3)
        drawn = deviates(key_groups, 1)
        found = known_at(state, drawn.point)
        return centre + drawn_groups(found, drawn).reshape(grouping.groups)

    def sample_arms(
        key: RandomKey, state: AveragedState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        """The mixture given one group's utility: its points are weighed anew."""
        _, key_point, key_arms = jax.random.split(key, 3)
        found, value = known(state), utility - centre
        mean, var = found.group_mean[group], found.group_var[group]
        fit = (value - mean) ** 2 / var + jnp.log(var)
        mass = jax.nn.softmax(jnp.log(found.mass) - fit / 2)
        at = _points(mass, jax.random.uniform(key_point, (1,), centre.dtype))[0]
        level = Level(*(field[group, :, at] for field in found.arms))
        noise = normal(key_arms, (grouping.arm.shape[1],), centre.dtype)
        held = indexing.take_row(jnp.asarray(grouping.arm), group) >= 0
        return jnp.where(held, centre + _drawn(level, value, noise), -jnp.inf)

    return Belief(
        init,
        update,
        moments,
        covariance,
        sample,
        noise_var,
        GroupView(grouping.arm, group_moments, sample_groups, sample_arms, weight),
    )


def _mixed(mass: Array, centre: Array, mean: Array, var: Array) -> Moments:
    """Mean and variance of a mixture, `[unit, point]`; the means count from `centre`."""
    overall = mean @ mass
    return Moments(centre + overall, (var + (mean - overall[:, None]) ** 2) @ mass)


def _drawn(level: Level, above: Array, deviates: Array) -> Array:
    """Draws of a level from draws of the one above."""
    return level.slope * above + level.offset + level.sd * deviates


def _points(mass: Float[Array, " point"], uniform: Float[Array, " some"]) -> Int[Array, " some"]:
    """The points whose shares of [0, 1) hold the uniform numbers."""
    ends = jnp.cumsum(mass)
    below = ends[:, None] <= uniform[None, :] * ends[-1]
    return jnp.minimum(jnp.sum(below, 0, dtype=jnp.int32), len(mass) - 1)
