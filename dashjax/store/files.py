"""Files that are there whole or not at all, and folders of Parquet parts made of them."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dashjax.errors import InputError

UNFINISHED = ".unfinished-"  # how the names of files begin that are not yet whole
_LOCK = ".lock"


def check_free(path: Path, overwrite: bool) -> None:
    """Refuses a file that cannot be written; to be asked before the work.

    Raises:
        InputError: naming the file.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file")
    if path.exists() and not overwrite:
        raise InputError(
            f"{path} is there already; give another file, or --overwrite (from Python: "
            f"overwrite=True)"
        )
    if not path.parent.is_dir():
        raise InputError(f"folder '{path.parent}' is not there; make it first")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Makes `path` by `write(temporary path)`; a reader sees the old file or the new, whole.

    Raises:
        OSError: if the disk refuses; then `path` is as it was.
    """
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        permit(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def permit(path: Path) -> None:
    """Gives a temporary file or folder the permissions of a new one, as the umask has them."""
    path.chmod((0o777 if path.is_dir() else 0o666) & ~_umask())


def write_part(folder: Path, rows: pa.Table) -> str:
    """Writes rows as a new part of the folder; the name of the part, which carries its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _parquet(rows)
    name = _name(content)
    write_whole(folder / name, lambda path: path.write_bytes(content))
    return name


def coded(schema: pa.Schema) -> pa.Schema:
    """The schema with numbers of distinct texts in place of texts, as `read_part` gives them."""
    of_text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [(field.name, of_text if field.type == pa.string() else field.type) for field in schema]
    )


def _name(content: bytes) -> str:
    return f"part-{hashlib.sha256(content).hexdigest()[:16]}.parquet"


def _parquet(rows: pa.Table) -> bytes:
    stream = pa.BufferOutputStream()
    pq.write_table(rows, stream)
    return stream.getvalue().to_pybytes()


def write_rows(rows: pa.Table, path: Path) -> None:
    """Writes a Parquet file; its path may be of any bytes, which Arrow by itself refuses."""
    with path.open("wb") as file:
        pq.write_table(rows, file)


def read_rows(content: bytes, coded: Collection[str] = ()) -> pa.Table:
    """The rows in the bytes of a Parquet file; columns in `coded` as numbers of distinct texts.

    Read without threads: those of Arrow's pools can abort a process that ends soon after.
    """
    source = pa.BufferReader(content)
    return pq.ParquetFile(source, pre_buffer=False, read_dictionary=list(coded)).read(
        use_threads=False
    )


def read_part(path: Path, schema: pa.Schema, may_lack: Collection[str] = ()) -> pa.Table:
    """The rows of a part.

    Args:
        path: the part.
        schema: its columns.
        may_lack: columns in which a row may lack a value.

    Returns:
        The rows; columns of text as numbers of the distinct texts.

    Raises:
        InputError: if the file is missing, cut short, changed, or of another schema.
    """
    mend = "delete the file and build again: only its cells are computed anew"
    try:
        content = path.read_bytes()
        if path.name != _name(content):
            raise InputError(
                f"{path} does not hold what its name says, it was changed or cut short; {mend}"
            )
        rows = read_rows(content, [field.name for field in schema if field.type == pa.string()])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read, it is missing or no file; {mend}") from error
    if rows.schema.remove_metadata() != coded(schema):
        raise InputError(f"{path} has other columns than this version of dashjax writes; {mend}")
    if any(rows[name].null_count for name in rows.column_names if name not in may_lack):
        raise InputError(f"{path} has rows with gaps; {mend}")
    return rows.replace_schema_metadata()


def parts(folder: Path) -> list[str]:
    """Names of the finished parts, sorted."""
    return sorted(path.name for path in folder.glob("part-*.parquet"))


@contextlib.contextmanager
def only_writer(folder: Path, *inside: str) -> Iterator[None]:
    """Holds the folder for one writing process, and clears what a killed one left unfinished.

    Args:
        folder: what to hold.
        inside: names of folders in it that are cleared too.

    Raises:
        InputError: if another process holds it.
    """
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another process is writing to {folder}; wait for it to end"
            raise InputError(message) from error
        for place in (folder, *(folder / name for name in inside)):
            for left in place.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        yield


def is_empty(folder: Path) -> bool:
    """True if the folder holds nothing but what a killed writer leaves."""
    names = {path.name for path in folder.iterdir()} - {_LOCK}
    return all(name.startswith(UNFINISHED) for name in names)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
