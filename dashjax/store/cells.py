"""Columns of rewards, as they lie on disk, and the dense array that they make up."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.identity import Cell, Identity

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


def rewards_of(path: Path, identity: Identity, rows: pa.Table) -> Rewards:
    """The dense array of some rows, whatever their order; the same row may come again.

    Raises:
        InputError: naming the row that the table cannot have, or two that contradict each other.
    """
    targets, datasets = identity.targets, identity.pool.datasets
    target = _index(path, rows, "target", targets)
    dataset = _index(path, rows, "dataset", datasets)
    replicate = rows["replicate"].to_numpy().astype(np.int64)
    depth = depth_of(path, replicate, len(targets) * len(datasets))
    reward = rows["reward"].to_numpy(zero_copy_only=False).astype(np.float64)
    failed = np.asarray(rows["failure"].is_valid())
    values = np.full((len(targets), len(datasets), depth), np.nan)
    flat = (target * len(datasets) + dataset) * depth + replicate
    measured = np.flatnonzero(~failed)
    _check_finite(path, rows, reward, measured)
    _check_agree(path, rows, flat, reward, measured)
    values.reshape(-1)[flat[measured]] = reward[measured]
    lost = [place for place in np.flatnonzero(failed) if np.isnan(values.reshape(-1)[flat[place]])]
    failures = {_cell(rows, int(place)): str(rows["failure"][int(place)].as_py()) for place in lost}
    return Rewards(values, failures, float(np.nansum(rows["seconds"].to_numpy())))


def content_hash(identity: Identity, rewards: Rewards, accuracies: pa.Table) -> str:
    """A hash of what a table says, whatever the order of its rows and their split into parts."""
    digest = hashlib.sha256(identity.digest.encode())
    values = np.ascontiguousarray(rewards.values)
    digest.update(repr(values.shape).encode())
    digest.update(np.where(np.isnan(values), np.nan, values + 0.0).tobytes())  # no -0, one NaN
    digest.update(repr(sorted(rewards.failures.items())).encode())
    rows = accuracies.drop_columns(["seconds"]).to_pylist()
    digest.update(repr(sorted({repr(sorted(row.items())) for row in rows})).encode())
    return digest.hexdigest()


def _index(path: Path, rows: pa.Table, column: str, names: tuple[str, ...]) -> np.ndarray:
    """The place of each row's name."""
    coded = rows[column].combine_chunks().dictionary_encode()
    places = {name: place for place, name in enumerate(names)}
    known = np.array([places.get(name, -1) for name in coded.dictionary.to_pylist()], np.int64)
    place = known[coded.indices.to_numpy()] if len(known) else np.zeros(0, np.int64)
    unknown = np.flatnonzero(place < 0)
    if len(unknown):
        name = rows[column][int(unknown[0])].as_py()
        raise InputError(
            f"{path} holds a reward of {column} '{name}', which is none of its own; build the "
            f"table anew"
        )
    return place


def depth_of(path: Path | str, replicate: np.ndarray, cells: int) -> int:
    """How many replicates the array must hold."""
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


def _check_finite(path: Path, rows: pa.Table, reward: np.ndarray, places: np.ndarray) -> None:
    bad = places[~np.isfinite(reward[places])]
    if len(bad):
        cell, value = _cell(rows, int(bad[0])), reward[bad[0]]
        raise InputError(f"{path} holds {value} for {cell}, no number; build the table anew")


def _check_agree(
    path: Path, rows: pa.Table, flat: np.ndarray, reward: np.ndarray, places: np.ndarray
) -> None:
    """The same row may come again in another part, but not with another value."""
    order = places[np.argsort(flat[places], kind="stable")]
    again = np.flatnonzero(np.diff(flat[order]) == 0)
    unlike = again[reward[order[again]] != reward[order[again + 1]]]
    if len(unlike):
        one, other = order[unlike[0]], order[unlike[0] + 1]
        raise InputError(
            f"{path} holds both {reward[one]} and {reward[other]} for {_cell(rows, int(one))}; "
            f"delete one of those parts"
        )


def _cell(rows: pa.Table, place: int) -> Cell:
    return Cell(*(rows[name][int(place)].as_py() for name in Cell._fields))
