"""The exact posterior averaged over what the spreads may be: they are learned, not given.

A mixture over the grid of `hyperprior`; moments and covariances are the mixture's, and draws come
from the mixture itself: first a point of the grid, then utilities (ours: spec section 4). With
useless groups the weight moves to a small sigma_0, and the model becomes the flat one.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dashjax import places
from dashjax.base import (
    Arm,
    Belief,
    Group,
    Moments,
    RandomKey,
    Reward,
    Utility,
)
from dashjax.beliefs.two_level import add_pull, place_of
from dashjax.gaussian import Evidence, Prior, no_evidence
from dashjax.hyperprior import Hyperprior, Posterior, hyperprior, posterior
from dashjax.pool import Grouping
from dashjax.sampling import normal

_PER_POINT = 8  # draws that share a point of the grid, where many are asked for
_NOISE_WORTH = 4.0  # rewards' worth of trust in the noise that the prior gives


class AveragedState(NamedTuple):
    """Evidence, with rewards counted from the prior's mean; and what tells of the noise."""

    evidence: Evidence
    squares: Float[Array, ""]  # within arms: sum of squared deviations from the arm's mean


class Draws(NamedTuple):
    """Random numbers of some draws: a few at each of some points of the grid."""

    point: Float[Array, " point"]  # uniform, one in each of as many strata
    top: Float[Array, "point each"]  # standard normal, like the rest
    groups: Float[Array, "group point each"]
    arms: Float[Array, "group slot point each"]


