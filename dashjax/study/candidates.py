"""The datasets that a study chooses from: from a pool, or from a CSV file."""

import csv
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashjax.errors import InputError, closest
from dashjax.pools.pool import Pool

_COLUMNS = ("dataset", "group", "cost", "price", "size")


@dataclass(frozen=True)
class Candidate:
    """A dataset that may be looked at, and taken.

    Attributes:
        dataset: its name.
        group: where it comes from.
        cost: of one look at it, in any one unit.
        price: of taking it in the end.
        size: examples in it; None if that is not known.

    Raises:
        InputError: if the name is empty or a number out of range.
    """

    dataset: str
    group: str = "all"
    cost: float = 1.0
    price: float = 0.0
    size: int | None = None

    def __post_init__(self) -> None:
        if not self.dataset or not self.group:
            raise InputError(f"dataset '{self.dataset}' or its group has no name; give one")
        if "\0" in self.dataset + self.group:
            raise InputError("a name holds the sign NUL, which no program can be given; rename it")
        if not (0 < self.cost < 1e30):
            raise InputError(f"dataset '{self.dataset}' has cost {self.cost}; give one above 0")
        if not (0 <= self.price < 1e30):
            raise InputError(f"dataset '{self.dataset}' has price {self.price}; give 0 or more")

    def plain(self) -> dict[str, Any]:
        """Its fields by name."""
        return asdict(self)


def candidates_of(
    pool: "Pool | Sequence[Candidate] | str | os.PathLike[str]",
) -> tuple[Candidate, ...]:
    """The datasets of a pool, or of a CSV file with the column `dataset`.

    Further columns are `group`, `cost`, `price` and `size`; all may be absent.

    Raises:
        InputError: if the file cannot be read, lacks the column, or names a dataset twice.
    """
    if isinstance(pool, str | os.PathLike):
        found = _of_file(Path(pool))
    else:
        found = _of_pool(pool) if isinstance(pool, Pool) else tuple(pool)
    for name, times in Counter(one.dataset for one in found).items():
        if times > 1:
            raise InputError(f"the pool has two datasets named '{name}'; rename one")
    if not found:
        raise InputError("a study needs at least one dataset; this pool has none")
    return found


def _of_pool(pool: Pool) -> tuple[Candidate, ...]:
    rows = zip(pool.datasets, pool.group, pool.costs, pool.sizes, strict=True)
    return tuple(
        Candidate(name, pool.groups[group], float(cost), size=int(size))
        for name, group, cost, size in rows
    )


def _of_file(path: Path) -> tuple[Candidate, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = [name.strip() for name in reader.fieldnames or ()]
            rows = [dict(zip(columns, row.values(), strict=False)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file in UTF-8; save it as one") from error
    if "dataset" not in columns:
        there = ", ".join(columns) or "none"
        raise InputError(f"{path} has no column 'dataset'; its columns are {there}")
    for name in columns:
        hint = closest(name, _COLUMNS)
        if name not in _COLUMNS and hint:
            raise InputError(f"{path} has a column '{name}'{hint}; rename it or leave it out")
    return tuple(_of_row(path, number, row) for number, row in enumerate(rows, 2))


def _of_row(path: Path, line: int, row: dict[str, Any]) -> Candidate:
    def number(column: str, otherwise: float) -> float:
        text = (row.get(column) or "").strip()
        try:
            value = float(text) if text else otherwise
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{path}, line {line}: {column} is '{text}'; give a number")
        return value

    size = number("size", -1.0)
    return Candidate(
        row.get("dataset") or "",
        row.get("group") or "all",
        number("cost", 1.0),
        number("price", 0.0),
        None if size < 0 else int(size),
    )
