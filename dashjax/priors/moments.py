"""Where a prior comes from: options, a grouping's implied variances, or other targets' rewards."""

from dataclasses import asdict, replace
from typing import NamedTuple

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


def by_moments(rewards: np.ndarray, grouping: Grouping, noise_sd: float | None = None) -> Prior:
    """A prior from rewards `[target, arm, replicate]` by the method of moments.

    NaN stands for a reward that there is not; targets may lack arms, and arms replicates. The noise
    is the pooled variance within a dataset; the arms' variance is that of dataset means within
    their group, less the noise's part; the groups' that of group means within a target, less the
    arms' part. Each is at least a hundredth of the variance of all dataset means.

    Args:
        rewards: in units of reward, higher is better.
        grouping: the groups of the arms.
        noise_sd: of one reward, where no dataset has two; single rewards then count as exact.

    Raises:
        InputError: if no dataset has two replicates and the noise is not given: one tells nothing.
    """
    there = ~np.isnan(rewards)
    count = there.sum(axis=2)
    noise = _noise(rewards, there, noise_sd)
    means, measured = _mean(rewards, there, 2), count > 0
    blur = noise.blur / np.maximum(count, 1)
    total = float(_variance(means, measured, 1, spread=0).mean())
    least = _LEAST_GROUP_SHARE * (total or 1.0)  # a table whose rewards are all equal has no scale
    groups = [np.flatnonzero(np.asarray(grouping.group) == g) for g in range(grouping.groups)]
    parts = [_Part(means[:, arms], measured[:, arms], blur[:, arms]) for arms in groups]
    within = np.concatenate([part.spread_within() for part in parts])
    arm_var = max(float(within.mean()) if within.size else 0.0, least)
    inherited = float(np.mean(np.concatenate([part.blur_of_centre(arm_var) for part in parts])))
    return uniform_prior(
        grouping.groups,
        group_mean=float(means[measured].mean()),
        group_sd=max(_between(parts) - inherited, least) ** 0.5,
        arm_sd=arm_var**0.5,
        noise_sd=max(noise.var, least if noise.measured else 0.0) ** 0.5,
    )


class _Noise(NamedTuple):
    """Variance of one reward, and how much of it is in the table's own rewards."""

    var: float
    blur: float
    measured: bool  # from repeats, not told


def _noise(rewards: np.ndarray, there: np.ndarray, noise_sd: float | None) -> _Noise:
    repeated = there.sum(axis=2) >= 2
    if repeated.any():
        var = float(_variance(rewards[repeated], there[repeated], 1).mean())
        return _Noise(var, var, measured=True)
    if noise_sd is None:
        raise InputError(
            "a prior from the table needs 2 replicates of a dataset, and it has one of each; give "
            "--noise-sd, the standard deviation of one reward, or build more replicates"
        )
    return _Noise(noise_sd**2, 0.0, measured=False)


def _between(parts: "list[_Part]") -> float:
    """Variance between the groups' means, over targets with two groups or more."""
    centres = np.stack([_mean(part.means, part.measured, 1) for part in parts], axis=1)
    has = np.stack([part.measured.any(axis=1) for part in parts], axis=1)
    several = has.sum(axis=1) >= 2
    return float(_variance(centres[several], has[several], 1).mean()) if several.any() else 0.0


class _Part(NamedTuple):
    """One group's datasets, `[target, dataset]`."""

    means: np.ndarray
    measured: np.ndarray
    blur: np.ndarray  # variance of each mean by the noise

    def spread_within(self) -> np.ndarray:
        """Variance between the group's datasets, for each target with two or more."""
        enough = self.measured.sum(axis=1) >= 2
        spread = _variance(self.means[enough], self.measured[enough], 1)
        return spread - _mean(self.blur[enough], self.measured[enough], 1)

    def blur_of_centre(self, arm_var: float) -> np.ndarray:
        """Variance of the group's mean around its utility, for each target with a dataset."""
        some = self.measured.any(axis=1)
        size = self.measured[some].sum(axis=1)
        return (arm_var + _mean(self.blur[some], self.measured[some], 1)) / size


def describe(prior: Prior) -> dict[str, float]:
    """The prior's mean and standard deviations by name, for print and for manifests."""
    mean, group_var, arm_var, noise_var = (np.asarray(field).flat[0] for field in prior)
    return {
        "group_mean": float(mean),
        "group_sd": float(np.sqrt(group_var)),
        "arm_sd": float(np.sqrt(arm_var)),
        "noise_sd": float(np.sqrt(noise_var)),
    }


def _mean(values: np.ndarray, there: np.ndarray, axis: int) -> np.ndarray:
    """Mean over an axis of what is there; 0 where nothing is."""
    return np.where(there, values, 0).sum(axis=axis) / np.maximum(there.sum(axis=axis), 1)


def _variance(values: np.ndarray, there: np.ndarray, axis: int, spread: int = 1) -> np.ndarray:
    """Variance over an axis of what is there, with `count - spread` degrees of freedom."""
    off = np.where(there, values - np.expand_dims(_mean(values, there, axis), axis), 0)
    return (off**2).sum(axis=axis) / np.maximum(there.sum(axis=axis) - spread, 1)


def _pairs_kept(true: Grouping, grouping: Grouping) -> float:
    """Share of pairs in a group of `grouping` that also share a true group."""
    old, new = np.asarray(true.group), np.asarray(grouping.group)
    pairs = kept = 0
    for group in range(grouping.groups):
        sizes = np.bincount(old[new == group])
        pairs += int(sizes.sum() * (sizes.sum() - 1))
        kept += int((sizes * (sizes - 1)).sum())
    return kept / pairs if pairs else 1.0
