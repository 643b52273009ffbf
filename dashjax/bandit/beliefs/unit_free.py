r"""The hierarchical model that is told nothing: mean, noise and spreads unknown; mathematics only.

    theta_i ~ N(mu_0, a s^2)      theta_ij | theta_i ~ N(theta_i, b s^2)      r ~ N(theta_ij, s^2)

with a flat law for mu_0, Jeffreys' for the noise s, and a grid for the spreads as ratios to the
noise, sqrt(a) and sqrt(b). So all that follows is the same whatever the unit and the zero of the
rewards (ours: docs/mathematics.md, "A belief that is told nothing"). With arm means y_ij of n_ij
rewards counted from any centre, W the sum of squares within arms and N rewards in all:

    w_ij = n_ij / (n_ij b + 1)     A_i = sum_j w_ij     B_i = sum_j w_ij y_ij
    g_i = 1 / (1 + a A_i)          P = sum_i A_i g_i    mu^ = sum_i B_i g_i / P
    RSS = W + sum w_ij y_ij^2 - a sum_i g_i B_i^2 - P mu^^2
    -2 log weight = -2 log prior + sum_ij log(1 + n_ij b) + sum_i log(1 + a A_i) + log P
                    + (N - 1) log RSS

Given a point of the grid: s^2 ~ InverseGamma((N - 1) / 2, RSS / 2), mu_0 | s ~ N(mu^, s^2 / P),
theta_i | mu_0, s ~ N(g_i (mu_0 + a B_i), s^2 a g_i), and
theta_ij | theta_i, s ~ N(c_ij theta_i + (1 - c_ij) y_ij, s^2 b c_ij) with c_ij = 1 / (1 + n_ij b).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

GROUP_RATIOS = (0.0, 0.1, 0.3, 0.6, 1.0, 1.7, 3.0, 5.0, 9.0, 20.0)  # sigma_0 / s
ARM_RATIOS = (0.03, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0, 6.0)  # sigma_hat / s
GROUP_SCALE, ARM_SCALE = 3.0, 2.0  # of half-Cauchy laws over the ratios
_NO_SCALE = 1e15  # of squares, before two rewards differ: so wide that no tolerance is met
FLAT_SHARE = 0.3  # of the mass over sigma_0 / s that lies at 0: groups that say nothing


class Ratios(NamedTuple):
    """The grid: variances in units of the noise's, and prior mass; each `[point]`."""

    group: np.ndarray | Array  # a
    arm: np.ndarray | Array  # b
    log_mass: np.ndarray | Array


class Level(NamedTuple):
    """A level of the hierarchy given the one above: N(slope * above + offset, s^2 var)."""

    slope: Array
    offset: Array
    var: Array


class Sums(NamedTuple):
    """What arms say of what is above them, at every point; of each group, or of one arm."""

    precision: Float[Array, "*unit point"]  # A: sum of w
    value: Float[Array, "*unit point"]  # B: sum of w y
    squares: Float[Array, "*unit point"]  # sum of w y^2
    volume: Float[Array, "*unit point"]  # sum of log(1 + n b)


class Statistics(NamedTuple):
    """What the rewards amount to."""

    count: Float[Array, "group slot"]
    mean: Float[Array, "group slot"]  # of each arm's rewards, counted from any one centre
    squares: Float[Array, ""]  # sum of squares within arms
    groups: Sums  # [group, point]


class Posterior(NamedTuple):
    """What is known at every point of the grid; variances are in units of the noise's."""

    mass: Float[Array, " point"]  # sums to 1
    noise_var: Float[Array, " point"]  # posterior mean of s^2
    residual: Float[Array, " point"]  # RSS
    freedom: Float[Array, ""]  # N - 1
    top_mean: Float[Array, " point"]
    top_var: Float[Array, " point"]
    groups: Level  # given mu_0, [group, point]

    @property
    def group_mean(self) -> Float[Array, "group point"]:
        """Marginal means of the groups."""
        return self.groups.slope * self.top_mean[None] + self.groups.offset

    @property
    def group_var(self) -> Float[Array, "group point"]:
        """Marginal variances of the groups."""
        return self.groups.var + self.groups.slope**2 * self.top_var[None]


