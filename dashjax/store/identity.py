"""What a reward table is about, and the keys of its rows."""

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import metadata
from typing import Any, NamedTuple

from dashjax.errors import InputError
from dashjax.pools.pool import Pool

DIRECTIONS = ("higher", "lower")
_PACKAGES = ("dashjax", "jax", "jaxlib", "flax", "optax", "numpy")


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
        fingerprint: hash of the arrays that were trained on; empty for rewards brought along.
        reward: the reward definition, or what its owner calls it.
        training: model and training settings; empty for rewards brought along.
        versions: of the packages that computed the rewards.
        unit: of the rewards, in words; empty where it is not stated.
        direction: `higher` or `lower`: which reward is better.
        floor: for each target the reward of taking nothing, None where it is not stated; empty
            where it is stated for none.
    """

    pool: Pool
    targets: tuple[str, ...]
    fingerprint: str
    reward: str
    training: dict[str, Any]
    versions: dict[str, str] = field(default_factory=package_versions)
    unit: str = ""
    direction: str = "higher"
    floor: tuple[float | None, ...] = ()

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise InputError(f"direction is '{self.direction}'; give {' or '.join(DIRECTIONS)}")
        if self.floor and len(self.floor) != len(self.targets):
            count = len(self.floor)
            raise InputError(f"{count} floors for {len(self.targets)} targets; give one a target")
        if not self.targets:
            raise InputError("a table needs at least one target; this one has none")
        for name, times in Counter(self.targets).items():
            if times > 1:
                raise InputError(f"the table has two targets named '{name}'; rename one")
        for name, value in zip(self.targets, self.floor, strict=False):
            if value is not None and not math.isfinite(value):
                raise InputError(f"the floor of target '{name}' is {value}; give a finite number")

    def plain(self) -> dict[str, Any]:
        """All of it as values that JSON has, the same before it is written and after it is read.

        Raises:
            InputError: if the training settings hold what JSON cannot.
        """
        about = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        pool = {entry.name: list(getattr(self.pool, entry.name)) for entry in fields(self.pool)}
        pool["costs"] = [float(cost) for cost in self.pool.costs]
        about["floor"] = [None if value is None else float(value) for value in self.floor]
        about |= {"pool": pool, "targets": list(self.targets)}
        try:
            about["training"] = json.loads(json.dumps(self.training, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise InputError(
                f"training settings must be numbers, text, lists and dicts of such: {error}"
            ) from error
        return about

    @cached_property
    def digest(self) -> str:
        """A hash of all of it."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()
