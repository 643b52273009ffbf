"""Adding to a reward table: one process at a time, and nothing half written."""

import contextlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store import files
from dashjax.store.reward_table import (
    ACCURACIES,
    REWARDS,
    SCHEMA_VERSION,
    SCHEMAS,
    Cell,
    Identity,
    Job,
    RewardTable,
    assemble,
    part_names,
    read_manifest,
)


class Writer:
    """Adds rows to a table that this process holds."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
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
        self._manifest["content"] = self.table().content
        self._manifest["parts"] = part_names(self._path)
        _write_manifest(self._path, self._manifest)

    def _add(self, folder: str, rows: list[dict[str, Any]], schema: pa.Schema, value: str) -> None:
        for row in rows:
            if not math.isfinite(row[value]):
                raise InputError(
                    f"target '{row['target']}' has {value} {row[value]} in replicate "
                    f"{row['replicate']}; training diverged, try a smaller learning rate"
                )
        files.write_part(self._path / folder, pa.Table.from_pylist(rows, schema=schema))


@contextlib.contextmanager
def writing(path: Path, identity: Identity, origin: dict[str, Any]) -> Iterator[Writer]:
    """Opens a table for adding to it, or makes a new one; seals it at the end, come what may.

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


def _open_or_new(path: Path, identity: Identity, origin: dict[str, Any]) -> dict[str, Any]:
    """The manifest of the table in the folder, or a new one where nothing has been measured yet."""
    if (path / "manifest.json").exists():
        manifest = read_manifest(path)
        if part_names(path):
            _check_same(path, manifest["identity"], identity)
            return manifest
    elif path.exists() and not (path.is_dir() and files.is_empty(path)):
        raise InputError(f"{path} exists and is no reward table; give another --out")
    return {"schema": SCHEMA_VERSION, "identity": asdict(identity), "origin": origin}


def _check_same(path: Path, saved: dict[str, Any], identity: Identity) -> None:
    for key, value in json.loads(json.dumps(asdict(identity))).items():
        if saved[key] == value:
            continue
        if key in ("pool", "targets", "fingerprint"):
            raise InputError(f"{path} is a table of another pool; give another --out")
        raise InputError(
            f"{path} is a table with other {key}: {_difference(saved[key], value)}; "
            f"go on with what it was built with, or in another folder"
        )


def _difference(saved: Any, value: Any) -> str:
    if not isinstance(saved, dict):
        return f"{saved}, not {value}"
    keys = sorted(k for k in saved.keys() | value.keys() if saved.get(k) != value.get(k))
    return ", ".join(f"{key} {saved.get(key)}, not {value.get(key)}" for key in keys)


def _write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2) + "\n"
    files.write_whole(path / "manifest.json", lambda file: file.write_text(text))
