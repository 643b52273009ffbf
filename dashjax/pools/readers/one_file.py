"""A pool from one file whose rows say which dataset, and which group, they belong to."""

from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from dashjax.errors import InputError, unknown
from dashjax.pools.lazy import LazyDataset, ReadingOptions, checked
from dashjax.pools.readers.table_file import read_table, version_of


def one_file(path: Path, options: ReadingOptions) -> tuple[LazyDataset, ...]:
    """The datasets of a file, by its column of datasets; in one group without one of groups.

    A dataset is called as its column says, or `group/dataset` where two groups share a name. The
    file is read once, and its datasets are parts of it.

    Args:
        path: the file.
        options: `dataset_column` and `group_column`.

    Raises:
        InputError: if the file cannot be read, lacks a column, or has a row without a dataset.
    """
    if options.dataset_column is None:
        raise InputError(
            f"{path} is one file; say which of its columns names the datasets, with "
            f"--dataset-column, or give a folder"
        )
    table = _kept(path)
    dataset = _names(table, options.dataset_column, path)
    group = _names(table, options.group_column, path) if options.group_column else None
    pairs = np.array([dataset, dataset if group is None else group]).T
    found, rows = np.unique(pairs, axis=0, return_inverse=True)
    shared = len(np.unique(found[:, 0])) < len(found)
    version = version_of(path)
    return checked(
        [
            LazyDataset(
                f"{whose}/{name}" if shared else str(name),
                str(whose) if group is not None else "all",
                partial(_part, path, np.flatnonzero(rows.ravel() == at), options),
                where=f"{options.dataset_column} '{name}' of {path}",
                size=int((rows.ravel() == at).sum()),
                version=version,
            )
            for at, (name, whose) in enumerate(found)
        ],
        str(path),
    )


@lru_cache(maxsize=4)
def _kept(path: Path) -> pa.Table:
    return read_table(path)


def _part(path: Path, rows: np.ndarray, options: ReadingOptions) -> pa.Table:
    """Some rows, without the columns that say whose they are."""
    own = [name for name in (options.dataset_column, options.group_column) if name]
    return _kept(path).take(rows).drop_columns(own)


def _names(table: pa.Table, column: str, path: Path) -> np.ndarray:
    """A column as text."""
    if column not in table.column_names:
        raise unknown(f"column of {path}:", column, table.column_names)
    values = table[column]
    if values.null_count:
        raise InputError(f"{values.null_count} rows of {path} have no {column}; give them one")
    if pa.types.is_floating(values.type):
        whole = np.asarray(values)
        if not np.array_equal(whole, np.rint(whole)):
            raise InputError(f"column '{column}' of {path} holds fractions, which name no dataset")
        values = values.cast(pa.int64())
    return np.asarray(compute.cast(values, pa.string()), dtype=object).astype(str)
