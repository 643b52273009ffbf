"""The rows of a target, and how they are cut into training, validation and test parts."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError, unknown
from dashjax.rewards.columns import Columns, Rows
from dashjax.rewards.definitions import generator

_PARTS = {
    "train": ("train", "training", "local"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
_LEAST = 8  # rows of a target without which nothing can be measured


class Shares(NamedTuple):
    """How a target without parts of its own is cut."""

    validation: float = 0.3  # of what is not for testing
    test: float = 0.25  # of all


@dataclass(frozen=True)
class TargetRows:
    """A target task with its rows.

    Attributes:
        name: its name.
        columns: what its columns are.
        rows: all of its rows.
        local: rows to train on; and to validate on, where `validation` is None.
        validation: rows that judge a look; None: each replicate cuts them from `local` anew.
        test: rows that judge the selection, once; may be empty.
        seed: decides all cuts.
        share: of `local` that a replicate validates on.
    """

    name: str
    columns: Columns
    rows: Rows
    local: np.ndarray
    validation: np.ndarray | None
    test: np.ndarray
    seed: int
    share: float

    def replicate(self, number: int | str) -> tuple[np.ndarray, np.ndarray]:
        """Rows to train on and rows to judge by, of one replicate.

        They are the same for every dataset: so what a replicate's cut does to all of them alike
        falls out of their differences (common random numbers). Where the target has a validation
        part of its own, that is drawn from with replacement, so that the noise of a look holds how
        little so many rows say.
        """
        draw = generator(self.seed, "replicate", self.name, number)
        strata = self.columns.strata(self.rows.labels)
        if self.validation is None:
            judges, trained = cut(draw, self.local, strata, self.share)
            return trained, judges
        parts = by_stratum(self.validation, strata)
        return self.local, drawn_again(draw, parts)

    def inflation(self, replicates: int) -> float:
        """The standard error of a mean over replicates, for one standard deviation between them.

        It is that of the mean over all rows that the target might have had, not of these rows cut
        again and again, which no number of cuts makes more: for cuts the correction of Nadeau and
        Bengio (Machine Learning 52, 2003, section 3); for rows drawn with replacement the standard
        deviation itself, as a bootstrap has it.
        """
        if self.validation is not None:
            return 1.0
        trained, judges = self.replicate(0)
        return float(np.sqrt(1 / replicates + len(judges) / len(trained)))

    @property
    def developed(self) -> np.ndarray:
        """All rows but those for testing."""
        parts = [self.local] if self.validation is None else [self.local, self.validation]
        return np.sort(np.concatenate(parts))


def read_target(
    table: pa.Table,
    name: str,
    columns: Columns,
    parts: np.ndarray | None,
    cuts: tuple[Shares, int],
) -> TargetRows:
    """A target with its rows in parts.

    Args:
        table: its rows.
        name: its name.
        columns: what its columns are.
        parts: `[row]` train, validation or test, where the target says so itself.
        cuts: the shares of the parts elsewhere, and the seed that decides them.

    Raises:
        InputError: if a part is too small, or of one class.
    """
    rows = columns.rows(table, name)
    shares, seed = cuts
    validation: np.ndarray | None = None
    if parts is None:
        strata = columns.strata(rows.labels)
        everything, draw = np.arange(len(rows.labels)), generator(seed, "test", name)
        test, local = cut(draw, everything, strata, shares.test)
    else:
        local, validating, test = (np.flatnonzero(parts == part) for part in _PARTS)
        validation = validating if len(validating) else None
    found = TargetRows(name, columns, rows, local, validation, test, seed, shares.validation)
    _check(found)
    return found


def split_of(table: pa.Table, column: str, where: str) -> np.ndarray:
    """`[row]` train, validation or test, by a column.

    Raises:
        InputError: if there is no such column, it says something else, or no row is to train on.
    """
    if column not in table.column_names:
        raise unknown(f"column of {where}:", column, table.column_names)
    said = [str(value).strip().lower() for value in table[column].to_pylist()]
    names = {word: part for part, words in _PARTS.items() for word in words}
    for value in sorted(set(said)):
        if value not in names:
            raise unknown(f"part in column {column} of {where}:", value, _PARTS)
    parts = np.array([names[value] for value in said], object)
    if not (parts == "train").any():
        raise InputError(f"no row of {where} is for training by column {column}; mark some 'train'")
    return parts


def cut(
    draw: np.random.Generator, rows: np.ndarray, strata: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """A share of the rows, drawn within each class, and the others."""
    taken, left = [], []
    for part in by_stratum(rows, strata):
        order = draw.permutation(part)
        count = min(len(part) - 1, max(1, round(share * len(part)))) if share else 0
        taken.append(order[:count])
        left.append(order[count:])
    return np.sort(np.concatenate(taken)), np.sort(np.concatenate(left))


def by_stratum(rows: np.ndarray, strata: np.ndarray) -> list[np.ndarray]:
    """The rows of each stratum; `strata` says of every row there is which it is in."""
    return [rows[strata[rows] == one] for one in np.unique(strata[rows])]


def drawn_again(draw: np.random.Generator, parts: list[np.ndarray]) -> np.ndarray:
    """As many rows as there are, with replacement within each part."""
    return np.concatenate([draw.choice(part, len(part)) for part in parts])


def _check(target: TargetRows) -> None:
    """Refuses parts that are too small, or lack a class."""
    trained, judges = target.replicate(0)
    if len(trained) + len(judges) < _LEAST:
        raise InputError(
            f"target '{target.name}' has {len(trained) + len(judges)} rows to train and validate "
            f"on; at least {_LEAST} are needed"
        )
    if not target.columns.classes:
        return
    for what, part in (("train", trained), ("validate", judges)):
        found = np.unique(target.rows.labels[part])
        if len(found) < len(target.columns.classes):
            lacking = sorted(set(range(len(target.columns.classes))) - set(found.tolist()))
            name = target.columns.classes[lacking[0]]
            raise InputError(
                f"target '{target.name}' has too few rows of class '{name}' to {what} on; each "
                f"part needs one or more of every class"
            )
