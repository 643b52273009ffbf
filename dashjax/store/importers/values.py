# pyright: reportAttributeAccessIssue=false
"""Columns of a source as numbers and as names, with the row and column of what is neither."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types
from jaxtyping import Int

from dashjax.errors import InputError
from dashjax.store import columns
from dashjax.store.importers.source import Source

_EXACT = 2**53  # from here on float64 skips whole numbers


class Names(NamedTuple):
    """A column of names: the number of each row's name, and the names as they first appear."""

    number: Int[np.ndarray, " row"]  # -1 where there is none
    names: tuple[str, ...]


def names_in(source: Source, column: str, values: pa.ChunkedArray) -> Names:
    """A column of text or whole numbers as names, byte for byte; none where it is empty.

    Raises:
        InputError: if the column holds anything else.
    """
    kind = values.type.value_type if types.is_dictionary(values.type) else values.type
    if not (_is_text(kind) or types.is_integer(kind) or types.is_null(kind)):
        raise InputError(
            f"{source.name}, column '{column}' holds values of type {kind}; names are text or "
            f"whole numbers"
        )
    number, names = columns.coded(pc.cast(values, pa.string()))
    if "" in names:
        number, names = _without(number, names, names.index(""))
    return Names(number, tuple(names))


def joined(parts: Sequence[Names]) -> Names:
    """Columns of names one below the other, the names as they first appear."""
    places: dict[str, int] = {}
    numbers = []
    for part in parts:
        at = [places.setdefault(name, len(places)) for name in part.names]
        numbers.append(np.array([*at, -1], np.int32)[part.number])  # -1 stays -1
    return Names(np.concatenate(numbers), tuple(places))


def reals_in(source: Source, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as float64, null where it is empty.

    Raises:
        InputError: naming the first row that holds something else.
    """
    values = _plain(values)
    if not _is_text(values.type):
        return _plain_numbers(source, column, values)
    filled = _filled(values)
    try:
        return pc.cast(filled, pa.float64())
    except pa.ArrowInvalid as error:
        index, text = _first_bad(filled)
        comma = "; write decimals with a point" if _reads(text.replace(",", ".", 1)) else ""
        raise InputError(
            f"{source.place(index, column)}: '{text:.60}' is no number{comma}"
        ) from error


def counts_in(source: Source, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as whole numbers from 0 on, int64, null where it is empty.

    Raises:
        InputError: naming the first row that holds something else.
    """
    plain = _plain(values)
    try:
        if not (_is_text(plain.type) or types.is_integer(plain.type)):
            raise pa.ArrowInvalid(f"{plain.type} may have fractions")
        found = pc.cast(_filled(plain) if _is_text(plain.type) else plain, pa.int64())
    except pa.ArrowInvalid:  # "1.0", or too large a number
        found = _whole(source, column, reals_in(source, column, plain))
    below = _positions(pc.less(found, 0))
    if below.size:
        raise InputError(
            f"{source.place(int(below[0]), column)}: {found[int(below[0])]} is below 0, where "
            f"counting begins"
        )
    return found


def _whole(source: Source, column: str, reals: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers that were written with a point, but are whole, as int64."""
    value, given = columns.values(reals, np.float64), columns.present(reals)
    with np.errstate(invalid="ignore"):
        bad = given & ~((value == np.floor(value)) & (np.abs(value) < _EXACT))
    if bad.any():
        index = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{source.place(index, column)}: {value[index]:g} is no whole number below 2^53"
        )
    whole = np.where(given, value, 0).astype(np.int64)
    return pa.chunked_array([pa.array(whole, mask=~given)])


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values without dictionary or views, which not all of Arrow's functions take."""
    if types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    return pc.cast(values, pa.string()) if types.is_string_view(values.type) else values


def _plain_numbers(source: Source, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    if not numbers and not types.is_null(kind):
        index = int(_positions(values.is_valid())[0]) if len(values) else 0
        where = source.place(index, column) if len(values) else f"{source.name}, column '{column}'"
        raise InputError(f"{where}: a value of type {kind} is no number")
    return pc.cast(values, pa.float64(), safe=False)


def _filled(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without space around them, null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def _first_bad(texts: pa.ChunkedArray) -> tuple[int, str]:
    """The first text that is no number, found by halving."""
    low, high = 0, len(texts)
    while high - low > 1:
        middle = (low + high) // 2
        good = _all_read(texts.slice(low, middle - low))
        low, high = (middle, high) if good else (low, middle)
    return low, texts[low].as_py()


def _all_read(texts: pa.ChunkedArray) -> bool:
    try:
        pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _reads(text: str) -> bool:
    return _all_read(pa.chunked_array([[text]]))


def _without(number: np.ndarray, names: list[str], place: int) -> tuple[np.ndarray, list[str]]:
    """Numbers and names less one name."""
    kept = np.where(number == place, -1, number - (number > place))
    return kept.astype(np.int32), names[:place] + names[place + 1 :]


def _positions(mask: pa.ChunkedArray) -> np.ndarray:
    return np.flatnonzero(mask.fill_null(False).to_numpy())


def _is_text(kind: pa.DataType) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
