"""What is in a pool of tables, and what is amiss: rows that occur twice, or in the test part."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.columns import Columns, Rows
from dashjax.rewards.target_rows import TargetRows
from dashjax.wording import counted

_FEW = 0.01  # share of a dataset's rows up to which equal ones may be chance


class Sheet(NamedTuple):
    """What is in a dataset.

    Attributes:
        dataset: its name.
        group: where it comes from.
        rows: how many.
        missing: share of its values that are not there.
        labels: rows of each class, by name; in regression `mean` and `sd`.
    """

    dataset: str
    group: str
    rows: int
    missing: float
    labels: dict[str, float]


def sheet(dataset: LazyDataset, rows: Rows, columns: Columns) -> Sheet:
    """What is in a dataset whose rows have been read."""
    lacking = np.isnan(rows.numbers).sum() + (rows.texts == "").sum()
    values = rows.numbers.size + rows.texts.size
    if columns.classes:
        counts = np.bincount(rows.labels, minlength=len(columns.classes)).tolist()
        labels = dict(zip(columns.classes, counts, strict=True))
    else:
        labels = {"mean": float(rows.labels.mean()), "sd": float(rows.labels.std())}
    count = len(rows.labels)
    return Sheet(dataset.name, dataset.group, count, float(lacking / max(values, 1)), labels)


def warnings(
    named: Sequence[tuple[str, Rows]], columns: Columns, target: TargetRows | None
) -> list[str]:
    """What is amiss with datasets that have been read, a sentence each.

    Two rows are the same if all of their values and their labels are; in a dataset, up to 1 % of
    such rows may be chance and are not spoken of.

    Args:
        named: each dataset's name and rows.
        columns: what the columns are.
        target: whose test rows must be in no dataset.
    """
    hashed = {name: _hashes(rows) for name, rows in named}
    found = [
        f"{name} has one class alone, '{columns.classes[rows.labels[0]]}'."
        for name, rows in named
        if columns.classes and len(np.unique(rows.labels)) == 1
    ]
    if target is not None and len(target.test):
        found += _leaks(hashed, set(_hashes(target.rows.take(target.test))), target.name)
    return found + _twice(hashed)


def _twice(hashed: dict[str, list[bytes]]) -> list[str]:
    """Rows of a dataset that are there more than once, or in an earlier dataset too."""
    found, first = [], {}
    for name, rows in hashed.items():
        again = len(rows) - len(set(rows))
        if again > _FEW * len(rows):
            found.append(f"{counted(again, 'row')} of {name} repeat others of it.")
        for other, times in Counter(first[row] for row in set(rows) if row in first).items():
            if times > _FEW * len(rows):
                found.append(f"{counted(times, 'row')} of {name} are also in {other}.")
        for row in rows:
            first.setdefault(row, name)
    return found


def _leaks(hashed: dict[str, list[bytes]], test: set[bytes], target: str) -> list[str]:
    shared = {name: len(test.intersection(rows)) for name, rows in hashed.items()}
    return [
        f"{counted(times, 'test row')} of '{target}' are also in {name}: what the test says of it "
        f"is too good; take them out."
        for name, times in shared.items()
        if times > _FEW * len(test)
    ]


def _hashes(rows: Rows) -> list[bytes]:
    """A short hash of each row with its label."""
    texts = ["\0".join(row).encode() for row in rows.texts.astype(str)]
    numbers = np.concatenate([rows.numbers, rows.labels[:, None].astype(float)], 1)
    return [
        hashlib.blake2b(values.tobytes() + text, digest_size=8).digest()
        for values, text in zip(numbers, texts, strict=True)
    ]
