r"""The hierarchical Gaussian model in closed form; mathematics only.

    theta_i ~ N(mu_i, sigma_0i^2)                      group i
    theta_ij | theta_i ~ N(theta_i, sigma_hat_i^2)     arm j of group i
    r | theta_ij ~ N(theta_ij, sigma_r^2)              one reward

With n_ij pulls of an arm and their sum S_ij (docs/mathematics.md, section 2.1; Hong et al., AISTATS
2022):

    w_ij = n_ij / (n_ij sigma_hat^2 + sigma_r^2)       what the arm says of its group
    u_ij = S_ij / (n_ij sigma_hat^2 + sigma_r^2)
    A_i = sum_j w_ij,  B_i = sum_j u_ij
    theta_i | data ~ N((mu_i + sigma_0^2 B_i) / (1 + sigma_0^2 A_i),
                       sigma_0^2 / (1 + sigma_0^2 A_i))
    b_ij = sigma_r^2 / (sigma_r^2 + n_ij sigma_hat^2)
    theta_ij | theta_i, data ~ N(b_ij theta_i + sigma_hat^2 u_ij, b_ij sigma_hat^2)

Every form is finite with no pulls, and with sigma_0 or sigma_hat equal to 0.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dashjax.bandit.base import Moments
from dashjax.pools.grouping import Grouping


class Prior(NamedTuple):
    """The hyper-parameters; any of them may be traced, so a sweep over priors is a `vmap`.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.5, arm_sd=0.25, noise_sd=1.0)
        >>> prior.group_var.tolist(), float(prior.noise_var)
        ([0.25, 0.25], 1.0)
    """

    group_mean: Float[Array, " group"]  # mu: where group utilities lie
    group_var: Float[Array, " group"]  # sigma_0^2: spread of group utilities
    arm_var: Float[Array, " group"]  # sigma_hat^2: spread of arms in their group
    noise_var: Float[Array, ""]  # sigma_r^2: spread of one reward


class Evidence(NamedTuple):
    """What has been seen: pulls and reward sums."""

    count: Float[Array, "group slot"]
    total: Float[Array, "group slot"]


class Weights(NamedTuple):
    """What pulls say of the mean above them: precision and precision-weighted value."""

    precision: Float[Array, "*shape"]
    value: Float[Array, "*shape"]


class Conditional(NamedTuple):
    """Each arm given its group's utility: N(slope * theta_i + offset, var)."""

    slope: Float[Array, "group slot"]
    offset: Float[Array, "group slot"]
    var: Float[Array, "group slot"]


def no_evidence(prior: Prior, grouping: Grouping) -> Evidence:
    """Nothing seen yet, in the prior's precision."""
    zeros = jnp.zeros(grouping.arm.shape, jnp.result_type(prior.group_mean))
    return Evidence(zeros, zeros)


def weights(count: Array, total: Array, arm_var: Array, noise_var: Array) -> Weights:
    """What `count` pulls with sum `total` say of the group: w and u, of any one shape."""
    spread = count * arm_var + noise_var
    return Weights(count / spread, total / spread)


def group_posterior(prior: Prior, sums: Weights) -> Moments:
    """Posterior of every group's utility from the sums over its arms, `[group]`."""
    scale = 1 / (1 + prior.group_var * sums.precision)
    mean = (prior.group_mean + prior.group_var * sums.value) * scale
    return Moments(mean, prior.group_var * scale)


def arms_given_group(prior: Prior, evidence: Evidence) -> Conditional:
    """Posterior of every arm's utility given its group's, `[group, slot]`."""
    arm_var = prior.arm_var[:, None]
    spread = prior.noise_var + evidence.count * arm_var
    slope = prior.noise_var / spread
    return Conditional(slope, arm_var * evidence.total / spread, slope * arm_var)


def arm_means(
    prior: Prior, evidence: Evidence, utility: Float[Array, " group"]
) -> Float[Array, "group slot"]:
    """Posterior mean of every arm's utility given its group's, as one fraction.

    The same as slope * utility + offset; what ends with a division XLA computes once for all uses.
    """
    arm_var = prior.arm_var[:, None]
    weighed = prior.noise_var * utility[:, None] + arm_var * evidence.total
    return weighed / (prior.noise_var + evidence.count * arm_var)


def uniform_prior(
    groups: int, *, group_mean: float, group_sd: float, arm_sd: float, noise_sd: float
) -> Prior:
    """A prior with the same hyper-parameters for every group.

    Args:
        groups: how many there are.
        group_mean: where the groups' utilities lie, in units of reward, like the rest.
        group_sd: standard deviation of the groups' utilities.
        arm_sd: standard deviation of utilities within a group.
        noise_sd: standard deviation of one reward.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.5, arm_sd=0.25, noise_sd=1.0)
        >>> prior.arm_var.tolist()
        [0.0625, 0.0625]
    """
    numbers = group_mean, group_sd**2, arm_sd**2
    # filled by NumPy, as JAX would compile a program for it
    dtype = jnp.result_type(float)
    noise_var = np.asarray(noise_sd**2, dtype)
    filled = (np.full(groups, number, dtype) for number in numbers)
    return Prior(*map(jnp.asarray, (*filled, noise_var)))
