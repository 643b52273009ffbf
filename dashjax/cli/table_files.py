"""`dashjax table import`, `export`, `merge` and `diff`: tables and files."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from dashjax.cli.output import Terminal
from dashjax.cli.shared_options import Printing
from dashjax.errors import InputError


@dataclass(frozen=True)
class Import:
    """Make a reward table of results that you have: CSV, TSV, Parquet or JSON lines.

    The columns target, group, dataset, replicate and reward need no options; group and replicate
    may be absent. Names are kept as they are. A reward that is no finite number is a failed cell.
    """

    file: Positional[Path]
    """The file."""
    out: Path
    """Folder of the new table."""
    target: str | None = None
    """Column with the names of targets."""
    dataset: str | None = None
    """Column with the names of datasets."""
    group: str | None = None
    """Column with the groups of datasets; one group for all where there is none."""
    replicate: str | None = None
    """Column that numbers repeats; without one, rewards of a cell are its repeats as they come."""
    reward: str | None = None
    """Column with the rewards."""
    wide: bool = False
    """A row is a dataset, and a column a target that holds its rewards."""
    target_columns: tuple[str, ...] = ()
    """With --wide, the columns that are targets; all that are nothing else if none is named."""
    minimise: bool = False
    """Lower rewards are better, as of losses."""
    maximise: bool = False
    """Higher rewards are better; so it is where neither is given."""
    unit: str | None = None
    """Unit of a reward, such as accuracy or nats."""
    floor: str | None = None
    """What a target scores without any dataset, below which nothing is worth taking: a number for
    all, or a file with the columns target and score."""
    floor_where: str | None = None
    """COLUMN=TEXT: of the file of floors, only the rows with this text there."""
    printing: Printing = field(default_factory=Printing)

    command = "table_files:bring_in"


@dataclass(frozen=True)
class Export:
    """Write a reward table to one file, .csv or .parquet; importing it gives an equal table."""

    table: Positional[Path]
    """Folder of the table."""
    file: Positional[Path]
    """The file; one that is there is replaced."""
    printing: Printing = field(default_factory=Printing)

    command = "table_files:export"


@dataclass(frozen=True)
class Merge:
    """Make one table of several that are about the same: measured on different days or machines."""

    tables: Positional[tuple[Path, ...]]
    """Folders of the tables."""
    out: Path
    """Folder of the new table."""
    printing: Printing = field(default_factory=Printing)

    command = "table_files:merge_tables"


@dataclass(frozen=True)
class Diff:
    """Say what differs between two tables; exit status 0 if nothing does, else 1."""

    one: Positional[Path]
    """Folder of a table."""
    other: Positional[Path]
    """Folder of the other."""
    printing: Printing = field(default_factory=Printing)

    command = "table_files:diff"


def bring_in(options: Import, terminal: Terminal) -> None:
    """Imports, and says what was read."""
    from dashjax.store.importers.bring import Stated, bring
    from dashjax.store.importers.rows import Layout

    if options.minimise and options.maximise:
        raise InputError("give --minimise or --maximise, not both")
    if options.target_columns and not options.wide:
        raise InputError("--target-columns is for --wide; give that too, or leave it out")
    if options.floor_where is not None and options.floor is None:
        raise InputError("--floor-where is for a file of floors; give --floor too, or leave it out")
    layout = Layout(
        options.target,
        options.dataset,
        options.group,
        options.replicate,
        options.reward,
        options.wide,
        options.target_columns,
    )
    direction = "lower" if options.minimise else "higher" if options.maximise else None
    stated = Stated(direction, options.unit, _floor(options.floor), options.floor_where)
    brought = bring(options.file, options.out, layout, stated)
    for sentence in (*brought.notes, *brought.warnings):
        terminal.note(f"note: {sentence}")
    terminal.show(brought.summary)
    table = brought.table
    terminal.document(
        {"table": str(table.path), "content": table.content}
        | {
            "summary": brought.summary,
            "notes": list(brought.notes),
            "warnings": list(brought.warnings),
        }
    )


def export(options: Export, terminal: Terminal) -> None:
    """Writes the file."""
    from dashjax.store.export import export_table
    from dashjax.store.reward_table import load_table

    table = load_table(options.table)
    export_table(table, options.file)
    terminal.show(f"{int(table.measured.sum()):,} rewards of {options.table} are in {options.file}")
    terminal.document({"file": str(options.file), "content": table.content})


def merge_tables(options: Merge, terminal: Terminal) -> None:
    """Writes the table of all."""
    from dashjax.store.merge import merge
    from dashjax.store.reward_table import load_table

    if len(options.tables) < 2:
        raise InputError("give at least two tables to merge")
    merged = merge([load_table(path) for path in options.tables], options.out)
    terminal.show(
        f"{int(merged.measured.sum()):,} rewards, {len(merged.failures):,} failed measurements and "
        f"{len(merged.accuracies):,} accuracies of selections are in {options.out}"
    )
    terminal.document({"table": str(merged.path), "content": merged.content})


def diff(options: Diff, terminal: Terminal) -> int:
    """Prints the differences; gives the exit status."""
    from dashjax.store.compare import differences
    from dashjax.store.reward_table import load_table

    found = list(differences(load_table(options.one), load_table(options.other)))
    terminal.show(*found or ["the tables say the same"])
    terminal.document({"differences": found})
    return 1 if found else 0


def _floor(text: str | None) -> float | Path | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return Path(text)
