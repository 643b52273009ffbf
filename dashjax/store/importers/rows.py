"""What a source says, in columns: one reward a row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from dashjax.store import columns
from dashjax.store.cells import ACCURACIES
from dashjax.store.identity import Identity
from dashjax.store.importers.source import Source
from dashjax.store.importers.values import Names


@dataclass(frozen=True)
class Layout:
    """Where a source has what; None stands for the column of the same name, if there is one.

    Attributes:
        target: column with the names of targets.
        dataset: column with the names of datasets; in wide form the first column by default.
        group: column with the groups of datasets; without one, all datasets are one group.
        replicate: column that numbers repeats; without one, they are numbered as they come.
        reward: column with the rewards.
        wide: a row is a dataset and a column is a target.
        targets: in wide form the columns that are targets; all that are nothing else by default.
    """

    target: str | None = None
    dataset: str | None = None
    group: str | None = None
    replicate: str | None = None
    reward: str | None = None
    wide: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """One reward a row, as a source has them.

    Attributes:
        source: where they come from.
        read: rows that were read; in wide form each holds several rewards.
        target: the target of each reward.
        dataset: its dataset.
        group: the group of its dataset; None where there are no groups.
        replicate: its number, -1 where there is none; None where no column numbers them.
        reward: NaN where there is none.
        given: False where the source has a gap instead of a reward.
        place: names the place of a reward in the source, for messages.
        unused: columns that were not read.
        reason: why there is no reward where one was tried for; None where no column says so.
    """

    source: Source
    read: int
    target: Names
    dataset: Names
    group: Names | None
    replicate: Int[np.ndarray, " reward"] | None
    reward: Float[np.ndarray, " reward"]
    given: Bool[np.ndarray, " reward"]
    place: Callable[[int], str]
    unused: tuple[str, ...]
    reason: Names | None = None


@dataclass(frozen=True)
class Results:
    """What a source says, as a table keeps it.

    Attributes:
        identity: what the table is about.
        read: how many rows were read, and how many values.
        origin: where they come from.
        rewards: columns of `cells.REWARDS`.
        accuracies: columns of `cells.ACCURACIES`.
        notes: what is worth knowing.
    """

    identity: Identity
    read: tuple[int, int]
    origin: dict[str, Any]
    rewards: pa.Table
    accuracies: pa.Table = field(default_factory=ACCURACIES.empty_table)
    notes: tuple[str, ...] = ()


def numbers(column: pa.ChunkedArray, gap: float | int) -> np.ndarray:
    """A column of float64 or int64 as NumPy has it, `gap` where it has none."""
    kind = np.float64 if pa.types.is_floating(column.type) else np.int64
    found = columns.values(column, kind)
    return np.where(columns.present(column), found, gap) if column.null_count else found


def occurrence(values: np.ndarray) -> np.ndarray:
    """How often each value came before: 0 for its first, 1 for its second."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    begins = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    count = np.arange(len(values)) - np.repeat(begins, np.diff(np.r_[begins, len(values)]))
    found = np.empty(len(values), np.int64)
    found[order] = count
    return found


def first_rows(number: np.ndarray, names: int) -> np.ndarray:
    """The first row of each name, by the number of each row's name."""
    first = np.empty(names, np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]  # of equal places the last one written stays
    return first
