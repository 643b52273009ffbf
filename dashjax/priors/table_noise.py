"""How noisy the rewards of a table are, and which differences between datasets mean anything."""

from typing import Any, NamedTuple

import numpy as np

from dashjax.errors import InputError
from dashjax.store.reward_table import RewardTable

Row = dict[str, Any]
_SURE = 1.959964  # standard errors of a 95 % interval
_NORMAL_PAIR = 0.953873  # median absolute difference of two normals of standard deviation 1
_OUTLYING = 5.0  # standard deviations from the others beyond which a reward is no common noise
_LEAST = 3  # rewards of a dataset by which it can be told which of them is odd


class TableNoise(NamedTuple):
    """What a table says of its noise; all in units of reward.

    `targets` has a row a target: `noise_sd` of one reward, `spread` of the datasets' true means,
    `replicates` (mean number), `least_difference` between two datasets that so many replicates
    tell from none at 95 %, `telling` (share of the pairs of datasets that are so told apart),
    `boundary_gap` between the last dataset to take and the next, its `boundary_error`,
    `replicates_needed` of each of two datasets to tell a difference of the tolerance from none,
    and the number of `outlying` rewards. `datasets` has a row a dataset, over all targets, with
    its `noise_ratio` to the target's noise. `outlying` has a row a reward that lies far from the
    others of its dataset.

    Example:
        >>> import dashjax as dj
        >>> dj.TableNoise._fields
        ('targets', 'datasets', 'outlying')
    """

    targets: list[Row]
    datasets: list[Row]
    outlying: list[Row]


def table_noise(table: RewardTable, *, select: int = 3, tolerance: float = 0.01) -> TableNoise:
    """The noise of a table by target and dataset, and what can be told through it.

    Args:
        table: the rewards.
        select: how many datasets are to be taken; decides where the boundary lies.
        tolerance: a difference that matters, in units of reward.

    Raises:
        InputError: if no dataset has two rewards for any target, which tells nothing of the noise,
            or a number is out of range.

    Example:
        >>> import dashjax as dj
        >>> found = dj.table_noise(dj.load_table("tables/mine"), select=1)
        >>> round(found.targets[0]["noise_sd"], 3)
        0.01
    """
    if select < 1:
        raise InputError(f"--select is {select}; give 1 or more")
    if not 0 < tolerance < float("inf"):
        raise InputError(f"--tolerance is {tolerance:g}; give a number above 0")
    cells = {target: table.higher(target) for target in table.built()}
    repeated = {target: rewards for target, rewards in cells.items() if _freedom(rewards).any()}
    if not repeated:
        raise InputError(
            f"no dataset of {table.path} has two rewards for one target, which tells nothing of "
            f"the noise; measure again with --replicates 2 or more, or import repeats"
        )
    outlying = [row for target, one in repeated.items() for row in _outlying(table, target, one)]
    targets = [_of_target(name, one, select, tolerance) for name, one in repeated.items()]
    for row in targets:
        row["outlying"] = sum(odd["target"] == row["target"] for odd in outlying)
    return TableNoise(targets, _of_datasets(table, repeated), outlying)


def _freedom(rewards: np.ndarray) -> np.ndarray:
    """Degrees of freedom of each dataset's noise, `[arm]`."""
    return np.maximum((~np.isnan(rewards)).sum(1) - 1, 0)


def _squares(rewards: np.ndarray) -> np.ndarray:
    """Sum of squares around each dataset's mean, `[arm]`."""
    there = ~np.isnan(rewards)
    mean = np.where(there, rewards, 0).sum(1) / np.maximum(there.sum(1), 1)
    return np.where(there, (rewards - mean[:, None]) ** 2, 0).sum(1)


