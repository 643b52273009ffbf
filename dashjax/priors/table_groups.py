"""How much groups explain of a table's rewards, and which of several groupings explains most.

By the model of the belief `learned`, over all rewards of a target: its grid of spreads has a
posterior, and the rewards a marginal likelihood under each grouping (docs/mathematics.md, 10).
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.cluster import hierarchy

from dashjax.bandit.beliefs.unit_free import USUAL, Looks, log_evidence, posterior
from dashjax.errors import InputError, closest
from dashjax.pools.grouping import Grouping, single
from dashjax.store.reward_table import RewardTable

AS_STATED, NONE, FOUND = "as stated", "no groups", "from other targets"
_ENDS = 0.05, 0.95
_FEWEST = 3  # targets by which groups are found from the others of each
_SMALL, _MOST = 64, 30  # datasets of a small table; groups that are looked for, at most


class Explained(NamedTuple):
    """What a grouping explains of one target's rewards.

    `share` is the posterior mean of the groups' part of the variance between datasets, `low` and
    `high` its 90 % interval; `log_evidence` is the log marginal likelihood, which counts only in
    differences between groupings of the same target.

    Example:
        >>> import dashjax as dj
        >>> dj.Explained._fields[:3]
        ('grouping', 'target', 'groups')
    """

    grouping: str
    target: str
    groups: int
    share: float
    low: float
    high: float
    log_evidence: float


def table_groups(
    table: RewardTable, groupings: dict[str, Grouping] | None = None
) -> list[Explained]:
    """How much each grouping explains of each target's rewards.

    Args:
        table: the rewards; targets where every dataset has a single one are left out.
        groupings: others to be compared, by name; see `read_groupings`.

    Returns:
        A row a grouping and target: of the table's own grouping, of no groups, of those given
        and, where there are three targets or more, of groups found from the other targets.

    Raises:
        InputError: if the table holds no target with two rewards of a dataset.

    Example:
        >>> import dashjax as dj
        >>> found = dj.table_groups(dj.load_table("tables/mine"))
        >>> [one.grouping for one in found][:2]
        ['as stated', 'as stated']
    """
    pool, cells = table.identity.pool, {}
    for target in table.built():
        rewards = table.higher(target)
        if ((~np.isnan(rewards)).sum(1) > 1).any():
            cells[target] = _standardised(rewards)
    if not cells:
        raise InputError(
            f"no dataset of {table.path} has two rewards for one target, so that noise and "
            f"datasets cannot be told apart; measure again with --replicates 2 or more, or import "
            f"repeats"
        )
    own = {AS_STATED: pool.grouping, NONE: single(len(pool.datasets))}
    found = [
        explained(name, target, grouping, rewards)
        for name, grouping in {**own, **(groupings or {})}.items()
        for target, rewards in cells.items()
    ]
    if len(cells) >= _FEWEST:
        found += [
            explained(FOUND, target, found_from_others(cells, target), rewards)
            for target, rewards in cells.items()
        ]
    return found


def explained(name: str, target: str, grouping: Grouping, rewards: np.ndarray) -> Explained:
    """What a grouping explains of rewards `[arm, replicate]`, NaN where there is none."""
    share, mass, evidence = (np.asarray(part) for part in _judged(_looks(grouping, rewards)))
    order = np.argsort(share, kind="stable")
    cumulated = np.cumsum(mass[order])
    low, high = (
        share[order][min(np.searchsorted(cumulated, end), len(share) - 1)] for end in _ENDS
    )
    return Explained(
        name,
        target,
        grouping.groups,
        float(share @ mass),
        float(low),
        float(high),
        float(evidence),
    )


def explained_of(group: Sequence[str], rewards: Sequence[Sequence[float]]) -> Explained | None:
    """What groups explain of some rewards; None where that cannot be told from so few.

    Args:
        group: of each dataset.
        rewards: of each dataset, as many as it has.
    """
    names, most = tuple(dict.fromkeys(group)), max(map(len, rewards), default=0)
    if most < 2 or len(names) < 2:
        return None
    cells = np.array([[*own, *[np.nan] * (most - len(own))] for own in rewards])
    grouping = Grouping(tuple(names.index(name) for name in group), names)
    return explained(AS_STATED, "", grouping, _standardised(cells))


def found_from_others(cells: dict[str, np.ndarray], target: str) -> Grouping:
    """Datasets grouped by their mean rewards for the other targets.

    By average linkage of their rows; of all numbers of groups the one under which the rewards of
    the other targets are likeliest. The target's own rewards are not looked at.
    """
    others = {name: rewards for name, rewards in cells.items() if name != target}
    rows = np.stack([_means(rewards) for rewards in others.values()], axis=1)
    tree = hierarchy.linkage(np.nan_to_num(rows), "average")
    tried = [_cut(tree, count) for count in range(1, min(len(rows), _MOST + 1))]
    several = {grouping.group: grouping for grouping in tried}
    return max(
        several.values(),
        key=lambda grouping: sum(
            explained("", "", grouping, rewards).log_evidence for rewards in others.values()
        ),
    )


def read_groupings(path: Path, datasets: Sequence[str]) -> dict[str, Grouping]:
    r"""Groupings of a table's datasets from a CSV file: a column `dataset`, and one a grouping.

    Args:
        path: the file.
        datasets: their names, in the order of the pool.

    Example:
        >>> import dashjax as dj
        >>> from pathlib import Path
        >>> _ = Path("groups.csv").write_text("dataset,kind\na,ink\nb,chalk\n")
        >>> dj.read_groupings(Path("groups.csv"), ["a", "b"])["kind"].names
        ('ink', 'chalk')

    Raises:
        InputError: if the file has no such column or no other, or a dataset lacks, is unknown, is
            there twice or has an empty group.
        OSError: if it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or []), list(reader)
    names = [column for column in columns if column != "dataset"]
    if "dataset" not in columns or not names:
        raise InputError(f"{path} needs a column 'dataset' and one or more with groups beside it")
    place = {}
    for row in rows:
        if row["dataset"] not in datasets:
            hint = closest(str(row["dataset"]), datasets)
            raise InputError(f"{path}: the table has no dataset '{row['dataset']}'{hint}")
        if row["dataset"] in place:
            raise InputError(f"{path}: dataset '{row['dataset']}' is there twice; keep one row")
        place[row["dataset"]] = row
    missing = [dataset for dataset in datasets if dataset not in place]
    if missing:
        raise InputError(f"{path} has no row for dataset '{missing[0]}'; add one with its groups")
    return {name: _of_column(path, name, [place[one] for one in datasets]) for name in names}