def ratios() -> Ratios:
    """Every pair of the two ratios, with the half-Cauchy mass of its cell."""
    group, arm = np.array(GROUP_RATIOS), np.array(ARM_RATIOS)
    at_zero = np.arange(len(group)) == 0
    group_mass = (1 - FLAT_SHARE) * _cells(group, GROUP_SCALE) + FLAT_SHARE * at_zero
    mass = group_mass[:, None] * _cells(arm, ARM_SCALE)[None]
    pairs = np.broadcast_arrays(group[:, None] ** 2, arm[None] ** 2)
    return Ratios(pairs[0].ravel(), pairs[1].ravel(), np.log(mass.ravel()))


def of_arms(grid: Ratios, count: Float[Array, "*arm"], mean: Float[Array, "*arm"]) -> Sums:
    """What arms say of their groups, each by itself, `[*arm, point]`."""
    spread = 1 + count[..., None] * _last(grid.arm, mean)
    weight, mean = count[..., None] / spread, mean[..., None]
    return Sums(weight, weight * mean, weight * mean**2, jnp.log(spread))


def posterior(grid: Ratios, seen: Statistics) -> Posterior:
    """What the statistics say at every point, and of the points."""
    dtype = seen.mean.dtype
    a = jnp.asarray(grid.group, dtype)
    precision, value, squares, volume = seen.groups
    shrink = 1 / (1 + a[None] * precision)
    top_precision = _positive(jnp.sum(precision * shrink, 0), 1.0)
    top_mean = jnp.sum(value * shrink, 0) / top_precision
    around = jnp.sum(squares, 0) - a * jnp.sum(shrink * value**2, 0)
    raw = seen.squares + jnp.sum(seen.count * seen.mean**2)
    least = _positive(raw * jnp.finfo(dtype).eps, _NO_SCALE)  # as exact as the sums can be
    residual = jnp.maximum(seen.squares + around - top_precision * top_mean**2, least)
    freedom = jnp.sum(seen.count) - 1
    volume = jnp.sum(volume, 0) - jnp.sum(jnp.log(shrink), 0)
    # against the least one, so that a power of two changes no bit
    misfit = jnp.maximum(freedom, 0) * jnp.log(residual / jnp.min(residual))
    volume = volume + jnp.log(top_precision) + misfit
    mass = jax.nn.softmax(jnp.asarray(grid.log_mass, dtype) - volume / 2)
    return Posterior(
        mass,
        residual / jnp.maximum(freedom - 2, 0.5),
        residual,
        freedom,
        top_mean,
        1 / top_precision,
        Level(shrink, a[None] * shrink * value, a[None] * shrink),
    )


def log_evidence(grid: Ratios, seen: Statistics, found: Posterior) -> Float[Array, ""]:
    """Log marginal likelihood of the rewards, but for what depends on their number alone.

    So it counts only in differences between groupings of the same rewards.
    """
    volume = jnp.sum(seen.groups.volume, 0) - jnp.sum(jnp.log(found.groups.slope), 0)
    volume = volume - jnp.log(found.top_var) + found.freedom * jnp.log(found.residual)
    return jax.nn.logsumexp(jnp.asarray(grid.log_mass, seen.mean.dtype) - volume / 2)


def arms_given_groups(
    grid: Ratios, count: Float[Array, "*arm"], mean: Float[Array, "*arm"]
) -> Level:
    """Arms given their groups, `[*arm, point]`."""
    b = _last(grid.arm, mean)
    slope = 1 / (1 + count[..., None] * b)
    return Level(slope, (1 - slope) * mean[..., None], b * slope)


def _cells(points: np.ndarray, scale: float) -> np.ndarray:
    """Half-Cauchy mass between the midpoints around each point; the last cell has no end."""
    ends = np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [np.inf]])
    return np.diff(np.arctan(ends / scale) * 2 / np.pi)


def _last(points: np.ndarray | Array, like: Array) -> Array:
    """The points as a last axis beside those of an array."""
    return jnp.asarray(points, like.dtype).reshape((1,) * like.ndim + (-1,))


def _positive(values: Array, otherwise: float) -> Array:
    """The values where they are above 0; another number, which then does not matter, elsewhere."""
    return jnp.where(values > 0, values, otherwise)


USUAL = ratios()
