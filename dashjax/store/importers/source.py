"""Where rows come from: a file or a table in memory, behind three functions."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from dashjax.errors import InputError


class Source(NamedTuple):
    """Rows that can be read.

    Attributes:
        name: what messages call it.
        columns: names of its columns; those of a pandas index come first.
        read: the columns with these names.
        row: the number of a row, by its place among those read, as one finds it in the source: in a
            spreadsheet for CSV (the header is row 1), counted from 1 elsewhere.
        batches: reads the same a batch of rows at a time; None where all are in memory anyway.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Sequence[str]], pa.Table]
    row: Callable[[int], int]
    batches: Callable[[Sequence[str]], Iterator[pa.Table]] | None = None

    def in_batches(self, wanted: Sequence[str]) -> Iterator[tuple["Source", pa.Table]]:
        """Batches of rows, each with a source that counts from the first of them."""
        start = 0
        for rows in self.batches(wanted) if self.batches else [self.read(wanted)]:
            yield self._replace(row=lambda index, start=start: self.row(start + index)), rows
            start += rows.num_rows

    def place(self, index: int, column: str | None = None) -> str:
        """How a message names a row, and a column in it."""
        within = f", column '{column}'" if column is not None else ""
        return f"{self.name}, row {self.row(index)}{within}"


def find(source: Source, column: str, what: str) -> str:
    """The column of that name, which must be there once.

    Args:
        source: where to look.
        column: the name.
        what: what the column would hold, for the message.

    Raises:
        InputError: if it is missing or there twice; with the name that was perhaps meant.
    """
    times = source.columns.count(column)
    if times == 1:
        return column
    if times > 1:
        raise InputError(f"{source.name} has {times} columns '{column}'; rename all but one")
    if any(_is_number(name) for name in source.columns):
        raise InputError(
            f"{source.name} has no column '{column}', and its first row, {listed(source.columns)}, "
            f"looks like data; put a row with the names of the columns above it"
        )
    near = closest(column, source.columns)
    meant = f"did you mean '{near}'? It" if near is not None else "it"
    raise InputError(
        f"{source.name} has no column '{column}' for the {what}; {meant} has the columns "
        f"{listed(source.columns)}: say which of them holds the {what}"
    )


def closest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is most like another; None if none is."""
    folded = {candidate.casefold(): candidate for candidate in reversed(known)}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1)
    return folded[near[0]] if near else None


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in quotes, at most `most` of them."""
    quoted = [f"'{name}'" for name in names]
    more = f" and {len(quoted) - most} more" if len(quoted) > most else ""
    return ", ".join(quoted[:most]) + more


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
