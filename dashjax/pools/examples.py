"""The examples behind a pool: one array of inputs, and who owns which rows."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashjax.errors import InputError, closest
from dashjax.pools.pool import Pool


@dataclass(frozen=True)
class Target:
    """One target task: the rows of its local training, validation and test examples."""

    name: str
    local: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Examples:
    """A pool with its data. No row belongs to two owners.

    Attributes:
        pool: names, groups, sizes, costs.
        inputs: `[example, height, width, channel]` uint8 images or `[example, feature]` floats.
        labels: `[example]` int32, classes numbered from 0.
        candidates: the rows of each dataset, in the order of the arms.
        targets: the target tasks.
    """

    pool: Pool
    inputs: np.ndarray
    labels: np.ndarray
    candidates: tuple[np.ndarray, ...]
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        if len(np.unique(self.owned_rows)) != len(self.owned_rows):
            raise InputError("an example belongs to two datasets or target parts; split them again")

    @cached_property
    def owned_rows(self) -> np.ndarray:
        """The rows of all datasets, then of all targets."""
        parts = [rows for target in self.targets for rows in rows_of(target)]
        return np.concatenate([*self.candidates, *parts])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that is trained on: arrays, owners and names."""
        digest = hashlib.sha256(repr(self.pool).encode())
        arrays = [self.inputs, self.labels, *self.candidates]
        for target in self.targets:
            digest.update(target.name.encode())
            arrays += rows_of(target)
        for array in arrays:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def target(self, name: str) -> Target:
        """The target of that name.

        Raises:
            InputError: if there is none.
        """
        for target in self.targets:
            if target.name == name:
                return target
        known = [target.name for target in self.targets]
        raise InputError(
            f"unknown target '{name}'{closest(name, known)}; the pool has {', '.join(known)}"
        )


def rows_of(target: Target) -> list[np.ndarray]:
    """The three row arrays of a target, in a fixed order."""
    return [target.local, target.validation, target.test]
