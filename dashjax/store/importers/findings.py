"""What is to be said about results that were read."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from dashjax.store.reward_table import RewardTable
from dashjax.wording import counted

_MOST_TWINS = 5  # pairs that are named


def twins(what: str, names: Iterable[str]) -> list[str]:
    """A sentence for names that differ only in case, space around them or Unicode form."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize("NFKC", name).strip().casefold()].append(name)
    found = [group for group in alike.values() if len(group) > 1]
    if not found:
        return []
    named = "; ".join(" and ".join(ascii(name) for name in group) for group in found[:_MOST_TWINS])
    more = f"; and {len(found) - _MOST_TWINS} more" if len(found) > _MOST_TWINS else ""
    return [f"{what} that differ only in case, space or Unicode form are kept apart: {named}{more}"]


def failures(table: RewardTable) -> list[str]:
    """A sentence for rewards that are no finite number."""
    if not table.failures:
        return []
    cell, reason = next(iter(table.failures.items()))
    return [
        f"{counted(len(table.failures), 'reward')} without a finite number became failed cells, "
        f"the first that of dataset '{cell.dataset}' for target '{cell.target}': {reason}"
    ]


def summary(table: RewardTable, name: str, read: int, gaps: int) -> str:
    """What was read, in one sentence.

    Args:
        table: what was made of it.
        name: of the source.
        read: rows that were read.
        gaps: values, among these, that hold no reward.
    """
    identity, counts = table.identity, table.measured.sum(axis=2)
    pool, some = identity.pool, counts > 0
    missing = counts.size - int(some.sum())
    itself = int(np.sum([not there for there in _with_themselves(table, some)]))
    of_which = f", {itself} of them of a target with itself" if itself else ""
    low, high = int(counts[some].min()), int(counts.max())
    repeats = f"{low} to {high} replicates" if low < high else counted(high, "replicate")
    empty = f" ({counted(gaps, 'value')} without a reward)" if gaps else ""
    return (
        f"read {counted(read, 'row')} of {name}{empty}: "
        f"{counted(len(identity.targets), 'target')}, "
        f"{counted(len(pool.datasets), 'dataset')} in {counted(len(pool.groups), 'group')}; "
        f"{missing:,} of {counted(counts.size, 'cell')} missing{of_which}, {repeats} in each of "
        f"the others; {counted(int(counts.sum()), 'reward')}, {len(table.failures):,} failed"
    )


def _with_themselves(table: RewardTable, some: np.ndarray) -> list[bool]:
    """Whether each target that is also a dataset has a reward of itself."""
    arms = {name: arm for arm, name in enumerate(table.identity.pool.datasets)}
    return [
        bool(some[number, arms[name]])
        for number, name in enumerate(table.identity.targets)
        if name in arms
    ]
