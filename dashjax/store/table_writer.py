"""Adding to a reward table: one process at a time, and nothing half written."""

import contextlib
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store import files
from dashjax.store.cells import ACCURACIES, REWARDS, SCHEMAS, each_once, trained_once
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.manifest import Manifest, new_manifest, read_manifest, write_manifest
from dashjax.store.reward_table import RewardTable, assemble, load_table, part_names, read_some

_SMALL, _MANY = 1 << 20, 64  # bytes of parts that are put together, and how many there must be


class Writer:
    """Adds rows to a table that this process holds."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path, self._manifest = path, manifest

    def table(self) -> RewardTable:
        """The table as it now is, without parts that somebody removed."""
        return assemble(self._path, self._manifest)

    def add_rewards(self, rows: Iterable[tuple[Cell, float, float]]) -> None:
        """Commits rewards as (cell, reward, seconds).

        Raises:
            InputError: if a reward is not a finite number; then nothing is written.
        """
        found = [cell._asdict() | {"reward": r, "seconds": s} for cell, r, s in rows]
        self._add("rewards", found, REWARDS, "reward")

    def add_failures(self, rows: Iterable[tuple[Cell, str]]) -> None:
        """Commits measurements that failed, as (cell, reason)."""
        found = [cell._asdict() | {"failure": why, "seconds": 0.0} for cell, why in rows]
        self._part("rewards", found, REWARDS)

    def add_accuracies(self, rows: Iterable[tuple[Job, float, float]]) -> None:
        """Commits test accuracies as (job, accuracy, seconds).

        Raises:
            InputError: if an accuracy is not a finite number; then nothing is written.
        """
        found = [
            job._asdict() | {"datasets": sorted(job.datasets), "accuracy": a, "seconds": s}
            for job, a, s in rows
        ]
        self._add("accuracies", found, ACCURACIES, "accuracy")

    def seal(self) -> None:
        """Records in the manifest which parts there are and the hash of what they say."""
        self._manifest.content = self.table().content
        outdated = self._put_together()
        self._manifest.parts = [name for name in part_names(self._path) if name not in outdated]
        write_manifest(self._path, self._manifest)
        for name in outdated:
            (self._path / name).unlink()

    def _put_together(self) -> set[str]:
        """Writes many small parts again as one; the names of those not needed any more.

        These are deleted once the manifest does not name them: every reward is in some part at any
        time.
        """
        outdated: set[str] = set()
        for kind, schema in SCHEMAS.items():
            folder = self._path / kind
            small = [
                part for part in files.parts(folder) if (folder / part).stat().st_size < _SMALL
            ]
            if len(small) < _MANY:
                continue
            whole = files.write_part(folder, self._once(kind, read_some(folder, small, schema)))
            outdated |= {f"{kind}/{part}" for part in small if part != whole}
        return outdated

    def _once(self, kind: str, rows: pa.Table) -> pa.Table:
        """The rows without those that come again."""
        if kind == "accuracies":
            return trained_once(rows)
        return each_once(self._path, self._manifest.about, rows).cast(REWARDS)

    def _add(self, folder: str, rows: list[dict[str, Any]], schema: pa.Schema, value: str) -> None:
        for row in rows:
            if not math.isfinite(row[value]):
                raise InputError(
                    f"target '{row['target']}' has {value} {row[value]} in replicate "
                    f"{row['replicate']}; training diverged, try a smaller learning rate"
                )
        self._part(folder, rows, schema)

    def _part(self, folder: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
        files.write_part(self._path / folder, pa.Table.from_pylist(rows, schema=schema))


@contextlib.contextmanager
def writing(path: Path, identity: Identity, origin: dict[str, Any]) -> Iterator[Writer]:
    """Opens a table for adding to it, or makes a new one; seals it at the end, also after an error.

    Args:
        path: the table's folder.
        identity: what the table is, or is to be, about.
        origin: how the pool can be opened again; kept in a new table.

    Raises:
        InputError: if what lies there is no table, is about something else, or is being written.
    """
    _open_or_new(path, identity, origin)  # refuses before anything is made
    path.mkdir(parents=True, exist_ok=True)
    with files.only_writer(path, *SCHEMAS):
        writer = Writer(path, _open_or_new(path, identity, origin))
        writer.seal()
        try:
            yield writer
        finally:
            writer.seal()


def write_table(
    path: Path, identity: Identity, origin: dict[str, Any], rewards: pa.Table, accuracies: pa.Table
) -> RewardTable:
    """A new table of these rows, whole or not at all.

    Args:
        path: its folder, which must not exist or be empty.
        identity: what it is about.
        origin: how the pool can be opened again, or where the rewards came from.
        rewards: columns of `cells.REWARDS`.
        accuracies: columns of `cells.ACCURACIES`.

    Raises:
        InputError: if the folder is not free, or the rows do not make a table.
        OSError: if the disk refuses; then nothing is left.
    """
    check_free(path)
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=files.UNFINISHED, dir=path.parent))
    try:
        files.permit(fresh)
        for folder, rows in (("rewards", rewards), ("accuracies", accuracies)):
            if rows.num_rows:
                files.write_part(fresh / folder, rows)
        Writer(fresh, new_manifest(identity, origin)).seal()
        if path.exists():
            path.rmdir()
        fresh.rename(path)
    finally:
        if fresh.exists():
            shutil.rmtree(fresh)
            with contextlib.suppress(OSError):  # somebody has put something there meanwhile
                for folder in made:
                    folder.rmdir()
    return load_table(path)


def check_free(path: Path) -> None:
    """Refuses a folder in which something lies.

    Raises:
        InputError: naming it.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise InputError(f"{path} exists already; give another folder for the table")


def _open_or_new(path: Path, identity: Identity, origin: dict[str, Any]) -> Manifest:
    """The manifest of the table in the folder, or a new one where nothing has been measured yet."""
    if (path / "manifest.json").exists():
        manifest = read_manifest(path)
        if part_names(path):
            _check_same(path, manifest.about, identity)
            return manifest
    elif path.exists() and not (path.is_dir() and files.is_empty(path)):
        raise InputError(f"{path} exists and is no reward table; give another --out")
    return new_manifest(identity, origin)


def _check_same(path: Path, saved: Identity, identity: Identity) -> None:
    old, new = saved.plain(), identity.plain()
    for key, value in new.items():
        if old[key] == value:
            continue
        if key in ("pool", "targets", "fingerprint"):
            raise InputError(f"{path} is a table of another pool; give another --out")
        raise InputError(
            f"{path} is a table with other {key}: {_difference(old[key], value)}; "
            f"go on with what it was built with, or in another folder"
        )


def _difference(saved: Any, value: Any) -> str:
    if not isinstance(saved, dict):
        return f"{saved}, not {value}"
    keys = sorted(k for k in saved.keys() | value.keys() if saved.get(k) != value.get(k))
    return ", ".join(f"{key} {saved.get(key)}, not {value.get(key)}" for key in keys)
