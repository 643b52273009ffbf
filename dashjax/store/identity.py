"""What a reward table is about, and the keys of its rows."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
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
        twice = {name for name in self.targets if self.targets.count(name) > 1}
        if twice:
            raise InputError(f"the table has two targets named '{min(twice)}'; rename one")

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        plain = json.dumps(asdict(self), sort_keys=True, allow_nan=False)
        return hashlib.sha256(plain.encode()).hexdigest()


def closest(name: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' for a name that is not among those known, or nothing."""
    import difflib

    found = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean '{found[0]}'?" if found else ""