class Arms(NamedTuple):
    """The mixture's parts, arm by arm."""

    mass: Float[Array, " point"]
    mean: Float[Array, "point arm"]
    own_var: Float[Array, "point arm"]
    by_group: Float[Array, "point arm"]  # how an arm moves with its group's own deviation, sd
    by_top: Float[Array, "point arm"]  # and with mu_0, sd


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
    same_group = jnp.asarray(grouping.group)[:, None] == jnp.asarray(grouping.group)[None, :]

    def init() -> AveragedState:
        return AveragedState(no_evidence(prior, grouping), jnp.zeros_like(centre))

    def update(state: AveragedState, arm: Arm, reward: Reward) -> AveragedState:
        place, _ = place_of(grouping, arm)
        count = places.read(state.evidence.count, place)
        total = places.read(state.evidence.total, place)
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

    def to_arms(values: Array) -> Float[Array, "point arm"]:
        return jax.vmap(grouping.to_arms)(values)

    def parts(state: AveragedState) -> Arms:
        found = known(state)
        group_mean = found.group_slope * found.top_mean[:, None] + found.group_offset
        slope = found.arm_slope
        return Arms(
            found.mass,
            to_arms(slope * group_mean[..., None] + found.arm_offset),
            to_arms(found.arm_var),
            to_arms(slope * jnp.sqrt(found.group_var)[..., None]),
            to_arms(slope * (found.group_slope * jnp.sqrt(found.top_var)[:, None])[..., None]),
        )

    def moments(state: AveragedState) -> Moments:
        arms = parts(state)
        var = arms.own_var + arms.by_group**2 + arms.by_top**2
        return _mixed(arms.mass, centre, arms.mean, var)

    def group_moments(state: AveragedState) -> Moments:
        found = known(state)
        mean = found.group_slope * found.top_mean[:, None] + found.group_offset
        var = found.group_var + found.group_slope**2 * found.top_var[:, None]
        return _mixed(found.mass, centre, mean, var)

    def covariance(state: AveragedState, some: Int[Array, " some"]) -> Float[Array, "some arm"]:
        arms = parts(state)
        mass = arms.mass[:, None]
        off = arms.mean - jnp.sum(mass * arms.mean, 0, keepdims=True)
        over_all = jnp.sqrt(mass) * jnp.concatenate([arms.by_top[None], off[None]])
        within = jnp.sqrt(mass) * arms.by_group
        rows = jnp.einsum("hps,hpa->sa", over_all[:, :, some], over_all)
        shared = jnp.einsum("ps,pa->sa", within[:, some], within)
        same_arm = some[:, None] == jnp.arange(grouping.arms, dtype=some.dtype)[None, :]
        own = jnp.sum(mass * arms.own_var, 0)
        return rows + jnp.where(same_group[some], shared, 0) + jnp.where(same_arm, own[None, :], 0)

    def shrinkage(state: AveragedState) -> Float[Array, " arm"]:
        found = known(state)
        return grouping.to_arms(jnp.einsum("p,pgs->gs", found.mass, found.arm_slope))

    def deviates(key: RandomKey, count: int) -> Draws:
        key_point, key_top, key_groups, key_arms = jax.random.split(key, 4)
        each = _PER_POINT if count % _PER_POINT == 0 else 1
        strata = jnp.arange(count // each, dtype=centre.dtype)
        shift = jax.random.uniform(key_point, (), centre.dtype)
        shape = count // each, each
        return Draws(
            (strata + shift) / len(strata),
            normal(key_top, shape, centre.dtype),
            normal(key_groups, (grouping.groups, *shape), centre.dtype),
            normal(key_arms, (*grouping.arm.shape, *shape), centre.dtype),
        )

    def draw(deviates: Draws, state: AveragedState) -> Float[Array, "arm draw"]:
        found = _at(known(state), deviates.point)
        top = found.top_mean + found.top_var * deviates.top
        groups = found.group_slope * top + found.group_offset + found.group_var * deviates.groups
        arms = found.arm_slope * groups[:, None] + found.arm_offset + found.arm_var * deviates.arms
        drawn = centre + grouping.to_arms(arms)
        return drawn.reshape(grouping.arms, -1)

    def sample_groups(key: RandomKey, state: AveragedState) -> Float[Array, " group"]:
        drawn = deviates(key, 1)
        found = _at(known(state), drawn.point)
        top = found.top_mean + found.top_var * drawn.top
        groups = found.group_slope * top + found.group_offset + found.group_var * drawn.groups
        return centre + groups.reshape(grouping.groups)

    def sample_arms(
        key: RandomKey, state: AveragedState, group: Group, utility: Utility
    ) -> Float[Array, " slot"]:
        """The mixture given one group's utility: its points are weighed anew."""
        found, value = known(state), utility - centre
        mean = found.group_slope * found.top_mean[:, None] + found.group_offset
        var = found.group_var + found.group_slope**2 * found.top_var[:, None]
        fit = -((value - mean[:, group]) ** 2) / var[:, group] - jnp.log(var[:, group])
        mass = jax.nn.softmax(jnp.log(found.mass) + fit / 2)
        key_point, key_arms = jax.random.split(key)
        at = _point(mass, jax.random.uniform(key_point, (), centre.dtype))
        noise = normal(key_arms, (grouping.arm.shape[1],), centre.dtype)
        arms = found.arm_slope[at, group] * value + found.arm_offset[at, group]
        drawn = centre + arms + jnp.sqrt(found.arm_var[at, group]) * noise
        return jnp.where(places.row(jnp.asarray(grouping.arm), group) >= 0, drawn, -jnp.inf)

    return Belief(
        grouping=grouping,
        init=init,
        update=update,
        moments=moments,
        group_moments=group_moments,
        covariance=covariance,
        noise_var=noise_var,
        shrinkage=shrinkage,
        deviates=deviates,
        draw=draw,
        sample_groups=sample_groups,
        sample_arms=sample_arms,
    )


def _mixed(mass: Array, centre: Array, mean: Array, var: Array) -> Moments:
    """Mean and variance of a mixture, `[point, unit]`; the means count from `centre`."""
    mass = mass[:, None]
    overall = jnp.sum(mass * mean, 0)
    return Moments(centre + overall, jnp.sum(mass * (var + (mean - overall[None]) ** 2), 0))


def _at(found: Posterior, uniform: Float[Array, " point"]) -> Posterior:
    """The posterior at the points that uniform numbers fall on, the points last but one.

    Standard deviations stand in place of variances.
    """
    at = jax.vmap(_point, (None, 0))(found.mass, uniform)
    chosen = (jnp.moveaxis(field[at], 0, -1)[..., None] for field in found)
    mass, top_mean, top_var, *levels = chosen
    slope, offset, var, arm_slope, arm_offset, arm_var = levels
    sd = map(jnp.sqrt, (top_var, var, arm_var))
    return Posterior(
        mass, top_mean, next(sd), slope, offset, next(sd), arm_slope, arm_offset, next(sd)
    )


def _point(mass: Float[Array, " point"], uniform: Float[Array, ""]) -> Int[Array, ""]:
    """The point whose share of [0, 1) holds the uniform number."""
    below = jnp.cumsum(mass) <= uniform * jnp.sum(mass)
    return jnp.minimum(jnp.sum(below, dtype=jnp.int32), len(mass) - 1)
