"""CSV and TSV files as sources. Every value is read as text, so that names stay as they are."""

import csv
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from dashjax.errors import InputError
from dashjax.store.importers.source import Source

_BLOCK = 1 << 24  # bytes read at a time; no row may be longer
_PACKED = (b"\x1f\x8b", b"PK")  # how compressed files and workbooks begin
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 and UTF-32 files begin


def open_delimited(path: Path) -> Source:
    """The rows of a CSV file; its delimiter (comma, semicolon or tab) is found in the header.

    Raises:
        InputError: if the file is empty, in another encoding than UTF-8, or has a header alone.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise InputError(f"{path} is empty")
    if start[:2] in _PACKED and not start.isalnum():
        raise InputError(f"{path} is compressed, or a workbook; unpack it, or save it as CSV")
    if start[:2] in _BYTE_ORDER_MARKS or b"\0" in start:
        raise InputError(f"{path} is no UTF-8 text but looks like UTF-16; save it as UTF-8")
    with _utf8(path), path.open(encoding="utf-8-sig", newline="") as file:
        line = next((line for line in file if line.strip("\r\n")), "")
        delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=line.count)
        file.seek(0)
        columns = next((row for row in csv.reader(file, delimiter=delimiter) if row), [])
    if not columns:
        raise InputError(f"{path} holds nothing but blank lines")
    if not line.endswith(("\n", "\r")):
        raise InputError(f"{path} has a header, and no rows below it")

    def batches(wanted: Sequence[str]) -> Iterator[pa.Table]:
        with _utf8(path):
            yield from _batches(path, wanted, delimiter)

    def read(wanted: Sequence[str]) -> pa.Table:
        empty = pa.table({name: pa.array([], pa.string()) for name in wanted})
        return pa.concat_tables([empty, *batches(wanted)])

    def row(index: int) -> int:
        return _row(path, delimiter, index)

    return Source(str(path), tuple(columns), read, row, batches)


def _batches(path: Path, wanted: Sequence[str], delimiter: str) -> Iterator[pa.Table]:
    """The columns as text, a block at a time; a row with too many or too few values is refused."""
    ragged: list[pc.InvalidRow] = []

    def refuse(row: pc.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    parse = pc.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse
    )
    convert = pc.ConvertOptions(
        include_columns=list(wanted), column_types=dict.fromkeys(wanted, pa.string())
    )
    options = pc.ReadOptions(use_threads=False, block_size=_BLOCK)
    try:
        with path.open("rb") as file, pc.open_csv(file, options, parse, convert) as reader:
            for block in reader:
                yield pa.Table.from_batches([block])
    except pa.ArrowInvalid as error:
        if ragged:
            number, row = _row(path, delimiter, ragged[0].number - 2), ragged[0]
            asked = "; is a quotation mark left open?" if row.text.count('"') % 2 else ""
            raise InputError(
                f"{path}, row {number}: {row.actual_columns} values, and the header names "
                f"{row.expected_columns} columns{asked}"
            ) from error
        raise


@contextmanager
def _utf8(path: Path) -> Iterator[None]:
    """Turns what Python and Arrow raise for a text file they cannot read into one sentence."""
    try:
        yield
    except (UnicodeDecodeError, pa.ArrowInvalid, csv.Error) as error:
        content = path.read_bytes()
        try:
            content.decode()
        except UnicodeDecodeError as wrong:
            row = content[: wrong.start].count(b"\n") + 1
            raise InputError(
                f"{path}, row {row}: byte {content[wrong.start]:#04x} is no UTF-8 text; "
                f"save the file as UTF-8"
            ) from error
        if "straddling" in str(error):  # Arrow's word for a row that is longer than a block
            raise InputError(
                f"{path} has a row of more than {_BLOCK >> 20} MB; is a quotation mark left open?"
            ) from error
        raise InputError(f"{path} cannot be read as CSV: {error}") from error


def _row(path: Path, delimiter: str, index: int) -> int:
    """The number of a row with data as a spreadsheet shows it: header and blank lines count."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        filled = (number for number, row in enumerate(rows, 1) if row)
        try:
            return next(itertools.islice(filled, index + 1, None))
        except (csv.Error, StopIteration):  # a value of more than 131,072 signs is on the way
            return index + 2
