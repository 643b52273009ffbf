"""The datasets of a pool of tables, in whichever form it lies on disk."""

import os
from collections.abc import Callable
from pathlib import Path

from dashjax.errors import InputError
from dashjax.pools.lazy import LazyDataset, ReadingOptions
from dashjax.pools.readers.group_folder import group_folder
from dashjax.pools.readers.list_file import NAMES, is_list, list_file
from dashjax.pools.readers.one_file import one_file

# The contract of a reader: a path, and what was said of its columns.
Reader = Callable[[Path, ReadingOptions], tuple[LazyDataset, ...]]


def read_datasets(
    path: str | os.PathLike[str], options: ReadingOptions | None = None
) -> tuple[LazyDataset, ...]:
    """The datasets of a folder, a list of datasets, or a file with a column of datasets.

    Args:
        path: a folder `group/dataset.csv` (also `.parquet`, `.npz`, `.jsonl`), which may hold a
            list `pool.toml` or `pool.csv`; such a list; or one file.
        options: what its columns mean.

    Raises:
        InputError: if there is nothing of that name, or it cannot be read as a pool.
    """
    place, said = Path(path), options or ReadingOptions()
    if not place.exists():
        raise InputError(f"there is no pool '{path}'; give a folder, a list of datasets, or a file")
    return _reader_of(place, said)(_list_in(place), said)


def _list_in(path: Path) -> Path:
    """The list that a folder holds; else the path itself."""
    lists = [path / name for name in NAMES if (path / name).is_file()] if path.is_dir() else []
    return lists[0] if lists else path


def _reader_of(path: Path, options: ReadingOptions) -> Reader:
    found = _list_in(path)
    if found.is_dir():
        return group_folder
    return list_file if options.dataset_column is None and is_list(found) else one_file
