"""The reward table: rewards `[target, arm, replicate]`, and where they came from.

A table is a folder: `manifest.json`, parts of rewards in `rewards/`, and parts of the test
accuracies of selections in `accuracies/`. A cell is in the table once its part has its final name.
"""

import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store import files

SCHEMA_VERSION = 1
_PACKAGES = ("dashjax", "jax", "jaxlib", "flax", "optax", "numpy")
_KEYS = [("target", pa.string()), ("replicate", pa.int32()), ("seconds", pa.float64())]
REWARDS = pa.schema([*_KEYS, ("dataset", pa.string()), ("reward", pa.float64())])
ACCURACIES = pa.schema([*_KEYS, ("datasets", pa.list_(pa.string())), ("accuracy", pa.float64())])
SCHEMAS = {"rewards": REWARDS, "accuracies": ACCURACIES}
# What reading a manifest raises where something is missing in it or of another kind.
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, InputError)


class Cell(NamedTuple):
    """One reward measurement."""

    target: str
    dataset: str
    replicate: int


class Job(NamedTuple):
    """One accuracy measurement: a model trained on local data and a selection (empty: local)."""

    target: str
    datasets: frozenset[str]
    replicate: int


def package_versions() -> dict[str, str]:
    """Versions of the packages that numbers depend on."""
    return {name: metadata.version(name) for name in _PACKAGES}


@dataclass(frozen=True)
class Identity:
    """What a table is about. Tables that differ in any of it never mix.

    Attributes:
        pool: the pool's names, groups, sizes and costs.
        targets: the pool's target tasks.
        fingerprint: hash of the arrays that were trained on.
        reward: the reward definition.
        training: model and training settings.
        versions: of the packages that computed the rewards.
    """

    pool: Pool
    targets: tuple[str, ...]
    fingerprint: str
    reward: str
    training: dict[str, Any]
    versions: dict[str, str] = field(default_factory=package_versions)


@dataclass(frozen=True)
class RewardTable:
    """A table as it is on disk.

    Attributes:
        path: its folder.
        identity: what it is about.
        origin: how the pool can be opened again: its name or path, and the options it was cut with.
        rewards: reward of each cell that is there.
        accuracies: test accuracy of each job that is there.
        content: hash of all rewards and accuracies.
        seconds: time spent on all of them.
    """

    path: Path
    identity: Identity
    origin: dict[str, Any]
    rewards: dict[Cell, float]
    accuracies: dict[Job, float]
    content: str
    seconds: float

    def missing(self, targets: Iterable[str], replicates: int) -> list[Cell]:
        """Cells still to be computed, replicate by replicate."""
        datasets = self.identity.pool.datasets
        wanted = (Cell(t, d, r) for r in range(replicates) for t in targets for d in datasets)
        return [cell for cell in dict.fromkeys(wanted) if cell not in self.rewards]

    def replicates(self, target: str) -> int:
        """Replicates that every dataset has for a target, up to the first that one lacks."""
        datasets = self.identity.pool.datasets
        return next(
            replicate
            for replicate in itertools.count()
            if any(Cell(target, dataset, replicate) not in self.rewards for dataset in datasets)
        )

    def array(self, target: str) -> np.ndarray:
        """Rewards of a target, `[arm, replicate]`, float32.

        Raises:
            InputError: if the target is unknown or a dataset has no reward for it.
        """
        self.check_targets([target])
        count = self.replicates(target)
        if count == 0:
            raise InputError(
                f"table {self.path} has no complete replicate for target '{target}'; "
                f"run 'dashjax table build' for it"
            )
        return np.array(
            [
                [self.rewards[Cell(target, dataset, r)] for r in range(count)]
                for dataset in self.identity.pool.datasets
            ],
            np.float32,
        )

    def built(self) -> list[str]:
        """Targets with at least one complete replicate, in the pool's order."""
        return [target for target in self.identity.targets if self.replicates(target)]

    def check_targets(self, targets: Iterable[str]) -> None:
        """Refuses unknown targets.

        Raises:
            InputError: naming the target and those there are.
        """
        for target in targets:
            if target not in self.identity.targets:
                known = ", ".join(self.identity.targets)
                raise InputError(f"unknown target '{target}'; table {self.path} has {known}")

    def accuracy(self, target: str, datasets: frozenset[str]) -> float | None:
        """Mean test accuracy of a selection over its trainings; None if there is none."""
        found = [a for job, a in self.accuracies.items() if job[:2] == (target, datasets)]
        return float(np.mean(found)) if found else None


