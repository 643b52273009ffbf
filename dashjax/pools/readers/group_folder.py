"""A pool from a folder of files: `group/dataset.csv`, or one group of files right under it."""

from functools import partial
from pathlib import Path

from dashjax.errors import InputError
from dashjax.pools.lazy import LazyDataset, ReadingOptions, checked
from dashjax.pools.readers.table_file import FORMATS, read_table, rows_in, version_of


def group_folder(path: Path, options: ReadingOptions) -> tuple[LazyDataset, ...]:
    """The datasets of a folder, a file each; a folder in it is a group.

    A dataset in a group is called `group/file`, without the file's ending.

    Args:
        path: the folder.
        options: not used here: what the columns mean is the same for all files.

    Raises:
        InputError: if there is no such folder, it holds no file of a table, files both lie under it
            and in groups, or two have one name.
    """
    if not path.is_dir():
        raise InputError(f"there is no folder {path}; give a folder of {', '.join(FORMATS)} files")
    flat = _files(path)
    groups = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and _files(folder)]
    if flat and groups:
        raise InputError(
            f"{path} holds both files ({flat[0].name}) and groups of files ({groups[0].name}/); "
            f"move the files into a group"
        )
    found = [dataset_in(file, file.stem, path.name) for file in flat]
    for folder in groups:
        found += [
            dataset_in(file, f"{folder.name}/{file.stem}", folder.name) for file in _files(folder)
        ]
    if not found:
        raise InputError(
            f"the folder {path} holds no dataset; put files GROUP/DATASET{next(iter(FORMATS))} "
            f"into it ({', '.join(FORMATS)})"
        )
    return checked(found, str(path))


def dataset_in(path: Path, name: str, group: str) -> LazyDataset:
    """One file as a dataset."""
    return LazyDataset(
        name,
        group,
        partial(read_table, path),
        where=str(path),
        size=rows_in(path),
        bytes=path.stat().st_size,
        version=version_of(path),
    )


def _files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in FORMATS]
    return [path for path in files if path.is_file() and not path.name.startswith(".")]
