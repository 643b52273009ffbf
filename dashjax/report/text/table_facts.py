"""A reward table in words and figures: what is in it, and what lacks."""

import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from dashjax.store.reward_table import RewardTable
from dashjax.wording import counted

_MOST_DATASETS, _MOST_TARGETS = 40, 6  # that are shown side by side
_MOST_RANKED = 20  # targets whose best and worst datasets are shown
_MOST_NAMED = 5  # targets or reasons that are named in a sentence
_LEFT = ("target", "group", "dataset")  # columns of names


class Moments(NamedTuple):
    """Of the rewards of each dataset for one target, as measured, `[arm]`."""

    mean: np.ndarray  # NaN without rewards
    sd: np.ndarray  # NaN with fewer than two
    count: np.ndarray


def moments(table: RewardTable, target: str) -> Moments:
    """Mean, standard deviation and number of each dataset's rewards for a target, as measured."""
    rewards = table.rewards[table.place(target)]
    there = ~np.isnan(rewards)
    count = there.sum(axis=1)
    mean = np.where(there, rewards, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(there, (rewards - mean[:, None]) ** 2, 0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    return Moments(np.where(count > 0, mean, np.nan), np.where(count > 1, sd, np.nan), count)


def rows(table: RewardTable) -> list[dict[str, Any]]:
    """A row for each target that has rewards and each dataset; None where there is no figure."""
    pool, found = table.identity.pool, []
    failed = Counter((cell.target, cell.dataset) for cell in table.failures)
    for target in table.built():
        figures = zip(*(field.tolist() for field in moments(table, target)), strict=True)
        for arm, (mean, sd, count) in enumerate(figures):
            dataset, group = pool.datasets[arm], pool.groups[pool.group[arm]]
            found.append(
                {
                    "target": target,
                    "dataset": dataset,
                    "group": group,
                    "replicates": count,
                    "failed": failed[target, dataset],
                    "mean": mean if count else None,
                    "sd": sd if count > 1 else None,
                }
            )
    return found


def facts(table: RewardTable) -> list[str]:
    """What the table is about, and how it differs from a full one, a line each."""
    about = table.identity
    floors = [value for value in about.floor if value is not None]
    stated = [f"reward '{about.reward}'", f"{about.direction} is better"]
    stated += [f"unit {about.unit}"] if about.unit else ["unit not stated"]
    if floors:
        ends = f"{min(floors):.4g} to {max(floors):.4g}" if len(set(floors)) > 1 else floors[0]
        stated.append(f"floor {ends} for {len(floors)} of {len(about.targets)} targets")
    else:
        stated.append("no floor stated")
    return [", ".join(stated), *_gaps(table), *_failures(table)]


def figures(table: RewardTable) -> list[Table | str]:
    """Mean rewards: of all datasets for a small table, else of the best and the worst.

    A last line says what is not shown.
    """
    few = len(table.identity.pool.datasets) <= _MOST_DATASETS
    return [_whole(table)] if few and len(table.built()) <= _MOST_TARGETS else _ranked(table)


def _gaps(table: RewardTable) -> list[str]:
    targets = table.built()
    if not targets:
        return ["it holds no rewards yet"]
    counts = np.stack([table.counts(target) for target in targets])
    there, shape = counts[counts > 0], counts.shape
    lines = [
        f"{counted(shape[0], 'target')} with rewards, {counted(shape[1], 'dataset')}; replicates "
        f"of a cell that has any: {_range(there)}"
    ]
    some = set(targets)
    without = [target for target in table.identity.targets if target not in some]
    if without:
        lines.append(f"targets without any reward: {_named(without)}")
    missing = (counts == 0).sum(axis=1)
    if missing.any():
        lacking = [target for target, gaps in zip(targets, missing, strict=True) if gaps]
        lines.append(
            f"cells missing: {int(missing.sum()):,} of {counts.size:,}, datasets lack for "
            f"{_named(lacking)}"
        )
    return lines


def _failures(table: RewardTable) -> list[str]:
    reasons = Counter(table.failures.values()).most_common()
    if not reasons:
        return []
    said = [f"{reason} ({times:,} times)" for reason, times in reasons[:_MOST_NAMED]]
    more = [f"{len(reasons) - _MOST_NAMED} more reasons"] if len(reasons) > _MOST_NAMED else []
    return [f"measurements failed: {len(table.failures):,}: {'; '.join([*said, *more])}"]


def _whole(table: RewardTable) -> Table:
    """A row a dataset and a column a target."""
    pool, targets, digits = table.identity.pool, table.built(), _digits(table)
    shown = Table(title="mean reward ± standard error of each dataset for each target")
    shown.add_column("group")
    shown.add_column("dataset")
    columns = []
    for target in targets:
        found = moments(table, target)
        shown.add_column(f"{target} x{_range(found.count)}", justify="right")
        columns.append([_figure(found, arm, digits) for arm in range(len(pool.datasets))])
    for arm, dataset in enumerate(pool.datasets):
        shown.add_row(pool.groups[pool.group[arm]], dataset, *(column[arm] for column in columns))
    return shown


def _ranked(table: RewardTable) -> list[Table | str]:
    """The best and the worst datasets of each target."""
    pool, targets, digits = table.identity.pool, table.built(), _digits(table)
    ranked = targets[:_MOST_RANKED]
    best = max(3, 30 // len(ranked))
    worst = best // 3
    shown = Table(title="mean reward ± standard error of the best and the worst datasets")
    for column in ("target", "rank", "group", "dataset", "mean", "replicates"):
        shown.add_column(column, justify="left" if column in _LEFT else "right")
    for target in ranked:
        found = moments(table, target)
        for place, arm in _best_and_worst(found, table.identity.direction, best, worst):
            shown.add_row(
                target if place == 0 else "",
                f"{place + 1:,}",
                pool.groups[pool.group[arm]],
                pool.datasets[arm],
                _figure(found, arm, digits),
                f"{found.count[arm]:,}",
            )
        shown.add_section()
    return [shown, *_left_out(len(pool.datasets), best + worst, len(targets) - len(ranked))]


def _best_and_worst(found: Moments, direction: str, best: int, worst: int) -> list[tuple[int, int]]:
    """Rank, from 0, and number of the datasets at both ends; of all if there are no more."""
    sign = -1 if direction == "lower" else 1
    order = np.argsort(-sign * found.mean, kind="stable")  # NaN last
    ranks = list(enumerate(order[: int((found.count > 0).sum())].tolist()))
    if len(ranks) <= best + worst:
        return ranks
    return [*ranks[:best], *ranks[len(ranks) - worst :]]


def _left_out(datasets: int, shown: int, targets: int) -> list[str]:
    words = [f"up to {datasets - shown:,} datasets of each target"] if datasets > shown else []
    words += [f"{targets:,} targets"] if targets else []
    return [f"not shown: {' and '.join(words)}; --json has all"] if words else []


def _figure(found: Moments, arm: int, digits: int) -> str:
    count = found.count[arm]
    if not count:
        return "-"
    error = f" ± {found.sd[arm] / count**0.5:.{digits}f}" if count > 1 else ""
    return f"{found.mean[arm]:.{digits}f}{error}"


def _digits(table: RewardTable) -> int:
    """Digits after the point, so that the largest reward has at least three."""
    largest = float(np.nanmax(np.abs(table.rewards))) or 1.0
    return min(max(2 - math.floor(math.log10(largest)), 3 if largest < 1000 else 0), 12)


def _range(counts: np.ndarray) -> str:
    least, most = counts.min(), counts.max()
    return f"{least}" if least == most else f"{least}-{most}"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMED]) + more
