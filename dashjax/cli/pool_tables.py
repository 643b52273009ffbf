"""`dashjax pool` of a pool of tables: sizes, classes, missing values, and what is amiss."""

from typing import Any

from rich.table import Table

from dashjax.choice.inspection import Sheet, sheet, warnings
from dashjax.choice.problem import learner_of, read_problem
from dashjax.choice.settings import ChooseSettings
from dashjax.cli.output import Terminal
from dashjax.cli.supply_options import Pool
from dashjax.pools.datasets import read_datasets
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.columns import Columns, columns_of
from dashjax.rewards.target_rows import TargetRows
from dashjax.wording import counted

_MOST = 60  # datasets that are shown


def run(options: Pool, terminal: Terminal) -> None:
    """Reads everything, and prints it."""
    target, columns, pool = _read(options)
    rows = {one.name: columns.rows(one.read(), one.place, one.label, one.classes) for one in pool}
    sheets = [sheet(one, rows[one.name], columns) for one in pool]
    groups = len({one.group for one in pool})
    terminal.show(
        f"pool '{options.pool}': {counted(len(pool), 'dataset')} in {counted(groups, 'group')}, "
        f"{columns.kind} of '{columns.label}', {counted(len(columns.numbers), 'number')} and "
        f"{counted(len(columns.texts), 'text')} a row",
        _table(sheets, columns),
    )
    found = warnings(list(rows.items()), columns, target)
    terminal.show(*(f"Warning: {one}" for one in found))
    config = {"pool": options.pool, "label": columns.label, "classes": list(columns.classes)}
    document = {"config": config, "rows": [one._asdict() for one in sheets], "warnings": found}
    terminal.document(document)


def _read(options: Pool) -> tuple[TargetRows | None, Columns, tuple[LazyDataset, ...]]:
    """The target, if one is named, what the columns are, and the datasets."""
    given = ChooseSettings.of(options.tables())
    if options.target is not None:
        problem = read_problem(options.target, options.pool, given)
        target = learner_of(problem, given).target
        return target, target.columns, problem.candidates
    pool = read_datasets(options.pool, given)
    first = pool[0]
    label = given.label or first.label
    return None, columns_of(first.read(), first.place, label, given.ignore, None), pool


def _table(sheets: list[Sheet], columns: Columns) -> Table:
    names = list(columns.classes) or ["mean", "sd"]
    table = Table("group", "dataset", title="datasets", box=None, pad_edge=False)
    for name in ("rows", "missing", *names):
        table.add_column(name, justify="right")
    for one in sheets[:_MOST]:
        values: list[Any] = [one.labels[name] for name in names]
        cells = [f"{value:,}" if isinstance(value, int) else f"{value:.4g}" for value in values]
        table.add_row(one.group, one.dataset, f"{one.rows:,}", f"{one.missing:.1%}", *cells)
    if len(sheets) > _MOST:
        table.caption = f"and {len(sheets) - _MOST} more; --json shows all"
    return table
