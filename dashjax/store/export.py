"""A reward table as one file that says all the table says: CSV or Parquet.

One reward a row, in the columns

    target, group, dataset, replicate, reward, failure, size, cost, about

A row without a reward has a reason in `failure` if its measurement failed; otherwise it only says
that its target and dataset are in the table, so that the order of both is that of their first rows
and none is lost that was never measured. `size` and `cost` are the dataset's. `about` holds, in the
first row alone, the rest of what the table is about, as JSON: unit, direction, floors, settings.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from dashjax.errors import InputError
from dashjax.store import files
from dashjax.store.reward_table import RewardTable

COLUMNS = (
    *("target", "group", "dataset", "replicate", "reward"),
    *("failure", "size", "cost", "about"),
)
VERSION = 1
ALIKE = ("reward", "unit", "direction", "fingerprint", "training", "versions")  # of an identity
MARK = "dashjax reward table"  # the key in `about` by which such a file is known


def export_table(table: RewardTable, path: str | Path) -> None:
    """Writes a table to a `.csv` or `.parquet` file; `import_table` makes an equal table of it.

    A file that is there already is replaced. The seconds that measuring took are left out.

    Raises:
        InputError: if the path has another ending, is a folder, or lies in a folder that is not
            there.

    Example:
        >>> import dashjax as dj
        >>> dj.export_table(dj.load_table("tables/mine"), "mine.csv")
    """
    path = Path(path)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(f"{path} has neither of the endings that can be written: .csv, .parquet")
    if path.is_dir() or not path.parent.is_dir():
        fault = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise InputError(f"{path} {fault}; give the path of a file")
    rows = exported_rows(table)
    files.write_whole(path, lambda temporary: write(rows, temporary))


def exported_rows(table: RewardTable) -> pa.Table:
    """The rows of the file."""
    pool, rows = table.identity.pool, _rows(table)
    there = rows.replicate >= 0
    reward = np.full(len(there), np.nan)
    reward[there] = table.rewards[rows.target[there], rows.arm[there], rows.replicate[there]]
    about = np.where(np.arange(len(there)) == 0, 0, -1)
    columns = [
        _named(rows.target, table.identity.targets),
        _named(np.asarray(pool.group)[rows.arm], pool.groups),
        _named(rows.arm, pool.datasets),
        pa.array(rows.replicate.astype(np.int32), mask=~there),
        pa.array(reward, mask=np.isnan(reward)),
        _named(rows.failure, tuple(table.failures.values())),
        pa.array(np.asarray(pool.sizes, np.int64)[rows.arm]),
        pa.array(np.asarray(pool.costs, float)[rows.arm]),
        _named(about, (json.dumps(_about(table)),)),
    ]
    return pa.table(columns, names=list(COLUMNS))


class _Rows(NamedTuple):
    """The rows of the file by number."""

    target: np.ndarray
    arm: np.ndarray
    replicate: np.ndarray  # -1 where a cell is only declared
    failure: np.ndarray  # place among the table's failures; -1 where there is none


def _rows(table: RewardTable) -> _Rows:
    """Rewards, failures and declared cells, by target, dataset and replicate.

    Declared are cells of the first target, and the first dataset of each further target, that
    would else have no row; so the file names all datasets and targets, in order.
    """
    targets, arms, _ = table.rewards.shape
    failure = np.full(table.rewards.shape, -1, np.int32)
    target = {name: place for place, name in enumerate(table.identity.targets)}
    arm = {name: place for place, name in enumerate(table.identity.pool.datasets)}
    for place, cell in enumerate(table.failures):
        failure[target[cell.target], arm[cell.dataset], cell.replicate] = place
    tried = table.measured | (failure >= 0)
    declared = np.zeros((targets, arms), bool)
    declared[0] = ~tried[0].any(axis=1)
    declared[~tried.any(axis=(1, 2)), 0] = True
    places = np.nonzero(np.concatenate([declared[:, :, None], tried], axis=2))
    failure = np.concatenate([np.full((targets, arms, 1), -1, np.int32), failure], axis=2)
    return _Rows(places[0], places[1], places[2] - 1, failure[places])


def _about(table: RewardTable) -> dict[str, Any]:
    """What the rows do not say."""
    identity = table.identity
    kept = asdict(identity)
    floors = dict(zip(identity.targets, identity.floor, strict=False))
    about = {MARK: VERSION} | {name: kept[name] for name in ALIKE}
    about |= {"floor": floors, "groups": identity.pool.groups, "origin": table.origin}
    about["accuracies"] = [
        [job.target, sorted(job.datasets), job.replicate, value]
        for job, value in table.accuracies.items()
    ]
    return about


def _named(numbers: np.ndarray, names: tuple[str, ...]) -> pa.DictionaryArray:
    """Names by number, null below 0."""
    places = pa.array(numbers.astype(np.int32), mask=numbers < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(names, pa.string()))


def _write_csv(rows: pa.Table, path: Path) -> None:
    """Writes CSV to a path of any bytes, which Arrow by itself refuses."""
    with path.open("wb") as file:
        pc.write_csv(rows, file)


_WRITERS = {".csv": _write_csv, ".parquet": files.write_rows}