def load(path: Path) -> RewardTable:
    """The table in a folder, after every check there is.

    Raises:
        InputError: naming the file that is missing, cut short, changed or of another schema.
    """
    manifest = read_manifest(path)
    here = part_names(path)
    for name in manifest["parts"]:
        if name not in here:
            raise InputError(f"{path / name} is missing; run 'dashjax table build' to compute it")
    table = assemble(path, manifest)
    if here == manifest["parts"] and table.content != manifest["content"]:
        raise InputError(f"{path} does not hold what its manifest says; build the table anew")
    return table


def assemble(path: Path, manifest: dict[str, Any]) -> RewardTable:
    """The table that the parts in a folder make up, whichever of them are there."""
    identity = identity_of(manifest["identity"])
    parts = read_parts(path)
    rewards, accuracies = (
        [row for part in parts[folder] for row in part.to_pylist()] for folder in SCHEMAS
    )
    cells = [(Cell(r["target"], r["dataset"], r["replicate"]), r["reward"]) for r in rewards]
    jobs = [
        (Job(r["target"], frozenset(r["datasets"]), r["replicate"]), r["accuracy"])
        for r in accuracies
    ]
    for key, value in cells:
        _check_row(path, identity, key, {key.dataset}, value)
    for key, value in jobs:
        _check_row(path, identity, key, key.datasets, value)
    return RewardTable(
        path,
        identity,
        manifest["origin"],
        _each_once(path, cells),
        _each_once(path, jobs),
        files.content_hash([*parts["rewards"], *parts["accuracies"]]),
        float(sum(row["seconds"] for row in (*rewards, *accuracies))),
    )


def identity_of(saved: dict[str, Any]) -> Identity:
    """What a manifest says that its table is about."""
    parsed: dict[str, Any] = {
        "pool": Pool(**{key: tuple(value) for key, value in saved["pool"].items()}),
        "targets": tuple(saved["targets"]),
        "training": dict(saved["training"]),
        "versions": dict(saved["versions"]),
    }
    return Identity(**saved | parsed)


def read_manifest(path: Path) -> dict[str, Any]:
    """What a table says of itself.

    Raises:
        InputError: if there is no table, or its manifest is damaged or of another version.
    """
    file = path / "manifest.json"
    try:
        manifest = json.loads(file.read_text())
        schema = manifest["schema"]
        if schema == SCHEMA_VERSION:
            _check_form(manifest)
    except OSError as error:
        raise InputError(f"{path} is no reward table: {file} cannot be read") from error
    except _MALFORMED as error:
        raise InputError(
            f"{file} is damaged, or not of a reward table; build the table in another folder"
        ) from error
    if schema != SCHEMA_VERSION:
        raise InputError(f"{file} has schema version {schema}; this dashjax reads {SCHEMA_VERSION}")
    return manifest


def part_names(path: Path) -> list[str]:
    """The parts in a table's folder, sorted."""
    return [f"{folder}/{name}" for folder in SCHEMAS for name in files.parts(path / folder)]


def read_parts(path: Path) -> dict[str, list[pa.Table]]:
    """The parts of rewards and of accuracies.

    Raises:
        InputError: naming the file that cannot be read or does not hold what its name says.
    """
    return {
        folder: [
            files.read_part(path / folder / name, schema) for name in files.parts(path / folder)
        ]
        for folder, schema in SCHEMAS.items()
    }


def _check_form(manifest: dict[str, Any]) -> None:
    """Raises one of `_MALFORMED` if anything is missing in a manifest or of another kind."""
    about = identity_of(manifest["identity"])
    names = [*about.pool.datasets, *about.pool.groups, *about.targets, *manifest["parts"]]
    for text in (*names, about.fingerprint, about.reward, manifest["content"]):
        if not isinstance(text, str):
            raise TypeError(text)
    dict(manifest["origin"])


def _check_row(
    path: Path, identity: Identity, key: Cell | Job, datasets: Iterable[str], value: float
) -> None:
    """Refuses a row that this table cannot have."""
    known = key.target in identity.targets and set(datasets) <= {*identity.pool.datasets}
    if not known or key.replicate < 0:
        raise InputError(f"{path} holds {key}, which is none of its own; build the table anew")
    if not math.isfinite(value):
        raise InputError(f"{path} holds {value} for {key}, no number; build the table anew")


_Key = TypeVar("_Key", Cell, Job)


def _each_once(path: Path, rows: Iterable[tuple[_Key, float]]) -> dict[_Key, float]:
    """The rows by key; the same row may come again in another part, but not with another value."""
    found: dict[_Key, float] = {}
    for key, value in rows:
        if found.setdefault(key, value) != value:
            raise InputError(
                f"{path} holds both {found[key]} and {value} for {key}; delete one of those parts"
            )
    return found
