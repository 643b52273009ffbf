"""Parquet files, Arrow tables and pandas (or other) data frames as sources."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dashjax.errors import InputError
from dashjax.store.importers.source import Source


def open_parquet(path: Path) -> Source:
    """The rows of a Parquet file.

    Raises:
        InputError: if it is no Parquet file, or cut short.
    """
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty")
    try:
        with path.open("rb") as file:  # Arrow by itself refuses paths of odd bytes
            schema = pq.read_schema(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} is no Parquet file, or cut short; write it again") from error

    def read(wanted: Sequence[str]) -> pa.Table:
        # Without threads: those of Arrow's pools can abort a process that ends soon after.
        try:
            with path.open("rb") as file:
                rows = pq.ParquetFile(file, pre_buffer=False)
                return rows.read(columns=list(wanted), use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(f"{path} is damaged or cut short; write it again") from error

    return Source(str(path), _index_first(schema), read, _from_one)


def open_frame(frame: Any) -> Source:
    """The rows of an Arrow table, a pandas data frame, or what gives its rows as Arrow does.

    Raises:
        InputError: if it is none of these, or a column holds values of several kinds.
    """
    if isinstance(frame, pa.Table):
        return _open_arrow(frame, "the Arrow table")
    if type(frame).__module__.partition(".")[0] == "pandas":
        return _open_pandas(frame)
    if hasattr(frame, "__arrow_c_stream__"):
        return _open_arrow(pa.table(frame), "the data frame")
    raise InputError(
        f"results come from a file, a pandas data frame or an Arrow table, not from {type(frame)}"
    )


def _open_arrow(table: pa.Table, name: str) -> Source:
    def read(wanted: Sequence[str]) -> pa.Table:
        return table.select(list(wanted))

    return Source(name, _index_first(table.schema), read, _from_one)


def _open_pandas(frame: Any) -> Source:
    """A pandas data frame; an index that is more than a count of the rows is columns before it."""
    if not hasattr(frame, "columns"):
        raise InputError("results come from a data frame with columns, not from a pandas series")
    if type(frame.index).__name__ != "RangeIndex":
        try:
            frame = frame.reset_index()
        except ValueError as error:
            raise InputError(
                f"the index of the data frame cannot be read as columns beside the others: "
                f"{error}; rename or reset it"
            ) from error

    def read(wanted: Sequence[str]) -> pa.Table:
        at = [str(name) for name in frame.columns]
        return pa.table({name: _series(frame.iloc[:, at.index(name)], name) for name in wanted})

    columns = tuple(str(name) for name in frame.columns)
    return Source("the data frame", columns, read, _from_one)


def _series(series: Any, name: str) -> pa.Array | pa.ChunkedArray:
    """A column as Arrow has it; not-a-number is a value among numbers, and a gap among texts."""
    numbers = getattr(series.dtype, "kind", "O") == "f"
    try:
        return pa.array(series, from_pandas=not numbers)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InputError(_mixed(series, name)) from error


def _mixed(series: Any, name: str) -> str:
    """Which value of a column is of another kind than those before it, or of which kind all are."""
    kinds = [type(value).__name__ for value in series]
    row = next((row for row, kind in enumerate(kinds) if kind != kinds[0]), None)
    if row is None:
        return (
            f"the data frame, column '{name}' holds values of type {kinds[0]}; give it numbers or "
            f"texts"
        )
    return (
        f"the data frame, row {row + 1}, column '{name}': {series.iloc[row]!r} is "
        f"{kinds[row]}, and the rows before have {kinds[0]}; give the column one type"
    )


def _index_first(schema: pa.Schema) -> tuple[str, ...]:
    """The names of the columns; pandas puts those of an index last, and here they are first."""
    try:
        about = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        index = [name for name in about.get("index_columns", []) if name in schema.names]
    except (ValueError, AttributeError, TypeError):  # written by someone else under that name
        index = []
    return (*index, *(name for name in schema.names if name not in index))


def _from_one(index: int) -> int:
    return index + 1
