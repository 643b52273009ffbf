"""Rows of one file: CSV, Parquet, npz or JSON lines, as a table of named columns."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from dashjax.errors import InputError
from dashjax.pools.readers.archive import UNREADABLE

_ENDS = 1 << 16  # bytes at each end of a file that its version is made of


def read_table(path: Path) -> pa.Table:
    """The rows of a file, by the ending of its name.

    Arrays of an npz file are columns; of a matrix, each column is one: `X` gives `X0`, `X1`, ...

    Raises:
        InputError: if it cannot be read, is of another kind, or has no rows.
    """
    path = Path(path)
    try:
        table = FORMATS[path.suffix.lower()](path)
    except InputError:
        raise
    except KeyError:
        raise InputError(f"{path} ends in none of {', '.join(FORMATS)}; convert it") from None
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; check its path") from None
    except (*UNREADABLE, pa.ArrowException) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read ({why[:200]}); save it again") from error
    if not table.num_rows or not table.num_columns:
        raise InputError(f"{path} has no rows; add some, or take it out of the pool")
    return _named(table, path)


def rows_in(path: Path) -> int | None:
    """Rows of a file where it says so itself, as Parquet does; None elsewhere."""
    if path.suffix.lower() != ".parquet":
        return None
    try:
        return pq.read_metadata(path).num_rows
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is cut short or no Parquet file; save it again") from error


def version_of(path: Path) -> str:
    """A text that changes when a file does: its size, its two ends and, if large, its time.

    So files of many gigabytes need not be read to be told apart.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = file.read(_ENDS)
        file.seek(max(0, size - _ENDS))
        ends += file.read(_ENDS)
    when = f"/{path.stat().st_mtime_ns}" if size > 2 * _ENDS else ""
    return f"{size}/{hashlib.sha256(ends).hexdigest()[:24]}{when}"


def _csv(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    if not header.strip():
        raise InputError(f"{path} is empty; add rows, or take it out of the pool")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
    convert = pc.ConvertOptions(strings_can_be_null=True)
    return pc.read_csv(
        path, parse_options=pc.ParseOptions(delimiter=delimiter), convert_options=convert
    )


def _npz(path: Path) -> pa.Table:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise InputError(f"{path} holds a single array; save features and labels by name")
        arrays = {name: _array(path, archive, name) for name in archive.files}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"the arrays of {path} differ in length ({said}); give each row one label")
    columns: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        else:
            columns |= {f"{name}{at}": array[:, at] for at in range(array.shape[1])}
    return pa.table({name: _column(array) for name, array in columns.items()})


def _array(path: Path, archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        raise InputError(
            f"{name} in {path} is damaged or holds Python objects; save it as plain numbers or text"
        ) from error
    if array.ndim not in (1, 2):
        raise InputError(
            f"{name} in {path} has shape {array.shape}; give columns [row] or [row, feature]"
        )
    return array


def _column(array: np.ndarray) -> pa.Array:
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    return pa.array(array.tolist() if array.dtype.kind in "US" else np.ascontiguousarray(array))


def _named(table: pa.Table, path: Path) -> pa.Table:
    names = [name.strip() for name in table.column_names]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path} has two columns named '{name}'; rename one")
    return table.rename_columns(names)


FORMATS: dict[str, Callable[[Path], pa.Table]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": pq.read_table,
    ".npz": _npz,
    ".jsonl": pj.read_json,
}
