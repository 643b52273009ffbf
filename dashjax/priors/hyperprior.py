r"""The hierarchical model whose spreads and overall mean are not known; mathematics only.

    mu_0 ~ N(m, tau^2)        sigma_0 ~ HalfNormal(.2)        sigma_hat ~ HalfNormal(.1)

Given (sigma_0, sigma_hat) everything is Gaussian (`gaussian` has the symbols; ours:
docs/mathematics.md, sections 2.1 and 4). With A_i, B_i the sums over a group, rewards counted from
m, and g_i = 1 / (1 + sigma_0^2 A_i):

    P = 1 / tau^2 + sum_i A_i g_i                    mu_0 | data ~ N(sum_i B_i g_i / P, 1 / P)
    theta_i | mu_0, data ~ N(g_i (mu_0 + sigma_0^2 B_i), sigma_0^2 g_i)
    -2 log p(data) = sum_ij log(sigma_r^2 + n_ij sigma_hat^2) + sum_i log(1 + sigma_0^2 A_i)
                     + log(tau^2 P) + sum_ij S_ij^2 / (n_ij (sigma_r^2 + n_ij sigma_hat^2))
                     - sum_i sigma_0^2 g_i B_i^2 - (sum_i B_i g_i)^2 / P + const

The pair is taken from a grid; its posterior weights are prior mass times likelihood.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array, Float

from dashjax.bandit.gaussian import Evidence

MEAN_SD, GROUP_SCALE, ARM_SCALE = 0.25, 0.2, 0.1  # of the three laws above, in the unit of a fit


class Hyperprior(NamedTuple):
    """What may be, before any pull: points of a grid and their prior mass."""

    mean_var: Float[Array, ""]  # tau^2: how well the overall mean is known
    group_var: Float[Array, " point"]
    arm_var: Float[Array, " point"]
    mass: Float[Array, " point"]  # sums to 1


class Level(NamedTuple):
    """A level of the hierarchy given the one above: N(slope * above + offset, sd^2), by point."""

    slope: Float[Array, "*level"]
    offset: Float[Array, "*level"]
    sd: Float[Array, "*level"]


class Posterior(NamedTuple):
    """What is known of each level at every point of the grid; utilities count from m.

    The points come last, so that they fill vector registers, and sums over them are dot products.
    """

    fit: Float[Array, " point"]  # log of prior mass times likelihood, up to a constant
    mass: Float[Array, " point"]  # sums to 1
    top_mean: Float[Array, " point"]  # mu_0
    top_sd: Float[Array, " point"]
    groups: Level  # given mu_0, [group, point]
    arms: Level  # given their groups, [group, slot, point]

    @property
    def group_mean(self) -> Float[Array, "group point"]:
        """Marginal means of the groups."""
        return self.groups.slope * self.top_mean[None] + self.groups.offset

    @property
    def group_var(self) -> Float[Array, "group point"]:
        """Marginal variances of the groups."""
        return self.groups.sd**2 + (self.groups.slope * self.top_sd[None]) ** 2


def hyperprior(group_sds: tuple[float, ...], arm_sds: tuple[float, ...]) -> Hyperprior:
    """Every pair of the two spreads, with the half-normal mass of its cell (docs/mathematics.md,
    section 4).

    Args:
        group_sds: values of sigma_0, ascending, in the unit of a fit (see `unit`).
        arm_sds: values of sigma_hat, likewise.
    """
    group, arm = jnp.asarray(group_sds, float), jnp.asarray(arm_sds, float)
    mass = _cells(group, GROUP_SCALE)[:, None] * _cells(arm, ARM_SCALE)[None, :]
    group_var, arm_var = jnp.broadcast_arrays(group[:, None] ** 2, arm[None, :] ** 2)
    return Hyperprior(
        jnp.asarray(MEAN_SD**2, float),
        group_var.reshape(-1),
        arm_var.reshape(-1),
        mass.reshape(-1),
    )


def posterior(hyper: Hyperprior, evidence: Evidence, noise_var: Float[Array, ""]) -> Posterior:
    """What the evidence says at every point, and of the points.

    Args:
        hyper: the grid.
        evidence: counts, and sums of rewards less m.
        noise_var: sigma_r^2.
    """
    count, total = evidence.count[..., None], evidence.total[..., None]
    arm_var, group_var = hyper.arm_var[None, None], hyper.group_var[None]
    spread = noise_var + count * arm_var
    per_spread = 1 / spread
    precision, value = jnp.sum(count * per_spread, 1), jnp.sum(total * per_spread, 1)
    shrink = 1 / (1 + group_var * precision)
    top_precision = 1 / hyper.mean_var + jnp.sum(precision * shrink, 0)
    top_mean = jnp.sum(value * shrink, 0) / top_precision
    squares = evidence.total**2 / jnp.maximum(evidence.count, 1)
    misfit = jnp.sum(squares[..., None] * per_spread, (0, 1))
    misfit = misfit - jnp.sum(group_var * shrink * value**2, 0) - top_precision * top_mean**2
    volume = jnp.sum(jnp.log(spread), (0, 1)) - jnp.sum(jnp.log(shrink), 0)
    volume = volume + jnp.log(top_precision)
    fit = jnp.log(hyper.mass) - (volume + misfit) / 2
    slope = noise_var * per_spread
    return Posterior(
        fit,
        jax.nn.softmax(fit),
        top_mean,
        1 / jnp.sqrt(top_precision),
        Level(shrink, group_var * shrink * value, jnp.sqrt(group_var * shrink)),
        Level(slope, arm_var * total * per_spread, jnp.sqrt(slope * arm_var)),
    )


def _cells(points: Float[Array, " point"], scale: float) -> Float[Array, " point"]:
    """Half-normal mass between the midpoints around each point; the last cell has no end."""
    inner = (points[1:] + points[:-1]) / 2
    below = erf(inner / (scale * 2**0.5))
    ends = jnp.concatenate([jnp.zeros(1, points.dtype), below, jnp.ones(1, points.dtype)])
    return jnp.diff(ends)
