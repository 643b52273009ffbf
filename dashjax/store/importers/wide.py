"""Results with a row a dataset and a column a target."""

from collections import Counter

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.columns import present
from dashjax.store.importers.long import check_named
from dashjax.store.importers.rows import Layout, Rows, numbers, occurrence
from dashjax.store.importers.source import Source, find
from dashjax.store.importers.values import Names, counts_in, names_in, reals_in


def wide_rows(source: Source, layout: Layout) -> Rows:
    """Results with a row a dataset, and a column a target.

    A dataset that comes again is its next replicate. Not-a-number in a column of numbers is a gap:
    a data frame has no other; in a text file a gap is an empty value.

    Raises:
        InputError: naming the column that is missing, or the row and column that is not as it must
            be.
    """
    _check(source, layout)
    dataset = _dataset_column(source, layout)
    group, replicate = (_optional(source, layout, role) for role in ("group", "replicate"))
    taken = [column for column in (dataset, group, replicate) if column is not None]
    targets = layout.targets or tuple(name for name in source.columns if name not in taken)
    for name in layout.targets:
        if find(source, name, "target") in taken:
            raise InputError(f"column '{name}' cannot be a target and something else")
    if not targets:
        raise InputError(f"{source.name} has no column for a target beside '{dataset}'")
    table = source.read(tuple(dict.fromkeys((*taken, *targets))))
    if not table.num_rows:
        raise InputError(f"{source.name} has a header, and no rows below it")
    rewards, given = _rewards(source, table, targets)
    datasets = _names(source, table, dataset, "dataset")

    def place(index: int) -> str:
        return source.place(index // len(targets), targets[index % len(targets)])

    return Rows(
        source,
        table.num_rows,
        Names(np.tile(np.arange(len(targets), dtype=np.int32), table.num_rows), targets),
        _spread(datasets, len(targets)),
        _spread(_names(source, table, group, "group"), len(targets)) if group is not None else None,
        np.repeat(_replicates(source, table, replicate, datasets), len(targets)),
        rewards,
        given,
        place,
        tuple(name for name in source.columns if name not in (*taken, *targets)),
    )


def _check(source: Source, layout: Layout) -> None:
    for role in ("target", "reward"):
        if getattr(layout, role) is not None:
            raise InputError(
                f"in the wide form each target is a column that holds its rewards, so that no "
                f"column can be chosen for the {role}; name those columns as columns of targets"
            )
    if len(set(layout.targets)) < len(layout.targets):
        raise InputError("a column of targets is given twice; name each once")
    if not layout.targets:
        for name, times in Counter(source.columns).items():
            if times > 1:
                find(source, name, "target")  # refuses it


def _dataset_column(source: Source, layout: Layout) -> str:
    if layout.dataset is None and "dataset" not in source.columns:
        return source.columns[0]
    return find(source, layout.dataset or "dataset", "dataset")


def _optional(source: Source, layout: Layout, role: str) -> str | None:
    named = getattr(layout, role)
    if named is None and (role not in source.columns or role in layout.targets):
        return None
    return find(source, named or role, role)


def _names(source: Source, table: pa.Table, column: str, role: str) -> Names:
    found = names_in(source, column, table[column])
    check_named(source, column, found, role)
    return found


def _spread(names: Names, targets: int) -> Names:
    return Names(np.repeat(names.number, targets), names.names)


def _rewards(
    source: Source, table: pa.Table, targets: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Rewards row by row, and where there is one."""
    shape = table.num_rows, len(targets)
    rewards, given = np.empty(shape), np.empty(shape, bool)
    for number, name in enumerate(targets):
        column = reals_in(source, name, table[name])
        given[:, number] = present(column)
        rewards[:, number] = numbers(column, np.nan)
        if pa.types.is_floating(table[name].type):
            given[:, number] &= ~np.isnan(rewards[:, number])
    return rewards.ravel(), given.ravel()


def _replicates(source: Source, table: pa.Table, column: str | None, datasets: Names) -> np.ndarray:
    """The replicate of each row: as numbered, or how often its dataset came before."""
    if column is None:
        return occurrence(datasets.number)
    found = numbers(counts_in(source, column, table[column]), -1)
    missing = np.flatnonzero(found < 0)
    if missing.size:
        raise InputError(f"{source.place(int(missing[0]), column)}: no replicate is numbered")
    return found
