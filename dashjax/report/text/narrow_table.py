"""Printed tables that leave out what a narrow terminal has no room for."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, JustifyMethod
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dashjax.store.results import Row

_NAME_WIDTH = 20


class Column(NamedTuple):
    """A heading, what stands below it for a row, and how soon it may go.

    Where a table is too wide its column of the highest rank is left out first; one of rank 0 stays.
    """

    heading: str
    cell: Callable[[Row], str]
    rank: int = 0
    justify: JustifyMethod = "right"


class Section(NamedTuple):
    """Rows below a line of their own; no line where there is no heading."""

    heading: str | None
    rows: Sequence[Row]


class NarrowTable(NamedTuple):
    """A table for printing; the first column holds names."""

    columns: Sequence[Column]
    sections: Sequence[Section]
    caption: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        """The table with as many columns as there is room for."""
        columns, gone = list(self.columns), []
        while (most := max(column.rank for column in columns)) > 0:
            if _natural_width(_table(columns, self), console, options) <= options.max_width:
                break
            last = next(column for column in columns if column.rank == most)
            columns.remove(last)
            gone.append(" ".join(last.heading.split()))
        table = _table(columns, self)
        said = [self.caption] * bool(self.caption)
        said += [f"no room here for: {', '.join(gone)}"] * bool(gone)
        table.caption = Text("; ".join(said), style="dim")
        yield table


def _natural_width(table: Table, console: Console, options: ConsoleOptions) -> int:
    return Measurement.get(console, options.update(width=10_000), table).maximum


def _table(columns: Sequence[Column], of: NarrowTable) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left")
    first, *others = columns
    name = {"max_width": _NAME_WIDTH, "overflow": "fold", "vertical": "bottom"}
    table.add_column(Text(first.heading), **name)
    for column in others:
        heading, justify = Text(column.heading), column.justify
        table.add_column(heading, justify=justify, overflow="fold", vertical="bottom")
    for place, section in enumerate(of.sections):
        if section.heading is not None:
            if place and of.sections[place - 1].rows:
                table.add_row()
            table.add_row(Text(section.heading, style="bold"))
        for row in section.rows:
            table.add_row(*(Text(column.cell(row)) for column in columns))
    return table
