"""Two tables side by side: what differs, and one table of both."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.cells import ACCURACIES, REWARDS
from dashjax.store.identity import Cell
from dashjax.store.reward_table import RewardTable
from dashjax.store.table_writer import check_free, write_table

_PARTS = ("pool", "targets", "fingerprint", "reward", "training", "versions")
_STATED = ("unit", "direction", "floor")


def differences(one: RewardTable, other: RewardTable) -> Iterator[str]:
    """What differs between two tables, a line each; nothing if they say the same."""
    old, new = asdict(one.identity), asdict(other.identity)
    for key in (*_PARTS, *_STATED):
        if old[key] != new[key]:
            yield f"{key}: {_short(old[key])} in {one.path}, {_short(new[key])} in {other.path}"
    mine, theirs = one.identity, other.identity
    yield from _names(one, other, "dataset", mine.pool.datasets, theirs.pool.datasets)
    yield from _names(one, other, "target", mine.targets, theirs.targets)
    if old["pool"] == new["pool"] and old["targets"] == new["targets"]:
        yield from _cells(one, other)


def merge(tables: list[RewardTable], out: Path) -> RewardTable:
    """A new table of the rewards of several, which must be about the same.

    Raises:
        InputError: if they are about different things, or two hold different rewards of one cell.
    """
    check_free(out)
    first = tables[0]
    for other in tables[1:]:
        for line in differences(first, other):
            if not line.startswith(("cells in", "failed")):
                raise InputError(f"{first.path} and {other.path} do not go together: {line}")
    rows = pa.concat_tables([_rows(table) for table in tables])
    accuracies = pa.Table.from_pylist(
        [
            {"target": job.target, "datasets": sorted(job.datasets), "replicate": job.replicate}
            | {"accuracy": value, "seconds": 0.0}
            for table in tables
            for job, value in table.accuracies.items()
        ],
        schema=ACCURACIES,
    )
    return write_table(out, first.identity, first.origin, rows, accuracies)


def _rows(table: RewardTable) -> pa.Table:
    """A table's rewards and failures as columns."""
    targets, datasets = table.identity.targets, table.identity.pool.datasets
    target, arm, replicate = np.nonzero(table.measured)
    columns = {
        "target": pa.array(targets, pa.string()).take(pa.array(target)),
        "replicate": pa.array(replicate.astype(np.int32)),
        "seconds": pa.array(np.zeros(len(target))),
        "dataset": pa.array(datasets, pa.string()).take(pa.array(arm)),
        "reward": pa.array(table.rewards[target, arm, replicate]),
        "failure": pa.nulls(len(target), pa.string()),
    }
    failed = [
        cell._asdict() | {"seconds": 0.0, "failure": why} for cell, why in table.failures.items()
    ]
    return pa.concat_tables(
        [pa.table(columns, schema=REWARDS), pa.Table.from_pylist(failed, schema=REWARDS)]
    )


def _names(
    one: RewardTable, other: RewardTable, what: str, old: tuple[str, ...], new: tuple[str, ...]
) -> Iterator[str]:
    for table, names, known in ((one, old, {*new}), (other, new, {*old})):
        alone = [name for name in names if name not in known]
        if alone:
            yield f"{what}s in {table.path} alone: {_short(alone)}"


def _cells(one: RewardTable, other: RewardTable) -> Iterator[str]:
    """Cells that one table alone has, or that have other values."""
    depth = max(one.rewards.shape[2], other.rewards.shape[2])
    old, new = (_deepened(table.rewards, depth) for table in (one, other))
    there, here = ~np.isnan(old), ~np.isnan(new)
    for table, alone in ((one, there & ~here), (other, here & ~there)):
        if alone.any():
            yield f"cells in {table.path} alone: {int(alone.sum()):,}, first {_cell(one, alone)}"
    unlike = there & here & (old != new)
    if unlike.any():
        place = tuple(np.argwhere(unlike)[0])
        yield (
            f"cells with other rewards: {int(unlike.sum()):,}, first {_cell(one, unlike)}: "
            f"{old[place]} and {new[place]}"
        )
    if one.failures != other.failures:
        yield f"failed cells: {len(one.failures)} and {len(other.failures)}"


def _deepened(rewards: np.ndarray, depth: int) -> np.ndarray:
    missing = depth - rewards.shape[2]
    return np.pad(rewards, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)


def _cell(table: RewardTable, mask: np.ndarray) -> str:
    target, arm, replicate = (int(number) for number in np.argwhere(mask)[0])
    about = table.identity
    cell = Cell(about.targets[target], about.pool.datasets[arm], replicate)
    return f"target '{cell.target}', dataset '{cell.dataset}', replicate {cell.replicate}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
