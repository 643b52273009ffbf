"""Dense Gaussian conditioning in NumPy: slow, obvious, and independent of dashjax's formulas."""

from typing import NamedTuple

import numpy as np

from dashjax.gaussian import Prior
from dashjax.pool import Grouping


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
