"""Dense Gaussian conditioning in NumPy: slow, obvious, and independent of dashjax's formulas."""

from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from dashjax.bandit.gaussian import Prior
from dashjax.pools.grouping import Grouping

GROUP_SDS = (0.01, 0.03, 0.06, 0.1, 0.15, 0.25)
ARM_SDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18)
CENTRE, MEAN_SD, NOISE_VAR = 0.5, 0.25, 0.05**2  # of the usual prior


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


class Mixture(NamedTuple):
    """Normal laws of which one holds, and the chance of each; and what they give the rewards."""

    mass: np.ndarray  # [law]
    laws: list[Normal]
    log_likelihood: np.ndarray  # [law], of the raw rewards

    def mean(self) -> np.ndarray:
        return self.mass @ np.array([law.mean for law in self.laws])

    def cov(self) -> np.ndarray:
        means = np.array([law.mean for law in self.laws]) - self.mean()
        between = np.einsum("p,pa,pb->ab", self.mass, means, means)
        return between + np.einsum("p,pab->ab", self.mass, [law.cov for law in self.laws])

    def cdf(self, row: np.ndarray, value: float) -> float:
        """Chance that `row @ utilities` is no larger."""
        mean, sd = self._along(row)
        return float(self.mass @ special.ndtr((value - mean) / sd))

    def quantile(self, row: np.ndarray, share: float) -> float:
        mean, sd = self._along(row)
        ends = (mean - 10 * sd).min(), (mean + 10 * sd).max()
        return optimize.brentq(lambda x: self.mass @ special.ndtr((x - mean) / sd) - share, *ends)

    def _along(self, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of `row @ utilities` by each law."""
        var = [row @ law.cov @ row for law in self.laws]
        return np.array([row @ law.mean for law in self.laws]), np.sqrt(var)

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draws of all units, `[draw, unit]`."""
        parts = zip(self.laws, rng.multinomial(count, self.mass), strict=True)
        return np.concatenate([rng.multivariate_normal(*law, n, method="eigh") for law, n in parts])


class Grid(NamedTuple):
    """What the spreads may be (docs/mathematics.md, section 4), and the chance of each pair."""

    mass: np.ndarray
    group_sd: np.ndarray
    arm_sd: np.ndarray


def grid() -> Grid:
    """Half-normal chances of the cells around each value, bounded by the midpoints."""
    axes = [(GROUP_SDS, 0.2), (ARM_SDS, 0.1)]
    cells = [
        np.diff(
            stats.halfnorm.cdf([0, *np.convolve(sds, [0.5, 0.5], "valid"), np.inf], scale=scale)
        )
        for sds, scale in axes
    ]
    group_sd, arm_sd = np.meshgrid(GROUP_SDS, ARM_SDS, indexing="ij")
    return Grid(np.outer(*cells).ravel(), group_sd.ravel(), arm_sd.ravel())


def unknown_spreads(
    grouping: Grouping, arms: np.ndarray, rewards: np.ndarray, noise_var: float = NOISE_VAR
) -> Mixture:
    """What is known of groups and arms after those pulls, where only the noise is given."""
    laws, fits = [], []
    rows = np.eye(grouping.groups + grouping.arms)[grouping.groups + arms]
    for _, group_sd, arm_sd in zip(*grid(), strict=True):
        of_groups = [np.full(grouping.groups, x) for x in (CENTRE, group_sd**2, arm_sd**2)]
        law = prior_law(Prior(*of_groups, noise_var), grouping)
        law = Normal(law.mean, law.cov + MEAN_SD**2)  # the overall mean moves every unit
        if len(arms):
            seen = Normal(rows @ law.mean, rows @ law.cov @ rows.T + noise_var * np.eye(len(arms)))
            fits.append(stats.multivariate_normal.logpdf(rewards, *seen))
            law = conditioned(law, rows, rewards, noise_var)
        laws.append(law)
    log_likelihood = np.array(fits) if fits else np.zeros(len(laws))
    log = np.log(grid().mass) + log_likelihood
    mass = np.exp(log - log.max())
    return Mixture(mass / mass.sum(), laws, log_likelihood)


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
