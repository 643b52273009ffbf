"""Files that are there whole or not at all, and folders of Parquet parts made of them."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dashjax.errors import InputError

_UNFINISHED = ".unfinished-"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Makes `path` by `write(temporary path)`; a reader sees the old file or the new, whole.

    Raises:
        OSError: if the disk refuses; then `path` is as it was.
    """
    handle, name = tempfile.mkstemp(prefix=_UNFINISHED, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_part(folder: Path, rows: pa.Table) -> str:
    """Writes rows as a new part of the folder; the name of the part, which carries their hash."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"part-{content_hash([rows])[:16]}.parquet"
    write_whole(folder / name, lambda path: pq.write_table(rows, path))
    return name


def read_part(path: Path, schema: pa.Schema) -> pa.Table:
    """The rows of a part.

    Raises:
        InputError: if the file is missing, cut short, changed, or of another schema.
    """
    mend = "delete the file and build again: only its cells are computed anew"
    try:
        rows = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read, it is missing or cut short; {mend}") from error
    if rows.schema.remove_metadata() != schema:
        raise InputError(f"{path} has other columns than this version of dashjax writes; {mend}")
    if path.name != f"part-{content_hash([rows])[:16]}.parquet":
        raise InputError(f"{path} does not hold what its name says, it was changed; {mend}")
    return rows


def parts(folder: Path) -> list[str]:
    """Names of the finished parts, sorted."""
    return sorted(path.name for path in folder.glob("part-*.parquet"))


def content_hash(tables: list[pa.Table]) -> str:
    """A hash of the rows as values, whatever their order and their split into parts.

    The column `seconds` is left out: how long a cell took is not part of what it says.
    """
    values = [table.drop_columns({"seconds"} & set(table.column_names)) for table in tables]
    rows = sorted(repr(tuple(row.values())) for table in values for row in table.to_pylist())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Holds the folder for one writing process, and clears what a killed one left unfinished.

    Raises:
        InputError: if another process holds it.
    """
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another process is writing to {folder}; wait for it to end"
            raise InputError(message) from error
        for left in folder.rglob(f"{_UNFINISHED}*"):
            left.unlink(missing_ok=True)
        yield


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
