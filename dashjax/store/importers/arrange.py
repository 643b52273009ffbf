"""Rows that were read, checked and numbered as a table has them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store.cells import REWARDS, depth_of
from dashjax.store.importers.repeats import cells, check_count, check_once
from dashjax.store.importers.rows import Rows, first_rows, occurrence


@dataclass(frozen=True)
class Arranged:
    """What a table is made of.

    Attributes:
        pool: datasets in the order of their first rows; sizes are unknown (0), a look costs 1.
        targets: in the order of their first rows.
        rewards: columns of `cells.REWARDS`; a reward that is no finite number is a failure.
        renumbered: what the source calls the replicates 0, 1, ...; empty if it calls them so too.
    """

    pool: Pool
    targets: tuple[str, ...]
    rewards: pa.Table
    renumbered: tuple[int, ...] = ()


def arrange(rows: Rows, renumber: bool = True) -> Arranged:
    """Rows in the order of targets, datasets and replicates.

    Args:
        rows: what was read. Where the source numbers no replicates, the rewards of a cell are
            numbered as they come.
        renumber: number replicates from 0 without gaps, in the order of the source's own numbers;
            else these are kept.

    Raises:
        InputError: if a dataset is in two groups, a replicate comes twice, or there are more
            replicates or cells than columns of their kind can mean.
    """
    pool = _pool(rows)
    tried = rows.given if rows.reason is None else rows.given | (rows.reason.number >= 0)
    used = np.flatnonzero(tried)
    cell = cells(rows, used)
    renumbered: tuple[int, ...] = ()
    if rows.replicate is None:
        replicate = occurrence(cell)
    else:
        replicate = rows.replicate[used]
        if renumber:
            replicate, renumbered = _without_gaps(replicate)
    check_count(rows, cell, replicate)
    depth_of(rows.source.name, replicate, len(rows.target.names) * len(pool.datasets))
    if rows.replicate is not None:
        check_once(rows, used, cell, replicate)
    return Arranged(pool, rows.target.names, _columns(rows, used, replicate), renumbered)


def _pool(rows: Rows) -> Pool:
    """The datasets and their groups."""
    datasets = rows.dataset.names
    known = {"sizes": (0,) * len(datasets), "costs": (1.0,) * len(datasets)}
    if rows.group is None:
        return Pool(datasets, ("all",), (0,) * len(datasets), **known)
    first = first_rows(rows.dataset.number, len(datasets))
    group = rows.group.number[first]
    other = np.flatnonzero(group[rows.dataset.number] != rows.group.number)
    if other.size:
        second = int(other[0])
        dataset = rows.dataset.number[second]
        names = [rows.group.names[number] for number in (group[dataset], rows.group.number[second])]
        raise InputError(
            f"{rows.place(second)}: dataset '{datasets[dataset]}' is in group '{names[1]}', and "
            f"in '{names[0]}' at {rows.place(int(first[dataset]))}; give it one group, or "
            f"name the two datasets differently"
        )
    return Pool(datasets, rows.group.names, tuple(group.tolist()), **known)


def _without_gaps(replicate: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """Replicates from 0 without gaps, and what they were called if that is not the same."""
    highest = int(replicate.max(initial=0))
    if highest < max(len(replicate), 1):  # counting is quicker than sorting
        called = np.flatnonzero(np.bincount(replicate, minlength=highest + 1))
        number = np.empty(highest + 1, np.int64)
        number[called] = np.arange(len(called))
        found = number[replicate]
    else:
        called, found = np.unique(replicate, return_inverse=True)
    same = np.array_equal(called, np.arange(len(called)))
    return found, () if same else tuple(called.tolist())


def _columns(rows: Rows, used: np.ndarray, replicate: np.ndarray) -> pa.Table:
    """The rewards as they are kept, and a failure for each that is no finite number."""
    reward = rows.reward[used]
    failed = ~np.isfinite(reward)
    kinds, number = np.unique([str(value) for value in reward[failed]], return_inverse=True)
    failure = np.full(len(used), -1, np.int32)
    failure[failed] = number
    reasons = tuple(f"the reward is {kind}" for kind in kinds)
    if rows.reason is not None:
        stated = rows.reason.number[used]
        failure = np.where(stated >= 0, len(reasons) + stated, failure)
        reasons += rows.reason.names
    columns = {
        "target": spelt(rows.target.number[used], rows.target.names),
        "replicate": pa.array(replicate.astype(np.int32)),
        "seconds": pa.array(np.zeros(len(used))),
        "dataset": spelt(rows.dataset.number[used], rows.dataset.names),
        "reward": pa.array(reward, mask=failure >= 0),
        "failure": spelt(failure, reasons),
    }
    return pa.table(columns, schema=REWARDS)


def spelt(number: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    """Names by number, null below 0."""
    places = pa.array(number.astype(np.int32), mask=number < 0)
    return pa.array(names, pa.string()).take(places)