def _of_target(target: str, rewards: np.ndarray, select: int, tolerance: float) -> Row:
    rewards = rewards[~np.isnan(rewards).all(1)]
    count = (~np.isnan(rewards)).sum(1)
    mean = np.nanmean(rewards, axis=1)
    var = _squares(rewards).sum() / _freedom(rewards).sum()
    error = var / count  # of each mean, squared
    spread = float(max(np.var(mean, ddof=1) - error.mean(), 0) ** 0.5) if len(mean) > 1 else None
    apart = np.abs(mean[:, None] - mean[None])[np.triu_indices(len(mean), 1)]
    errors = np.sqrt(error[:, None] + error[None])[np.triu_indices(len(mean), 1)]
    order = np.argsort(-mean, kind="stable")
    last, following = order[select - 1 : select + 1] if select < len(mean) else (None, None)
    known = last is not None
    return {
        "target": target,
        "noise_sd": float(var**0.5),
        "spread": spread,
        "replicates": float(count.mean()),
        "least_difference": float(_SURE * (2 * error.mean()) ** 0.5),
        "telling": float((apart > _SURE * errors).mean()) if len(apart) else None,
        "boundary_gap": float(mean[last] - mean[following]) if known else None,
        "boundary_error": float((error[last] + error[following]) ** 0.5) if known else None,
        "replicates_needed": int(np.ceil(2 * var * (_SURE / tolerance) ** 2)),
    }


def _of_datasets(table: RewardTable, cells: dict[str, np.ndarray]) -> list[Row]:
    """Each dataset's noise, as a ratio to that of all datasets of the same target."""
    ratio, freedom = np.zeros((2, len(table.identity.pool.datasets)))
    for rewards in cells.values():
        own = _freedom(rewards)
        pooled = _squares(rewards).sum() / own.sum()
        ratio = ratio + _squares(rewards) / (pooled if pooled > 0 else 1.0)
        freedom = freedom + own
    pool = table.identity.pool
    return [
        {
            "dataset": dataset,
            "group": pool.groups[pool.group[arm]],
            "noise_ratio": float((ratio[arm] / freedom[arm]) ** 0.5),
            "freedom": int(freedom[arm]),
        }
        for arm, dataset in enumerate(pool.datasets)
        if freedom[arm]
    ]


def _outlying(table: RewardTable, target: str, rewards: np.ndarray) -> list[Row]:
    """Rewards that lie far from the others of their dataset, the farthest first.

    Far is measured in the larger of two noises, both by median absolute differences, which a few
    odd rewards do not change: that of all datasets of the target, and the dataset's own.
    """
    own = [_differences(one) for one in rewards]
    everywhere = np.concatenate(own)
    usual = np.median(everywhere) / _NORMAL_PAIR if len(everywhere) else 0.0
    found = []
    for arm, (one, apart) in enumerate(zip(rewards, own, strict=True)):
        here = np.flatnonzero(~np.isnan(one))
        if len(here) < _LEAST:
            continue
        noise = max(usual, float(np.median(apart)) / _NORMAL_PAIR)
        for replicate in here:
            others = float(np.median(one[here[here != replicate]]))
            off = float(one[replicate]) - others
            if noise > 0 and abs(off) > _OUTLYING * noise:
                found.append(_odd(table, (target, arm, int(replicate)), others, off / noise))
    return sorted(found, key=lambda row: -abs(row["standard_deviations"]))


def _odd(table: RewardTable, cell: tuple[str, int, int], others: float, off: float) -> Row:
    target, arm, replicate = cell
    sign = -1 if table.identity.direction == "lower" else 1
    return {
        "target": target,
        "dataset": table.identity.pool.datasets[arm],
        "replicate": replicate,
        "reward": sign * float(table.higher(target)[arm, replicate]),
        "others": sign * others,
        "standard_deviations": off,
    }


def _differences(one: np.ndarray) -> np.ndarray:
    """Absolute differences of all pairs of a dataset's rewards."""
    one = one[~np.isnan(one)]
    return np.abs(one[:, None] - one[None])[np.triu_indices(len(one), 1)]
