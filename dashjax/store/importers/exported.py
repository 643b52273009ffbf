"""A file that `export_table` wrote: it says all that its table says."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store.cells import ACCURACIES
from dashjax.store.columns import present
from dashjax.store.export import ALIKE, MARK
from dashjax.store.identity import Identity
from dashjax.store.importers.arrange import arrange
from dashjax.store.importers.long import long_rows
from dashjax.store.importers.rows import Layout, Results, Rows, first_rows, numbers
from dashjax.store.importers.source import Source
from dashjax.store.importers.values import Names, counts_in, names_in, reals_in

_Accuracy = Annotated[
    tuple[str, list[str], Annotated[int, Field(ge=0, lt=2**31)], float],
    BeforeValidator(lambda read: tuple(read) if isinstance(read, list) else read),
]
_Parse = Callable[[Source, str, pa.ChunkedArray], pa.ChunkedArray]

_EXTRA = ("failure", "size", "cost", "about")


class About(BaseModel):
    """What the column `about` holds."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    version: Literal[1] = Field(alias=MARK)
    reward: str
    unit: str
    direction: str
    fingerprint: str
    training: dict[str, Any]
    versions: dict[str, str]
    floor: dict[str, float | None]
    groups: list[str]
    origin: dict[str, Any]
    accuracies: list[_Accuracy]


def about_in(source: Source) -> About | None:
    """What an exported file says beside its rows; None if the source is no such file.

    Raises:
        InputError: if it says so in a form that cannot be read.
    """
    if "about" not in source.columns or not set(_EXTRA) <= set(source.columns):
        return None
    column = source.read(("about",))["about"]
    text = column[0].as_py() if len(column) else None
    if not isinstance(text, str) or MARK not in text:
        return None
    try:
        # by Python, which takes a path of any bytes in `origin`
        return About.model_validate(json.loads(text))
    except (ValueError, RecursionError) as error:
        why = _first(error) if isinstance(error, ValidationError) else "no JSON"
        raise InputError(
            f"{source.place(0, 'about')}: {why}; export the table again, or delete the column"
        ) from error


def read_exported(source: Source, about: About) -> Results:
    """The table in an exported file.

    Raises:
        InputError: naming the row and column that is not as it must be.
    """
    read = long_rows(source, Layout())
    table = source.read(_EXTRA)
    reason = names_in(source, "failure", table["failure"])
    read = replace(read, reason=reason, unused=())
    _check_numbered(read, reason)
    arranged = arrange(read, renumber=False)
    floor = tuple(about.floor.get(name) for name in arranged.targets)
    identity = Identity(
        pool=_pool(table, read, arranged.pool, tuple(about.groups)),
        targets=arranged.targets,
        floor=floor if about.floor else (),
        **{name: getattr(about, name) for name in ALIKE},
    )
    size = read.read, len(read.given)
    return Results(identity, size, about.origin, arranged.rewards, _accuracies(about))


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in words."""
    found = error.errors(include_url=False)[0]
    where = ".".join(map(str, found["loc"])) or "the whole"
    return f"{where}: {found['msg'].lower()}"


def _accuracies(about: About) -> pa.Table:
    names = ("target", "datasets", "replicate", "accuracy", "seconds")
    rows = [dict(zip(names, (*row, 0.0), strict=True)) for row in about.accuracies]
    return pa.Table.from_pylist(rows, schema=ACCURACIES)


def _check_numbered(read: Rows, reason: Names) -> None:
    """Refuses a reward or a failure without the number of its replicate."""
    tried = read.given | (reason.number >= 0)
    lost = np.flatnonzero(tried if read.replicate is None else tried & (read.replicate < 0))
    if lost.size:
        place = read.source.place(int(lost[0]), "replicate")
        raise InputError(f"{place}: no replicate is numbered, as each must be in an exported table")


def _pool(table: pa.Table, read: Rows, pool: Pool, groups: tuple[str, ...]) -> Pool:
    """The pool with sizes and costs, and its groups in the order that the table has."""
    if set(groups) != set(pool.groups):  # somebody added or deleted one
        groups = pool.groups
    number = np.array([groups.index(name) for name in pool.groups])
    sizes = _of_datasets(table, read, "size", counts_in)
    costs = _of_datasets(table, read, "cost", reals_in)
    return Pool(
        pool.datasets,
        groups,
        tuple(number[np.asarray(pool.group)].tolist()),
        tuple(sizes.tolist()),
        tuple(costs.tolist()),
    )


def _of_datasets(table: pa.Table, read: Rows, column: str, parse: _Parse) -> np.ndarray:
    """A number of each dataset, which all its rows must have alike."""
    parsed = parse(read.source, column, table[column])
    rows = numbers(parsed, -1)
    arm = read.dataset.number
    first = first_rows(arm, len(read.dataset.names))
    other = np.flatnonzero(~present(parsed) | (rows != rows[first][arm]))
    if other.size:
        row = int(other[0])
        dataset = read.dataset.names[arm[row]]
        raise InputError(
            f"{read.source.place(row, column)}: {table[column][row]} is not the {column} of "
            f"dataset '{dataset}' at {read.source.place(int(first[arm[row]]))}"
        )
    return rows[first]
