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
    """The grid: variances in units of the noise's, and prior mass, `[group ratio, arm ratio]`.

    Those of groups are `[group ratio, 1]` and those of arms `[1, arm ratio]`: what depends on one
    of them alone is computed once for all of the other. Of single points, each is `[point]`.
    """

    group: np.ndarray | Array  # a
    arm: np.ndarray | Array  # b
    log_mass: np.ndarray | Array


class Level(NamedTuple):
    """A level of the hierarchy given the one above: N(slope * above + offset, s^2 var)."""

    slope: Array
    offset: Array
    var: Array


class Sums(NamedTuple):
    """What arms say of their groups, at every point of the grid."""

    precision: Float[Array, " group *point"]  # A: sum of w
    value: Float[Array, " group *point"]  # B: sum of w y
    squares: Float[Array, " group *point"]  # sum of w y^2
    volume: Float[Array, " group *point"]  # sum of log(1 + n b)


class Looks(NamedTuple):
    """What the rewards amount to."""

    count: Float[Array, "group slot"]
    mean: Float[Array, "group slot"]  # of each arm's rewards, counted from any one centre
    squares: Float[Array, "group slot"]  # sum of squares around it
    factor: Float[Array, "group slot *point"]  # each arm's noise variance, in units of s^2


class Posterior(NamedTuple):
    """What is known at every point of the grid; variances are in units of the noise's."""

    mass: Float[Array, "*point"]  # sums to 1
    noise_var: Float[Array, "*point"]  # posterior mean of s^2
    residual: Float[Array, "*point"]  # RSS
    freedom: Float[Array, ""]  # N - 1
    top_mean: Float[Array, "*point"]
    top_var: Float[Array, "*point"]
    groups: Level  # given mu_0, [group, *point]

    @property
    def group_mean(self) -> Float[Array, " group *point"]:
        """Marginal means of the groups."""
        return self.groups.slope * self.top_mean[None] + self.groups.offset

    @property
    def group_var(self) -> Float[Array, " group *point"]:
        """Marginal variances of the groups."""
        return self.groups.var + self.groups.slope**2 * self.top_var[None]


def ratios() -> Ratios:
    """Every pair of the two ratios, with the half-Cauchy mass of its cell."""
    group, arm = np.array(GROUP_RATIOS), np.array(ARM_RATIOS)
    at_zero = np.arange(len(group)) == 0
    group_mass = (1 - FLAT_SHARE) * _cells(group, GROUP_SCALE) + FLAT_SHARE * at_zero
    mass = group_mass[:, None] * _cells(arm, ARM_SCALE)[None]
    return Ratios(group[:, None] ** 2, arm[None] ** 2, np.log(mass))


def posterior(grid: Ratios, looks: Looks) -> Posterior:
    """What the rewards say at every point, and of the points."""
    dtype = looks.mean.dtype
    a, sums = jnp.asarray(grid.group, dtype), of_groups(grid, looks)
    shrink = 1 / (1 + a[None] * sums.precision)
    top_precision = _positive(jnp.sum(sums.precision * shrink, 0), 1.0)
    top_mean = jnp.sum(sums.value * shrink, 0) / top_precision
    around = jnp.sum(sums.squares, 0) - a * jnp.sum(shrink * sums.value**2, 0)
    within, raw = _squares(looks)
    least = _positive(raw * jnp.finfo(dtype).eps, _NO_SCALE)  # as exact as the sums can be
    residual = jnp.maximum(within + around - top_precision * top_mean**2, least)
    freedom = jnp.sum(looks.count) - 1
    volume = jnp.sum(sums.volume, 0) - jnp.sum(jnp.log(shrink), 0)
    # against the least one, so that a power of two changes no bit
    misfit = jnp.maximum(freedom, 0) * jnp.log(residual / jnp.min(residual))
    fit = jnp.asarray(grid.log_mass, dtype) - (volume + jnp.log(top_precision) + misfit) / 2
    return Posterior(
        jax.nn.softmax(fit, axis=None),
        residual / jnp.maximum(freedom - 2, 0.5),
        residual,
        freedom,
        top_mean,
        1 / top_precision,
        Level(shrink, a[None] * shrink * sums.value, a[None] * shrink),
    )