def _of_column(path: Path, name: str, rows: Sequence[dict]) -> Grouping:
    for row in rows:
        if not row[name]:
            raise InputError(f"{path}: dataset '{row['dataset']}' has no group in column '{name}'")
    names = list(dict.fromkeys(row[name] for row in rows))
    return Grouping(tuple(names.index(row[name]) for row in rows), tuple(names))


def _standardised(rewards: np.ndarray) -> np.ndarray:
    """The same in a unit of its own, so that float32 is enough; no comparison changes."""
    spread = float(np.nanstd(rewards))
    return (rewards - np.nanmean(rewards)) / (spread if spread > 0 else 1.0)


def _means(rewards: np.ndarray) -> np.ndarray:
    count = (~np.isnan(rewards)).sum(1)
    total = np.nansum(rewards, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _cut(tree: np.ndarray, count: int) -> Grouping:
    """The tree's datasets in that many groups, or fewer."""
    group = hierarchy.fcluster(tree, count, "maxclust")
    names, numbered = np.unique(group, return_inverse=True)
    return Grouping(tuple(numbered.tolist()), tuple(f"group {name}" for name in names))


def _looks(grouping: Grouping, rewards: np.ndarray) -> Looks:
    """Of all rewards, in groups that are padded with datasets never seen; of one noise."""
    there = ~np.isnan(rewards)
    count, mean = there.sum(1).astype(float), np.nan_to_num(_means(rewards))
    squares = np.where(there, (rewards - mean[:, None]) ** 2, 0).sum(1)
    # one shape for all groupings of a small table, so that one program serves
    shape = (len(rewards),) * 2 if len(rewards) <= _SMALL else grouping.arm.shape
    parts = np.zeros((3, *shape))
    parts[:, np.asarray(grouping.group), grouping.slot] = count, mean, squares
    counts, means, within = (jnp.asarray(part) for part in parts)
    return Looks(counts, means, within, jnp.ones_like(counts))


@jax.jit
def _judged(looks: Looks) -> tuple[jax.Array, ...]:
    """At each point of the grid the groups' share of the variance and its mass; the evidence."""
    share = jnp.asarray(USUAL.group / (USUAL.group + USUAL.arm), looks.mean.dtype)
    parts = share.reshape(-1), posterior(USUAL, looks).mass.reshape(-1)
    return *parts, log_evidence(USUAL, looks)
