"""Columns of rewards, as they lie on disk, and the dense array that they make up."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store import columns
from dashjax.store.identity import Cell, Identity, Job

_KEYS = [("target", pa.string()), ("replicate", pa.int32()), ("seconds", pa.float64())]
REWARDS = pa.schema(
    [*_KEYS, ("dataset", pa.string()), ("reward", pa.float64()), ("failure", pa.string())]
)
ACCURACIES = pa.schema([*_KEYS, ("datasets", pa.list_(pa.string())), ("accuracy", pa.float64())])
SCHEMAS = {"rewards": REWARDS, "accuracies": ACCURACIES}
MAY_LACK = {"reward", "failure"}  # a row has one of the two
_SPARSE = 64  # numbers of the dense array that a row may cost, beyond a million


class Rewards(NamedTuple):
    """All rewards of a table.

    Attributes:
        values: float64 `[target, arm, replicate]`; NaN where there is none.
        failures: why a measurement failed, for each that did and was not made again.
        seconds: spent on all of them.
    """

    values: np.ndarray
    failures: dict[Cell, str]
    seconds: float


class _Places(NamedTuple):
    """Where each row belongs in the dense array."""

    target: np.ndarray
    arm: np.ndarray
    replicate: np.ndarray
    shape: tuple[int, int, int]

    @property
    def flat(self) -> np.ndarray:
        """The number of each row's place, `[target, arm, replicate]` read row by row."""
        _, arms, depth = self.shape
        return (self.target.astype(np.int64) * arms + self.arm) * depth + self.replicate


def rewards_of(path: Path, identity: Identity, rows: pa.Table) -> Rewards:
    """The dense array of some rows, whatever their order; the same row may come again.

    Args:
        path: what messages name.
        identity: the names of targets and datasets.
        rows: columns of `REWARDS`, of text or of numbers of texts.

    Raises:
        InputError: naming the row that the table cannot have, or two that contradict each other.
    """
    places = _places(path, identity, rows)
    flat, failed = places.flat, columns.present(rows["failure"])
    if not np.array_equal(columns.present(rows["reward"]), ~failed):
        raise InputError(f"{path} has rows with neither a reward nor a failure, or both")
    measured = np.flatnonzero(~failed)
    reward = columns.values(rows["reward"], np.float64)[measured]
    if not np.isfinite(reward).all():
        row = int(np.flatnonzero(~np.isfinite(reward))[0])
        cell = _cell(identity, places, int(measured[row]))
        raise InputError(f"{path} holds {reward[row]} for {cell}, no number; build the table anew")
    values = np.full(places.shape, np.nan)
    dense, here = values.reshape(-1), flat[measured]
    dense[here] = reward
    unlike = np.flatnonzero(dense[here] != reward)  # a later row has put another value there
    if len(unlike):
        row = int(unlike[0])
        raise InputError(
            f"{path} holds both {reward[row]} and {dense[here[row]]} for "
            f"{_cell(identity, places, int(measured[row]))}; delete one of those parts"
        )
    lost = np.flatnonzero(failed)
    lost = lost[np.isnan(dense[flat[lost]])]
    failures = _failures(identity, places, lost, rows["failure"])
    return Rewards(values, failures, float(columns.values(rows["seconds"], np.float64).sum()))


def each_once(path: Path, identity: Identity, rows: pa.Table) -> pa.Table:
    """The rows in order, each cell once: its reward if it has one, else a failure."""
    flat, failed = _places(path, identity, rows).flat, columns.present(rows["failure"])
    order = np.lexsort((failed, flat))
    new = np.diff(flat[order], prepend=-1) != 0
    return rows.take(pa.array(order[new]))


def trained_once(rows: pa.Table) -> pa.Table:
    """The rows of accuracies, each training of a selection once."""
    found = {
        (row["target"], frozenset(row["datasets"]), row["replicate"]): row
        for row in rows.to_pylist()
    }
    return pa.Table.from_pylist(list(found.values()), schema=ACCURACIES)


def content_hash(identity: Identity, rewards: Rewards, accuracies: dict[Job, float]) -> str:
    """A hash of what a table says, whatever the order of its rows and their split into parts."""
    digest = hashlib.sha256(identity.digest.encode())
    digest.update(repr(rewards.values.shape).encode())
    for values in rewards.values:
        plain = np.where(np.isnan(values), np.nan, values + 0.0)  # no -0, one NaN
        digest.update(plain.astype("<f8").tobytes())
    digest.update(repr(sorted(rewards.failures.items())).encode())
    rows = [
        job._asdict() | {"datasets": sorted(job.datasets), "accuracy": value}
        for job, value in accuracies.items()
    ]
    digest.update(repr(sorted(repr(sorted(row.items())) for row in rows)).encode())
    return digest.hexdigest()


def depth_of(path: Path | str, replicate: np.ndarray, cells: int) -> int:
    """How many replicates the array must hold.

    Args:
        path: what messages name.
        replicate: of each row.
        cells: targets times datasets.

    Raises:
        InputError: if a replicate is below 0, or so large that the array would be all but empty.
    """
    if not len(replicate):
        return 0
    least, depth = int(replicate.min()), int(replicate.max()) + 1
    if least < 0:
        raise InputError(f"{path} holds replicate {least}; replicates count from 0")
    if depth * cells > _SPARSE * len(replicate) + 1_000_000:
        size = depth * cells * 8 / 1e9
        raise InputError(
            f"{path} numbers a replicate {depth - 1:,}, but has {len(replicate):,} rewards: an "
            f"array of all would take {size:,.1f} GB; number replicates from 0 without gaps"
        )
    return depth


def _places(path: Path, identity: Identity, rows: pa.Table) -> _Places:
    targets, datasets = identity.targets, identity.pool.datasets
    target = _index(path, rows, "target", targets)
    arm = _index(path, rows, "dataset", datasets)
    replicate = columns.values(rows["replicate"], np.int32)
    depth = depth_of(path, replicate, len(targets) * len(datasets))
    return _Places(target, arm, replicate, (len(targets), len(datasets), depth))


def _index(path: Path, rows: pa.Table, column: str, names: tuple[str, ...]) -> np.ndarray:
    """The place of each row's name."""
    numbers, found = columns.coded(rows[column])
    places = {name: place for place, name in enumerate(names)}
    for name in found:
        if name not in places:
            raise InputError(
                f"{path} holds a reward of {column} '{name}', which is none of its own; build the "
                f"table anew"
            )
    return np.array([places[name] for name in found], np.int32)[numbers]


def _failures(
    identity: Identity, places: _Places, rows: np.ndarray, column: pa.ChunkedArray
) -> dict[Cell, str]:
    """The reason of each cell that failed: the first by the alphabet if there are several."""
    numbers, reasons = columns.coded(column)
    found: dict[Cell, str] = {}
    for row in rows:
        cell, reason = _cell(identity, places, row), reasons[numbers[row]]
        found[cell] = min(reason, found.get(cell, reason))
    return found


def _cell(identity: Identity, places: _Places, row: int | np.integer) -> Cell:
    target, dataset = places.target[row], places.arm[row]
    names = identity.targets[target], identity.pool.datasets[dataset]
    return Cell(*names, int(places.replicate[row]))
