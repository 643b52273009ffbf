"""One table of several that are about the same."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store.cells import ACCURACIES, REWARDS, each_once, trained_once
from dashjax.store.compare import contradictions, of_identity
from dashjax.store.identity import Cell
from dashjax.store.reward_table import RewardTable, read_parts
from dashjax.store.table_writer import check_free, write_table


def merge(tables: Sequence[RewardTable], out: Path) -> RewardTable:
    """A new table of all that several tables hold, which must be about the same.

    A cell, or the training of a selection, that several have counts once. A cell that failed in
    one and has a reward in another has that reward; if it failed in all, it keeps every reason.

    Args:
        tables: as they are on disk.
        out: folder of the new table, which must not hold anything yet.

    Raises:
        InputError: if they are about different things, or two give different rewards for a cell or
            accuracies for a training; then nothing is written.
    """
    check_free(out)
    for one, other in itertools.combinations(tables, 2):
        for line in (*of_identity(one, other), *contradictions(one, other)):
            raise InputError(f"{one.path} and {other.path} do not go together: {line}")
    first = tables[0]
    parts = [read_parts(table.path) for table in tables]
    measured = pa.concat_tables(_measured(rows["rewards"].cast(REWARDS)) for rows in parts)
    rewards = pa.concat_tables([measured, _failed(tables)])
    accuracies = pa.concat_tables(rows["accuracies"].cast(ACCURACIES) for rows in parts)
    return write_table(
        out,
        first.identity,
        first.origin,
        each_once(out, first.identity, rewards),
        trained_once(accuracies),
    )


def _measured(rows: pa.Table) -> pa.Table:
    """The rows with a reward."""
    return rows.filter(rows["reward"].is_valid())


def _failed(tables: Iterable[RewardTable]) -> pa.Table:
    """A row for each cell that failed in any table, with all its reasons."""
    reasons: dict[Cell, set[str]] = {}
    for table in tables:
        for cell, reason in table.failures.items():
            reasons.setdefault(cell, set()).add(reason)
    rows = [
        cell._asdict() | {"seconds": 0.0, "failure": "; ".join(sorted(several))}
        for cell, several in reasons.items()
    ]
    return pa.Table.from_pylist(rows, schema=REWARDS)
