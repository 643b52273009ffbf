"""Dense Gaussian conditioning in NumPy: slow, obvious, and independent of dashjax's formulas."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from dashjax.bandit.beliefs.unit_free import ratios
from dashjax.bandit.gaussian import Prior
from dashjax.pools.grouping import Grouping


class Normal(NamedTuple):
    """A joint normal law of all groups' utilities, then all arms', `[group + arm]`."""

    mean: np.ndarray
    cov: np.ndarray


def prior_law(prior: Prior, grouping: Grouping) -> Normal:
    """What is known before any pull."""
    group_mean, group_var, arm_var = (np.asarray(field, np.float64) for field in prior[:3])
    belongs = np.eye(grouping.groups)[list(grouping.group)]
    to_both = np.concatenate([np.eye(grouping.groups), belongs])
    own = np.concatenate([np.zeros(grouping.groups), belongs @ arm_var])
    return Normal(to_both @ group_mean, to_both @ np.diag(group_var) @ to_both.T + np.diag(own))


def conditioned(law: Normal, rows: np.ndarray, values: np.ndarray, noise: float) -> Normal:
    """The law given that `rows @ utilities`, plus noise of that variance, came out as `values`."""
    seen = rows @ law.cov @ rows.T + noise * np.eye(len(rows))
    gain = np.linalg.solve(seen, rows @ law.cov).T
    return Normal(law.mean + gain @ (values - rows @ law.mean), law.cov - gain @ rows @ law.cov)


def posterior(prior: Prior, grouping: Grouping, arms: np.ndarray, rewards: np.ndarray) -> Normal:
    """What is known after those pulls."""
    rows = np.eye(grouping.groups + grouping.arms)[grouping.groups + arms]
    return conditioned(prior_law(prior, grouping), rows, rewards, float(prior.noise_var))


def given_groups(law: Normal, groups: np.ndarray) -> Normal:
    """The law of the arms once the groups' utilities are known, `[arm]`."""
    count = len(groups)
    known = conditioned(law, np.eye(len(law.mean))[:count], groups, 0.0)
    return Normal(known.mean[count:], known.cov[count:, count:])


class Students(NamedTuple):
    """Laws of all arms' utilities of which one holds: Student's t, `[law, ...]`."""

    mass: np.ndarray  # [law], sums to 1
    mean: np.ndarray  # [law, arm]
    scale: np.ndarray  # [law, arm, arm], what the covariance is before the tails
    freedom: int

    def moments(self) -> Normal:
        """Mean and covariance of the whole, `[arm]`."""
        mean = self.mass @ self.mean
        off = self.mean - mean
        own = self.scale * self.freedom / (self.freedom - 2)
        between = np.einsum("p,pi,pj->ij", self.mass, off, off)
        return Normal(mean, between + np.einsum("p,pij->ij", self.mass, own))

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draws of all arms, `[draw, arm]`."""
        counts = rng.multinomial(count, self.mass)
        parts = []
        for mean, scale, n in zip(self.mean, self.scale, counts, strict=True):
            normal = rng.multivariate_normal(np.zeros_like(mean), scale, n, method="eigh")
            tail = np.sqrt(self.freedom / rng.chisquare(self.freedom, n))
            parts.append(mean + tail[:, None] * normal)
        return np.concatenate(parts)


def told_nothing(
    grouping: Grouping, arms: np.ndarray, rewards: np.ndarray, louder: np.ndarray | float = 1.0
) -> Students:
    """What the belief `learned` holds after those pulls, by linear algebra.

    `louder` are the noise variances of the pulls, in units of the typical one.

    The noise is integrated out by the normal-gamma law, the overall mean by generalised least
    squares; of the closed forms only the grid is shared.
    """
    count = len(rewards)
    pulled = np.eye(grouping.arms)[arms]
    together = np.equal.outer(grouping.group, grouping.group)
    fits, means, scales = [], [], []
    points = map(np.ravel, np.broadcast_arrays(*ratios()))
    for group_var, arm_var, log_mass in zip(*points, strict=True):
        prior = group_var * together + arm_var * np.eye(grouping.arms)
        seen = pulled @ prior @ pulled.T + louder * np.eye(count)
        inverse, ones = np.linalg.inv(seen), np.ones(count)
        precision = ones @ inverse @ ones
        top = ones @ inverse @ rewards / precision
        off = rewards - top
        residual = off @ inverse @ off
        volume = np.linalg.slogdet(seen)[1] + np.log(precision) + (count - 1) * np.log(residual)
        gain = prior @ pulled.T @ inverse
        left = 1 - gain @ ones
        cov = prior - gain @ pulled @ prior + np.outer(left, left) / precision
        fits.append(log_mass - volume / 2)
        means.append(top + gain @ off)
        scales.append(cov * residual / (count - 1))
    mass = np.exp(np.array(fits) - max(fits))
    return Students(mass / mass.sum(), np.array(means), np.array(scales), count - 1)


def rise(mean: np.ndarray, effect: np.ndarray, select: int) -> float:
    """Expected rise of the sum of the best by one pull: sum of D_l f(-|z_l|) (docs/mathematics.md,
    section 3.7).

    The sum of the largest of the lines mean + effect z is linear between the places where two of
    them cross; D_l is by how much its slope jumps there, f(z) = phi(z) + z Phi(z).
    """
    one, other = np.triu_indices(len(mean), 1)
    crossing = effect[one] != effect[other]
    one, other = one[crossing], other[crossing]
    if not len(one):
        return 0.0
    z = np.unique((mean[other] - mean[one]) / (effect[one] - effect[other]))
    between = np.concatenate([[z[0] - 1], (z[1:] + z[:-1]) / 2, [z[-1] + 1]])
    best = np.argsort(mean[:, None] + effect[:, None] * between, axis=0)[-select:]
    jump = np.diff(effect[best].sum(axis=0))
    jump[np.abs(jump) < 1e-13] = 0
    return float(jump @ (stats.norm.pdf(z) - np.abs(z) * stats.norm.cdf(-np.abs(z))))


def effects(cov: np.ndarray, noise_var: float) -> np.ndarray:
    """How each arm's pull moves every mean, `[pulled, arm]`."""
    return cov / np.sqrt(np.diag(cov) + noise_var)[:, None]
