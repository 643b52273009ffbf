"""Opens what somebody brings: a file by its ending, or a table in memory."""

import os
from pathlib import Path
from typing import Any

from dashjax.errors import InputError
from dashjax.store.importers.delimited import open_delimited
from dashjax.store.importers.frames import open_frame, open_parquet
from dashjax.store.importers.json_lines import open_json_lines
from dashjax.store.importers.source import Source

_READERS = {
    ".csv": open_delimited,
    ".tsv": open_delimited,
    ".txt": open_delimited,
    ".parquet": open_parquet,
    ".pq": open_parquet,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
    ".json": open_json_lines,
}


def open_source(source: Any) -> Source:
    """The rows of a path (CSV, TSV, Parquet or JSON lines), pandas data frame or Arrow table.

    Raises:
        InputError: naming the file that is missing, a folder, of another ending, or damaged.
    """
    if not isinstance(source, str | os.PathLike):
        return open_frame(source)
    path = Path(source)
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the file with the results")
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if not path.is_file():
        raise InputError(f"{path} is no ordinary file; write the results to one first")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path} has none of the endings that can be read: {', '.join(_READERS)}")
    return reader(path)
