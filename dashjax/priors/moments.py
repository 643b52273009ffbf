"""Where a prior comes from: options, a grouping's implied variances, or other targets' rewards."""

from dataclasses import asdict, replace

import numpy as np

from dashjax.bandit.gaussian import Prior, uniform_prior
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors.settings import PriorSettings

_LEAST_GROUP_SHARE = 0.01  # of the total variance: with none at all, two-level sampling would
# find every group equal and enter the first one for ever


def truth(settings: PriorSettings, groups: int) -> Prior:
    """The law by numbers, for that many groups."""
    return uniform_prior(groups, **asdict(settings))


def given(settings: PriorSettings, groups: int) -> Prior:
    """A method's prior by numbers, for that many groups; see `_LEAST_GROUP_SHARE`."""
    group_var, arm_var = settings.group_sd**2, settings.arm_sd**2
    least = _LEAST_GROUP_SHARE * (group_var + arm_var)
    return truth(replace(settings, group_sd=max(group_var, least) ** 0.5), groups)


def matched(prior: Prior, true: Grouping, grouping: Grouping) -> Prior:
    """The prior of `grouping` implied by utilities that follow `prior` in the `true` grouping.

    Two datasets that share a group have in common, on average, the covariance of such pairs; that
    is the new group variance (at least a hundredth of the whole), and the rest is the arms'.
    `prior` must be the same for every group.
    """
    group_var, arm_var = float(prior.group_var[0]), float(prior.arm_var[0])
    share = _pairs_kept(true, grouping)
    total = group_var + arm_var
    between = max(share * group_var, _LEAST_GROUP_SHARE * total)
    return uniform_prior(
        grouping.groups,
        group_mean=float(prior.group_mean[0]),
        group_sd=between**0.5,
        arm_sd=(total - between) ** 0.5,
        noise_sd=float(prior.noise_var) ** 0.5,
    )


def by_moments(rewards: np.ndarray, grouping: Grouping) -> Prior:
    """A prior from rewards `[target, arm, replicate]` by the method of moments.

    The noise is the pooled variance within a dataset; the arms' variance is that of dataset means
    within their group, less the noise's part; the groups' that of group means within a target, less
    the arms' part. Each is at least a hundredth of the variance of all dataset means.

    Raises:
        InputError: with fewer than two replicates, which tell nothing of the noise.
    """
    replicates = rewards.shape[2]
    if replicates < 2:
        raise InputError("a prior from the table needs 2 replicates a dataset; build more of them")
    noise = float(rewards.var(axis=2, ddof=1).mean())
    means = rewards.mean(axis=2)
    floor = _LEAST_GROUP_SHARE * float(means.var(axis=1).mean()) + 1e-8
    members = [np.flatnonzero(np.asarray(grouping.group) == g) for g in range(grouping.groups)]
    within = np.concatenate([_spread(means[:, arms]) for arms in members if len(arms) > 1] or [[0]])
    arm_var = max(float(np.mean(within)) - noise / replicates, floor)
    centres = np.stack([means[:, arms].mean(axis=1) for arms in members], axis=1)
    per_group = arm_var + noise / replicates
    inherited = per_group * float(np.mean([1 / len(arms) for arms in members]))
    between = float(_spread(centres).mean()) if grouping.groups > 1 else 0.0
    return uniform_prior(
        grouping.groups,
        group_mean=float(means.mean()),
        group_sd=max(between - inherited, floor) ** 0.5,
        arm_sd=arm_var**0.5,
        noise_sd=max(noise, floor) ** 0.5,
    )


def describe(prior: Prior) -> dict[str, float]:
    """The prior's mean and standard deviations by name, for print and for manifests."""
    mean, group_var, arm_var, noise_var = (np.asarray(field).flat[0] for field in prior)
    return {
        "group_mean": float(mean),
        "group_sd": float(np.sqrt(group_var)),
        "arm_sd": float(np.sqrt(arm_var)),
        "noise_sd": float(np.sqrt(noise_var)),
    }


def _spread(values: np.ndarray) -> np.ndarray:
    """Unbiased variance over the last axis."""
    return values.var(axis=-1, ddof=1)


def _pairs_kept(true: Grouping, grouping: Grouping) -> float:
    """Share of pairs in a group of `grouping` that also share a true group."""
    old, new = np.asarray(true.group), np.asarray(grouping.group)
    pairs = kept = 0
    for group in range(grouping.groups):
        sizes = np.bincount(old[new == group])
        pairs += int(sizes.sum() * (sizes.sum() - 1))
        kept += int((sizes * (sizes - 1)).sum())
    return kept / pairs if pairs else 1.0
