"""JSON lines, one object a row, as a source."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from dashjax.errors import InputError
from dashjax.store.importers.source import Source

_MARK = b"\xef\xbb\xbf"  # how a file in UTF-8 may begin
_BLOCK = 1 << 24  # bytes read at a time; no line may be longer


def open_json_lines(path: Path) -> Source:
    """The rows of a file with one JSON object a line.

    Raises:
        InputError: if the file is empty, no UTF-8 text, or a line is no object like those before.
    """
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty")
    texts = {name for name, value in _first(path).items() if _is_text(value)}
    table = _table(path, texts)
    dated = {field.name for field in table.schema if pa.types.is_timestamp(field.type)}
    if dated:  # texts, where the first object has none
        table = _table(path, texts | dated)

    def read(wanted: Sequence[str]) -> pa.Table:
        return table.select(list(wanted))

    return Source(str(path), tuple(table.column_names), read, lambda index: _row(path, index))


def _table(path: Path, texts: set[str]) -> pa.Table:
    """All rows; a text may look like a point in time, and only a schema keeps it a text."""
    schema = pa.schema([(name, pa.string()) for name in sorted(texts)])
    try:
        with path.open("rb") as file:
            file.seek(len(_MARK) if file.read(len(_MARK)) == _MARK else 0)
            return pj.read_json(
                file,
                pj.ReadOptions(use_threads=False, block_size=_BLOCK),
                pj.ParseOptions(explicit_schema=schema),
            )
    except pa.ArrowInvalid as error:
        raise InputError(_what_is_wrong(path) or f"{path} is no JSON lines: {error}") from error


def _first(path: Path) -> dict[str, Any]:
    """The first object of the file."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                return _object(path, number, line)
    raise InputError(f"{path} holds nothing but blank lines")


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, row {number}: no UTF-8 text; save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}, row {number}: no JSON object on one line; write one a line"
        ) from error
    if not isinstance(found, dict):
        raise InputError(
            f"{path}, row {number}: {line.decode().strip():.40} is no JSON object; "
            f"write one object a line"
        )
    return found


def _what_is_wrong(path: Path) -> str | None:
    """The first line that does not go with those before it; None if Arrow alone knows."""
    kinds: dict[str, str] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                for name, value in _object(path, number, line).items():
                    kind = _kind(value)
                    if value is not None and kinds.setdefault(name, kind) != kind:
                        return (
                            f"{path}, row {number}, column '{name}': {json.dumps(value):.40} is "
                            f"{kind}, and the rows before have {kinds[name]}"
                        )
    return None


def _kind(value: object) -> str:
    if isinstance(value, bool | dict | list):
        return type(value).__name__
    return "text" if _is_text(value) else "a number"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _row(path: Path, index: int) -> int:
    """The line of the object with that place."""
    with path.open("rb") as file:
        filled = (number for number, line in enumerate(file, 1) if line.strip())
        return next(number for place, number in enumerate(filled) if place == index)
