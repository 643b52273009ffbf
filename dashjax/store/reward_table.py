"""The reward table: rewards `[target, arm, replicate]`, and where they came from.

A table is a folder: `manifest.json`, parts of rewards in `rewards/`, and parts of the test
accuracies of selections in `accuracies/`. A cell is in the table once its part has its final name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError, closest
from dashjax.store import columns, files
from dashjax.store.cells import MAY_LACK, SCHEMAS, content_hash, rewards_of
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.manifest import Manifest, read_manifest


@dataclass(frozen=True, eq=False)
class RewardTable:
    """A table as it is on disk.

    Attributes:
        path: its folder.
        identity: what it is about.
        origin: how the pool can be opened again: its name or path, and the options it was cut with.
        rewards: float64 `[target, arm, replicate]`, as measured; NaN where there is none.
        failures: why a measurement failed, for each that did and was not made again.
        accuracies: test accuracy of each job that is there.
        content: hash of all rewards, failures, accuracies and of the identity.
        seconds: time spent on all of them.

    Example:
        >>> import dashjax as dj
        >>> table = dj.load_table("tables/mine")
        >>> table.rewards.shape, table.identity.targets
        ((2, 4, 3), ('hand', 'knee'))
    """

    path: Path
    identity: Identity
    origin: dict[str, Any]
    rewards: np.ndarray
    failures: dict[Cell, str]
    accuracies: dict[Job, float]
    content: str
    seconds: float

    @property
    def measured(self) -> np.ndarray:
        """Which rewards there are, `[target, arm, replicate]`."""
        return ~np.isnan(self.rewards)

    def missing(self, targets: Iterable[str], replicates: int) -> list[Cell]:
        """Cells still to be computed, replicate by replicate; failed ones among them."""
        datasets, names = self.identity.pool.datasets, list(dict.fromkeys(targets))
        wanted = np.ones((replicates, len(names), len(datasets)), bool)
        for place, name in enumerate(names):
            there = self.rewards[self.place(name), :, :replicates]
            wanted[: there.shape[1], place] = np.isnan(there).T
        return [
            Cell(names[target], datasets[arm], int(replicate))
            for replicate, target, arm in np.argwhere(wanted)
        ]

    def replicates(self, target: str) -> int:
        """Replicates that every dataset has for a target, up to the first that one lacks."""
        complete = (~np.isnan(self.rewards[self.place(target)])).all(axis=0)
        return int(np.cumprod(complete).sum())

    def array(self, target: str) -> np.ndarray:
        """Rewards of a target that every dataset has, as measured, `[arm, replicate]`, float32.

        Raises:
            InputError: if the target is unknown or a dataset has no reward for it.
        """
        count = self.replicates(target)
        if count == 0:
            raise InputError(
                f"table {self.path} has no complete replicate for target '{target}'; "
                f"run 'dashjax table build' for it"
            )
        return self.rewards[self.place(target), :, :count].astype(np.float32)

    def higher(self, target: str) -> np.ndarray:
        """Rewards of a target such that higher is better, float64 `[arm, replicate]`.

        Each arm's rewards come first in its row, then NaN; there are as many columns as any arm of
        the target has rewards.

        Raises:
            InputError: if the target is unknown.
        """
        rewards = self.rewards[self.place(target)]
        missing = np.isnan(rewards)
        packed = np.take_along_axis(rewards, np.argsort(missing, axis=1, kind="stable"), axis=1)
        columns = int((~missing).sum(axis=1).max(initial=0))
        return self._sign * packed[:, :columns]

    def counts(self, target: str) -> np.ndarray:
        """How many rewards each arm has for a target, int32 `[arm]`."""
        return (~np.isnan(self.rewards[self.place(target)])).sum(axis=1).astype(np.int32)

    def floor(self, target: str) -> float | None:
        """The reward of taking nothing, such that higher is better; None where it is not stated."""
        floors = self.identity.floor
        value = floors[self.place(target)] if floors else None
        return None if value is None else self._sign * value

    def built(self) -> list[str]:
        """Targets with at least one reward, in the table's order."""
        return [
            t for t, any_ in zip(self.identity.targets, self.measured, strict=True) if any_.any()
        ]

    def check_targets(self, targets: Iterable[str]) -> None:
        """Refuses unknown targets.

        Raises:
            InputError: naming the target and those there are.
        """
        for target in targets:
            if target not in self._places:
                known = self.identity.targets
                shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
                raise InputError(
                    f"unknown target '{target}'{closest(target, known)}; table {self.path} has "
                    f"{shown}"
                )

    def accuracy(self, target: str, datasets: frozenset[str]) -> float | None:
        """Mean test accuracy of a selection over its trainings; None if there is none."""
        return self.mean_accuracies.get((target, datasets))

    @cached_property
    def mean_accuracies(self) -> dict[tuple[str, frozenset[str]], float]:
        """Mean test accuracy of each target and selection over its trainings."""
        found: dict[tuple[str, frozenset[str]], list[float]] = {}
        for job, accuracy in self.accuracies.items():
            found.setdefault(job[:2], []).append(accuracy)
        return {selection: float(np.mean(several)) for selection, several in found.items()}

    @property
    def _sign(self) -> float:
        return -1.0 if self.identity.direction == "lower" else 1.0

    def place(self, target: str) -> int:
        """The number of a target, in the table's order.

        Raises:
            InputError: if the target is unknown.
        """
        self.check_targets([target])
        return self._places[target]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {target: place for place, target in enumerate(self.identity.targets)}


