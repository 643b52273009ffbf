"""Brings results into a new reward table: `import_table`."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dashjax.errors import InputError
from dashjax.store.identity import Identity
from dashjax.store.importers.arrange import Arranged, arrange
from dashjax.store.importers.exported import about_in, read_exported
from dashjax.store.importers.findings import failures, summary, twins
from dashjax.store.importers.floor import read_floor
from dashjax.store.importers.long import long_rows
from dashjax.store.importers.read import open_source
from dashjax.store.importers.rows import Layout, Results, Rows
from dashjax.store.importers.source import Source, listed
from dashjax.store.importers.wide import wide_rows
from dashjax.store.reward_table import RewardTable
from dashjax.store.table_writer import check_free, write_table


@dataclass(frozen=True)
class Stated:
    """What the rows do not say; None where the default, or an exported file's own, holds.

    Attributes:
        direction: `higher` or `lower`, whichever is better.
        unit: of a reward, such as `accuracy` or `nats`.
        floor: what each target scores without any dataset; see `read_floor`.
        floor_where: `COLUMN=TEXT`, the rows of a file of floors that count.
    """

    direction: str | None = None
    unit: str | None = None
    floor: Any = None
    floor_where: str | None = None


@dataclass(frozen=True)
class Brought:
    """A table that was made, and what is to be said about it.

    Attributes:
        table: as it is on disk.
        summary: one sentence: rows read, targets, datasets, groups, gaps, replicates, failures.
        notes: what is only worth knowing, such as columns that were not read.
        warnings: what may be a mistake.
    """

    table: RewardTable
    summary: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def import_table(
    source: Any,
    out: str | os.PathLike[str],
    *,
    target: str | None = None,
    dataset: str | None = None,
    group: str | None = None,
    replicate: str | None = None,
    reward: str | None = None,
    wide: bool = False,
    target_columns: tuple[str, ...] = (),
    direction: str | None = None,
    unit: str | None = None,
    floor: float | Mapping[str, float] | str | os.PathLike[str] | Any = None,
    floor_where: str | None = None,
) -> RewardTable:
    """A new reward table of results that were measured elsewhere.

    Names are kept byte for byte. Rewards that are no finite number become failed cells. Rows
    without a reward say only that their target and dataset are in the table. Replicates are
    numbered from 0 without gaps, in the order of the source's numbers. A file that `export_table`
    wrote gives an equal table. What may be a mistake, such as names that differ only in case, is a
    `UserWarning`.

    Args:
        source: the path of a CSV, TSV, Parquet or JSON-lines file; a pandas data frame; or an Arrow
            table.
        out: folder of the table, which must not hold anything yet.
        target: column with the names of targets; "target" if None.
        dataset: column with the names of datasets; "dataset" if None.
        group: column with the groups of datasets; if None "group" or, where that is missing, one
            group for all.
        replicate: column that numbers repeats; if None "replicate" or, where that is missing,
            rewards of a cell are its repeats as they come.
        reward: column with the rewards; "reward" if None.
        wide: a row is a dataset (named in the column `dataset`, or in the first) and a column a
            target that holds its rewards.
        target_columns: in wide form, the columns that are targets; all others if there are none.
        direction: "higher" or "lower", whichever is better; "higher" if None.
        unit: of a reward, such as "accuracy" or "nats".
        floor: what each target scores without any dataset: a number for all, numbers by target, or
            a file or table with the columns "target" and "score".
        floor_where: "COLUMN=TEXT": of a file of floors, only the rows with this text there.

    Raises:
        InputError: naming the row and column that cannot be used; then nothing is written.

    Example:
        >>> import dashjax as dj
        >>> table = dj.import_table("results.csv", "tables/new", unit="accuracy")
        >>> table.identity.direction
        'higher'
    """
    layout = Layout(target, dataset, group, replicate, reward, wide, tuple(target_columns))
    brought = bring(source, Path(out), layout, Stated(direction, unit, floor, floor_where))
    for sentence in brought.warnings:
        warnings.warn(sentence, stacklevel=2)
    return brought.table


def bring(source: Any, out: Path, layout: Layout, stated: Stated) -> Brought:
    """Makes the table; see `import_table`.

    Raises:
        InputError: naming the row and column that cannot be used; then nothing is written.
    """
    check_free(out)
    opened = open_source(source)
    about = about_in(opened) if layout == Layout() else None
    found = read_exported(opened, about) if about else _read(opened, layout)
    identity, unmatched = _state(found.identity, stated)
    table = write_table(out, identity, found.origin, found.rewards, found.accuracies)
    pool, (read, values) = identity.pool, found.read
    return Brought(
        table,
        summary(table, opened.name, read, values - found.rewards.num_rows),
        found.notes,
        (
            *twins("targets", identity.targets),
            *twins("datasets", pool.datasets),
            *twins("groups", pool.groups),
            *unmatched,
            *failures(table),
        ),
    )


def _read(source: Source, layout: Layout) -> Results:
    """What somebody else's file says."""
    read = (wide_rows if layout.wide else long_rows)(source, layout)
    arranged = arrange(read)
    _check_worth(source, arranged)
    identity = Identity(
        pool=arranged.pool,
        targets=arranged.targets,
        fingerprint="",
        reward=layout.reward or "reward",
        training={},
        versions={},
    )
    origin = {"file": source.name}
    size = read.read, len(read.given)
    return Results(identity, size, origin, arranged.rewards, notes=_notes(read, arranged))


def _check_worth(source: Source, arranged: Arranged) -> None:
    """Refuses results from which nothing can be chosen."""
    if len(arranged.pool.datasets) < 2:
        raise InputError(
            f"{source.name} has only one dataset, {listed(arranged.pool.datasets)}; a choice needs "
            f"at least two"
        )
    if arranged.rewards["reward"].null_count == arranged.rewards.num_rows:
        raise InputError(f"{source.name} has no reward that is a finite number")


def _notes(read: Rows, arranged: Arranged) -> tuple[str, ...]:
    """What is worth knowing."""
    notes = []
    if read.unused:
        notes.append(f"columns that were not read: {listed(read.unused)}")
    if arranged.renumbered:
        called = arranged.renumbered
        some = ", ".join(map(str, called[:3])) + (", ..." if len(called) > 3 else "")
        notes.append(f"replicates {some} are numbered 0 to {len(called) - 1} in the table")
    return tuple(notes)


def _state(identity: Identity, stated: Stated) -> tuple[Identity, tuple[str, ...]]:
    """The identity with what was stated in its place, and what does not fit."""
    given = {"direction": stated.direction, "unit": stated.unit}
    identity = replace(identity, **{name: value for name, value in given.items() if value})
    if stated.floor is None:
        if stated.floor_where is not None:
            raise InputError(f"'{stated.floor_where}' chooses rows of a file of floors; give one")
        return identity, ()
    floor = read_floor(stated.floor, identity.targets, stated.floor_where)
    return replace(identity, floor=floor.values), floor.notes