def of_groups(grid: Ratios, looks: Looks) -> Sums:
    """What the arms of each group say of it."""
    spread, count = _spread(grid, looks)
    weight, mean = count / spread, _with_points(looks.mean, grid)
    parts = Sums(weight, weight * mean, weight * mean**2, jnp.log(spread))
    return Sums(*(jnp.sum(part, 1) for part in parts))


def arms_given_groups(grid: Ratios, looks: Looks) -> Level:
    """Arms given their groups, `[group, slot, *point]`."""
    slope = 1 / _spread(grid, looks)[0]
    b = _of_arms(grid.arm, slope)
    return Level(slope, (1 - slope) * _with_points(looks.mean, grid), b * slope)


def log_evidence(grid: Ratios, looks: Looks) -> Float[Array, ""]:
    """Log marginal likelihood of the rewards, but for what depends on their number alone.

    So it counts only in differences between groupings of the same rewards.
    """
    found = posterior(grid, looks)
    volume = jnp.sum(of_groups(grid, looks).volume, 0) - jnp.sum(jnp.log(found.groups.slope), 0)
    volume = volume - jnp.log(found.top_var) + found.freedom * jnp.log(found.residual)
    return jax.nn.logsumexp(jnp.asarray(grid.log_mass, looks.mean.dtype) - volume / 2)


def moments_of_arms(found: Posterior, arms: Level) -> tuple[Array, Array]:
    """Means and variances over the whole grid, `[group, slot]`.

    Arms given groups depend on the arms' ratio alone: so the groups are averaged over their own
    ratio first, which leaves a ninth or so of the work.
    """
    mass = jnp.sum(found.mass, 0)[None, None]  # of each arm ratio
    share = found.mass / _positive(mass[0], 1.0)
    group = jnp.sum(share[None] * found.group_mean, 1)  # [group, arm ratio]
    around = (found.group_mean - group[:, None]) ** 2 + found.noise_var[None] * found.group_var
    around = jnp.sum(found.mass[None] * around, 1)[:, None]
    noise_var = jnp.sum(found.mass * found.noise_var, 0)[None, None]
    slope, offset, var = (part[:, :, 0] for part in arms)  # [group, slot, arm ratio]
    each = slope * group[:, None] + offset
    mean = jnp.sum(mass * each, -1)
    apart = mass * (each - mean[..., None]) ** 2
    return mean, jnp.sum(apart + slope**2 * around + var * noise_var, -1)


def _cells(points: np.ndarray, scale: float) -> np.ndarray:
    """Half-Cauchy mass between the midpoints around each point; the last cell has no end."""
    ends = np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [np.inf]])
    return np.diff(np.arctan(ends / scale) * 2 / np.pi)


def _spread(grid: Ratios, looks: Looks) -> tuple[Array, Array]:
    """1 + n b of each arm, and n: its looks, each worth as much as the arm's noise lets it be."""
    factor = looks.factor
    if factor.ndim == looks.count.ndim:
        factor = _with_points(factor, grid)
    count = _with_points(looks.count, grid) / factor
    return 1 + count * _of_arms(grid.arm, count), count


def _of_arms(ratios: np.ndarray | Array, like: Array) -> Array:
    """Ratios `[*point]` with the axes of group and slot before."""
    return jnp.asarray(ratios, like.dtype)[None, None]


def _squares(looks: Looks) -> tuple[Array, Array]:
    """W, and the sum of all squares from the centre."""
    beyond = looks.factor.ndim - looks.count.ndim
    count, mean, squares = (
        part.reshape(part.shape + (1,) * beyond) / over
        for part, over in zip(looks[:3], (looks.factor, 1, looks.factor), strict=True)
    )
    return jnp.sum(squares, (0, 1)), jnp.sum(squares + count * mean**2, (0, 1))


def _with_points(values: Array, grid: Ratios) -> Array:
    """Values with an axis of length 1 for each of the grid's."""
    return values.reshape(values.shape + (1,) * np.ndim(grid.arm))


def _positive(values: Array, otherwise: float) -> Array:
    """The values where they are above 0; another number, which then does not matter, elsewhere."""
    return jnp.where(values > 0, values, otherwise)


USUAL = ratios()