def is_table(path: Path) -> bool:
    """Whether a folder looks like that of a reward table."""
    return (path / "rewards").is_dir()


def load_table(path: str | Path) -> RewardTable:
    """The table in a folder, after every check there is.

    Args:
        path: the folder.

    Raises:
        InputError: naming the file that is missing, cut short, changed or of another schema.

    Example:
        >>> import dashjax as dj
        >>> dj.load_table("tables/mine").built()
        ['hand', 'knee']
    """
    path = Path(path)
    manifest = read_manifest(path)
    try:
        return _as_said(path, manifest)
    except InputError:
        newer = read_manifest(path)
        if newer.parts == manifest.parts:
            raise
        return _as_said(path, newer)  # parts were put together while they were being read


def _as_said(path: Path, manifest: Manifest) -> RewardTable:
    here = part_names(path)
    for name in manifest.parts:
        if name not in here:
            raise InputError(f"{path / name} is missing; restore it, or build the table again")
    table = assemble(path, manifest)
    if here == manifest.parts and table.content != manifest.content:
        raise InputError(f"{path} does not hold what its manifest says; build the table anew")
    return table


def assemble(path: Path, manifest: Manifest) -> RewardTable:
    """The table that the parts in a folder make up, whichever of them are there."""
    identity, parts = manifest.about, read_parts(path)
    rewards = rewards_of(path, identity, parts["rewards"])
    accuracies = _accuracies(path, identity, parts["accuracies"])
    return RewardTable(
        path,
        identity,
        manifest.origin,
        rewards.values,
        rewards.failures,
        accuracies,
        content_hash(identity, rewards, accuracies),
        rewards.seconds + float(columns.values(parts["accuracies"]["seconds"], np.float64).sum()),
    )


def part_names(path: Path) -> list[str]:
    """The parts in a table's folder, sorted."""
    return [f"{folder}/{name}" for folder in SCHEMAS for name in files.parts(path / folder)]


def read_parts(path: Path) -> dict[str, pa.Table]:
    """The rows of all parts, of rewards and of accuracies.

    Raises:
        InputError: naming the file that cannot be read or does not hold what its name says.
    """
    return {
        folder: read_some(path / folder, files.parts(path / folder), schema)
        for folder, schema in SCHEMAS.items()
    }


def read_some(folder: Path, names: Iterable[str], schema: pa.Schema) -> pa.Table:
    """The rows of some parts of a folder.

    Raises:
        InputError: naming the file that cannot be read or does not hold what its name says.
    """
    found = [files.read_part(folder / name, schema, MAY_LACK) for name in names]
    return pa.concat_tables(found) if found else pa.Table.from_batches([], files.coded(schema))


def _accuracies(path: Path, identity: Identity, rows: pa.Table) -> dict[Job, float]:
    """Accuracies by job; the same job may come again, but not with another value."""
    found: dict[Job, float] = {}
    for row in rows.to_pylist():
        job = Job(row["target"], frozenset(row["datasets"]), row["replicate"])
        value = row["accuracy"] + 0.0  # no -0
        known = job.target in identity.targets and job.datasets <= {*identity.pool.datasets}
        if not known or job.replicate < 0:
            raise InputError(f"{path} holds {job}, which is none of its own; build the table anew")
        if not np.isfinite(value):
            raise InputError(f"{path} holds {value} for {job}, no number; build the table anew")
        if found.setdefault(job, value) != value:
            raise InputError(
                f"{path} holds both {found[job]} and {value} for {job}; delete one of those parts"
            )
    return found
