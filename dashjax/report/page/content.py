"""What a page holds: plain values, which one template shows whatever the page is about."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.table import Table as RichTable
from rich.text import Text as RichText

from dashjax.report.text.narrow_table import NarrowTable

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|-?\.\d+")


class Cell(NamedTuple):
    """What stands in a table, and what its column is sorted by; '' comes last."""

    text: str
    value: float | str


@dataclass(frozen=True)
class Table:
    """A table that a reader can sort.

    Attributes:
        label: what it holds, for those who do not see it.
        columns: names.
        rows: a cell for each column.
        marked: places of the rows that stand out.
        note: a line below it.
    """

    label: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    marked: frozenset[int] = frozenset()
    note: str = ""
    kind = "table"

    @property
    def shown(self) -> list[int]:
        """Places of the columns that hold anything."""
        places = range(len(self.columns))
        return [place for place in places if any(row[place].text for row in self.rows)]

    def is_number(self, column: int) -> bool:
        """Whether a column is sorted by number: no cell of it that holds anything is a name."""
        return not any(
            isinstance(row[column].value, str) and row[column].value for row in self.rows
        )


@dataclass(frozen=True)
class Image:
    """A picture as a whole, in one address.

    Attributes:
        source: the picture as a `data:` address.
        title: what it shows.
        text: what is to be seen in it, for those who do not see it.
    """

    source: str
    title: str
    text: str
    kind = "image"


@dataclass(frozen=True)
class Drawing:
    """A picture that the template draws in the page's own colours.

    Attributes:
        kind: which one: `intervals` or `history`.
        title: what it shows.
        text: the same in words.
        places: where its marks lie.
    """

    kind: str
    title: str
    text: str
    places: dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """Lines, one below the other."""

    items: Sequence[str]
    kind = "list"


@dataclass(frozen=True)
class Text:
    """A paragraph between tables."""

    words: str
    kind = "text"


Part = Text | Table | Image | Drawing | Listing


@dataclass(frozen=True)
class Section:
    """A heading, sentences, and what they are about.

    Attributes:
        title: the heading.
        says: sentences, a paragraph each.
        parts: tables and pictures.
        folded: what to press to see the parts; '' where they are seen at once.
    """

    title: str
    says: Sequence[str] = ()
    parts: Sequence[Part] = ()
    folded: str = ""


@dataclass(frozen=True)
class Page:
    """A page, the answer first.

    Attributes:
        title: of the window.
        heading: what the page is about, in some words.
        answer: the answer, a paragraph each.
        says: what belongs to it.
        facts: names and values, in a few words each.
        sections: all else.
        glossary: words and what they mean.
    """

    title: str
    heading: str
    answer: Sequence[str]
    says: Sequence[str]
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    glossary: Sequence[tuple[str, str]] = field(default=())


def cell(text: str) -> Cell:
    """A cell of a column of figures: it is sorted by the first number in it."""
    found = _NUMBER.search(text)
    return Cell(text, float(found[0].replace(",", "")) if found else "")


def figure(value: float | None, form: str) -> Cell:
    """A cell of a number in a form; empty where there is none, or it is not finite."""
    if value is None or not math.isfinite(value):
        return Cell("", "")
    return Cell(format(value, form), value)


def name(text: str) -> Cell:
    """A cell of a column of names."""
    return Cell(text, text)


def settings_table(values: dict[str, Any]) -> Table:
    """Settings by name."""
    rows = [(name(one), name(_plain(value))) for one, value in values.items()]
    return Table("Settings and versions", ("setting", "value"), rows)


def printed(label: str, table: NarrowTable | RichTable) -> Table:
    """A table that is made for a terminal, with all of its columns; sections become a column."""
    if isinstance(table, RichTable):
        heads = [_words(column.header) for column in table.columns]
        kinds = [cell if column.justify == "right" else name for column in table.columns]
        lines = list(zip(*(column.cells for column in table.columns), strict=True))
        rows = [
            [kind(_words(one)) for kind, one in zip(kinds, line, strict=True)] for line in lines
        ]
        return Table(label, heads, rows, note=_words(table.caption or ""))
    several = any(section.heading is not None for section in table.sections)
    kinds = [name if column.justify == "left" else cell for column in table.columns]
    kinds[0] = name  # the first column holds names
    heads = ["target"] * several + [_words(column.heading) for column in table.columns]
    rows = [
        [name(section.heading or "")] * several
        + [kind(_words(one.cell(row))) for kind, one in zip(kinds, table.columns, strict=True)]
        for section in table.sections
        for row in section.rows
    ]
    return Table(label, heads, rows, note=table.caption)


def _words(thing: Any) -> str:
    text = thing.plain if isinstance(thing, RichText) else str(thing)
    return " ".join(text.split())


def _plain(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, dict):
        return ", ".join(f"{one} {_plain(inner)}" for one, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
