"""How often a cell may be measured; asked of each batch of rows, and of all of them.

What no further row can mend is refused while a file is still being read: so a file of any length in
which the wrong columns were taken for targets and datasets is answered soon, and in little memory.
"""

import numpy as np

from dashjax.errors import InputError
from dashjax.store.importers.rows import Rows

MOST_REPLICATES = 1_000_000  # of a cell; more are rather a column that was taken for another
_PLACES = 16  # for each row, up to which rewards are counted in a batch


class Watch:
    """Looks at batches of rows as they are read."""

    def __init__(self) -> None:
        self._many: dict[tuple[str, str], int] = {}  # rewards of cells that have many in a batch

    def look(self, batch: Rows) -> None:
        """Refuses a replicate that comes twice in a batch, and a cell with too many rewards.

        What shows over several batches, or among thinly filled cells, is left to be asked of all.

        Raises:
            InputError: naming the two rows, or the cell.
        """
        used = np.flatnonzero(batch.given)
        cell = cells(batch, used)
        replicate = np.zeros_like(cell) if batch.replicate is None else batch.replicate[used]
        deep = int(replicate.max(initial=0)) + 1
        if (int(cell.max(initial=0)) + 1) * deep > _PLACES * len(used):
            return
        counts = np.bincount(cell * deep + replicate)
        if batch.replicate is None:
            self._add(batch, counts)
        elif counts.max(initial=0) > 1:
            check_once(batch, used, cell, replicate)

    def _add(self, batch: Rows, counts: np.ndarray) -> None:
        for place in np.flatnonzero(counts > MOST_REPLICATES // 1000).tolist():
            cell = _named(batch, place)
            self._many[cell] = self._many.get(cell, 0) + int(counts[place])
            if self._many[cell] > MOST_REPLICATES:
                raise _too_many(batch, f"more than {MOST_REPLICATES:,}", cell)


def cells(rows: Rows, used: np.ndarray) -> np.ndarray:
    """The cell of each row that is used, by number: target times datasets plus dataset."""
    number = rows.target.number[used].astype(np.int64) * len(rows.dataset.names)
    return number + rows.dataset.number[used]


def check_once(rows: Rows, used: np.ndarray, cell: np.ndarray, replicate: np.ndarray) -> None:
    """Refuses a replicate of a cell that comes again.

    Raises:
        InputError: naming both rows.
    """
    key = cell * (int(replicate.max(initial=0)) + 1) + replicate
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    if not again.size:
        return
    place = again[np.argmin(order[again + 1])]  # the first row that repeats one before it
    first, second = int(used[order[place]]), int(used[order[place + 1]])
    target, dataset = (names.names[names.number[second]] for names in (rows.target, rows.dataset))
    number = "" if rows.replicate is None else f" {rows.replicate[second]}"
    raise InputError(
        f"{rows.place(second)}: replicate{number} of dataset '{dataset}' for target '{target}' "
        f"comes a second time, after {rows.place(first)}; give repeats different numbers, or leave "
        f"their column out"
    )


def check_count(rows: Rows, cell: np.ndarray, replicate: np.ndarray) -> None:
    """Refuses more replicates than anybody measures.

    Raises:
        InputError: naming the cell, or that replicates have too many numbers.
    """
    count = int(replicate.max(initial=0)) + 1
    if count <= MOST_REPLICATES:
        return
    if rows.replicate is not None:
        raise InputError(
            f"the replicates in {rows.source.name} have {count:,} different numbers, and a table "
            f"takes {MOST_REPLICATES:,}; is their column one that numbers the repeats of each "
            f"dataset?"
        )
    raise _too_many(rows, f"{count:,}", _named(rows, int(cell[replicate.argmax()])))


def _named(rows: Rows, cell: int) -> tuple[str, str]:
    """The target and the dataset of a cell."""
    target, dataset = divmod(cell, len(rows.dataset.names))
    return rows.target.names[target], rows.dataset.names[dataset]


def _too_many(rows: Rows, count: str, cell: tuple[str, str]) -> InputError:
    return InputError(
        f"{rows.source.name} has {count} rewards of dataset '{cell[1]}' for target '{cell[0]}', "
        f"and a table takes {MOST_REPLICATES:,}; are the columns of targets and datasets the right "
        f"ones?"
    )
