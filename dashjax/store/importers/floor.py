"""The floor: what each target scores without any dataset, as a number or a file."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.importers.long import check_named
from dashjax.store.importers.read import open_source
from dashjax.store.importers.rows import numbers
from dashjax.store.importers.source import Source, find, listed
from dashjax.store.importers.values import names_in, reals_in

_SCORES = ("score", "floor", "reward")  # the first of these columns that is there is the floor


class Floor(NamedTuple):
    """A floor for each target, None where there is none, and what is to be said about it."""

    values: tuple[float | None, ...]
    notes: tuple[str, ...] = ()


def read_floor(floor: Any, targets: tuple[str, ...], where: str | None) -> Floor:
    """The floor of each target.

    Args:
        floor: a number for all; floors by target; or a path or table with the columns `target` and
            `score` (or `floor`). A text that reads as a number is one.
        targets: names of the targets.
        where: `COLUMN=TEXT`: of a file, only the rows that have this text there.

    Raises:
        InputError: if a floor is no finite number, a target has two, or none has one.
    """
    number = _number(floor)
    if where is not None and (number is not None or isinstance(floor, Mapping)):
        raise InputError(f"'{where}' chooses rows of a file of floors, and the floor is no file")
    if number is not None:
        _check_finite("the floor", number)
        return Floor((number,) * len(targets))
    found = dict(floor) if isinstance(floor, Mapping) else _from_file(floor, where)
    for target, value in found.items():
        _check_finite(f"the floor of target '{target}'", value)
    if not set(found) & set(targets):
        raise InputError(
            f"there are floors for {listed(found)}, and none of them is a target: those are "
            f"{listed(targets)}"
        )
    values = tuple(None if name not in found else float(found[name]) for name in targets)
    without = [name for name in targets if name not in found]
    others = [name for name in found if name not in targets]
    notes = [f"no floor is given for {listed(without)}"] if without else []
    notes += [f"the floors of {listed(others)} are of no target here"] if others else []
    return Floor(values, tuple(notes))


def _number(floor: Any) -> float | None:
    if isinstance(floor, str | int | float | np.number):
        try:
            return float(floor)
        except ValueError:
            return None
    return None


def _check_finite(what: str, value: Any) -> None:
    if not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise InputError(f"{what} is {value!r}; give a finite number")


def _from_file(floor: Any, where: str | None) -> dict[str, float]:
    """Floors by target."""
    if not isinstance(floor, str | os.PathLike) and not hasattr(floor, "columns"):
        raise InputError(f"a floor is a number, a path or a table of scores, not {floor!r:.60}")
    source = open_source(floor)
    score = next((name for name in _SCORES if name in source.columns), _SCORES[0])
    columns = [find(source, "target", "target"), find(source, score, "floor")]
    column, text = _condition(source, where)
    table = source.read(tuple(dict.fromkeys((*columns, *source.columns))))
    rows = _rows_where(source, table, column, text)
    target = names_in(source, "target", table["target"])
    check_named(source, "target", target, "target")
    value = numbers(reals_in(source, score, table[score]), np.nan)
    first: dict[str, int] = {}
    for row in rows.tolist():
        name = target.names[target.number[row]]
        before = first.setdefault(name, row)
        if value[before] != value[row]:
            raise InputError(_two_floors(source, table, (before, row), name))
        if np.isnan(value[row]):
            raise InputError(f"{source.place(row, score)}: no floor is given for '{name}'")
    return {name: float(value[row]) for name, row in first.items()}


def _condition(source: Source, where: str | None) -> tuple[str | None, str]:
    """The column and the text of a condition."""
    if where is None:
        return None, ""
    column, sign, text = where.partition("=")
    if not sign:
        raise InputError(f"'{where}' chooses no rows; write it as COLUMN=TEXT")
    return find(source, column, "choice of rows"), text


def _rows_where(source: Source, table: pa.Table, column: str | None, text: str) -> np.ndarray:
    if column is None:
        return np.arange(table.num_rows)
    names = names_in(source, column, table[column])
    if text not in names.names:
        raise InputError(
            f"{source.name} has no row with '{text}' in column '{column}'; there are "
            f"{listed(names.names)}"
        )
    return np.flatnonzero(names.number == names.names.index(text))


def _two_floors(source: Source, table: pa.Table, rows: tuple[int, int], target: str) -> str:
    """Says which rows give a target two floors, and how to choose between them."""
    before, row = rows
    choices = [
        f"{name}={table[name][before]}"
        for name in table.column_names
        if name not in ("target", *_SCORES) and table[name][before] != table[name][row]
    ]
    choose = f"choose rows with --floor-where '{choices[0]}'" if choices else "keep one of them"
    return (
        f"{source.place(row)}: target '{target}' has another floor than at "
        f"{source.place(before)}; {choose}"
    )
