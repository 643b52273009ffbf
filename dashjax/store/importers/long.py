"""Results with one reward a row."""

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.columns import present
from dashjax.store.importers.repeats import Watch
from dashjax.store.importers.rows import Layout, Rows, numbers
from dashjax.store.importers.source import Source, find
from dashjax.store.importers.values import Names, counts_in, joined, names_in, reals_in

_NEEDED = ("target", "dataset", "reward")
_OPTIONAL = ("group", "replicate")


def long_rows(source: Source, layout: Layout) -> Rows:
    """Results with the columns target, dataset and reward, and perhaps group and replicate.

    Raises:
        InputError: naming the column that is missing, or the row and column that is not as it must
            be.
    """
    if layout.targets:
        raise InputError("columns of targets are for the wide form only; say also that it is wide")
    columns, watch = _columns(source, layout), Watch()
    batches = []
    for place, table in source.in_batches(tuple(dict.fromkeys(columns.values()))):
        if table.num_rows:
            batches.append(_batch(place, table, columns))
            watch.look(batches[-1])
    if not batches:
        raise InputError(f"{source.name} has a header, and no rows below it")
    return _whole(source, batches)


def _batch(source: Source, table: pa.Table, columns: dict[str, str]) -> Rows:
    """The rows of one batch, by the column of each role."""

    def names(role: str) -> Names:
        found = names_in(source, columns[role], table[columns[role]])
        check_named(source, columns[role], found, role)
        return found

    reward = reals_in(source, columns["reward"], table[columns["reward"]])
    replicate = None
    if "replicate" in columns:
        counts = counts_in(source, columns["replicate"], table[columns["replicate"]])
        replicate = numbers(counts, -1)
        _check_numbered(source, columns["replicate"], replicate, present(reward))
    return Rows(
        source,
        table.num_rows,
        names("target"),
        names("dataset"),
        names("group") if "group" in columns else None,
        replicate,
        numbers(reward, np.nan),
        present(reward),
        source.place,
        tuple(name for name in source.columns if name not in columns.values()),
    )


def _whole(source: Source, batches: list[Rows]) -> Rows:
    """Batches of rows as one."""
    first = batches[0]
    if len(batches) == 1:
        return first
    groups = [batch.group for batch in batches if batch.group is not None]
    numbered = [batch.replicate for batch in batches if batch.replicate is not None]
    return Rows(
        source,
        sum(batch.read for batch in batches),
        joined([batch.target for batch in batches]),
        joined([batch.dataset for batch in batches]),
        joined(groups) if groups else None,
        np.concatenate(numbered) if numbered else None,
        np.concatenate([batch.reward for batch in batches]),
        np.concatenate([batch.given for batch in batches]),
        source.place,
        first.unused,
    )


def check_named(source: Source, column: str, found: Names, role: str) -> None:
    """Refuses a row without a name.

    Raises:
        InputError: naming the first.
    """
    missing = np.flatnonzero(found.number < 0)
    if missing.size:
        raise InputError(f"{source.place(int(missing[0]), column)}: no {role} is named")


def _columns(source: Source, layout: Layout) -> dict[str, str]:
    """The column of each role; an optional one that nobody named may be absent."""
    _suggest_wide(source, layout)
    columns = {role: find(source, getattr(layout, role) or role, role) for role in _NEEDED}
    for role in _OPTIONAL:
        named = getattr(layout, role)
        if named is not None or role in source.columns:
            columns[role] = find(source, named or role, role)
    twice = [role for role, name in columns.items() if list(columns.values()).count(name) > 1]
    if twice:
        raise InputError(
            f"column '{columns[twice[0]]}' is given as {' and as '.join(twice)}; give each its own"
        )
    return columns


def _suggest_wide(source: Source, layout: Layout) -> None:
    """Says what the file probably is, where it has neither of the two columns that make a row."""
    chosen = layout.target or layout.reward
    none_of_both = not {"target", "reward"} & set(source.columns)
    if not chosen and none_of_both and "dataset" in source.columns and len(source.columns) > 2:
        raise InputError(
            f"{source.name} has a column 'dataset', but none for the target or the reward; if "
            f"its other columns are targets, say that it is wide"
        )


def _check_numbered(
    source: Source, column: str, replicate: np.ndarray, rewarded: np.ndarray
) -> None:
    missing = np.flatnonzero((replicate < 0) & rewarded)
    if missing.size:
        raise InputError(
            f"{source.place(int(missing[0]), column)}: no replicate is numbered; leave the column "
            f"out to have all numbered as they come"
        )
