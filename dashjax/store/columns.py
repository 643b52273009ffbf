"""Arrow columns as NumPy arrays, read from Arrow's buffers.

Arrow's own `to_numpy` loads pandas where that is installed, and that takes longer than to read a
table.
"""

import numpy as np
import pyarrow as pa


def values(column: pa.ChunkedArray, kind: type[np.generic]) -> np.ndarray:
    """The numbers of a column of that type; whatever stands there where one is missing."""
    return _joined([_values(chunk, kind) for chunk in column.chunks], kind)


def present(column: pa.ChunkedArray) -> np.ndarray:
    """True where a row has a value."""
    return _joined([_present(chunk) for chunk in column.chunks], np.bool_)


def coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """The number of each row's text, -1 where there is none, and the texts."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    chunks = column.unify_dictionaries().chunks
    if not chunks:
        return np.zeros(0, np.int32), []
    numbers = [
        np.where(_present(chunk.indices), _values(chunk.indices, np.int32), -1) for chunk in chunks
    ]
    return _joined(numbers, np.int32), chunks[0].dictionary.to_pylist()


def _values(chunk: pa.Array, kind: type[np.generic]) -> np.ndarray:
    if not len(chunk):
        return np.zeros(0, kind)
    start = chunk.offset * np.dtype(kind).itemsize
    return np.frombuffer(chunk.buffers()[1], kind, len(chunk), start)


def _present(chunk: pa.Array) -> np.ndarray:
    bits = chunk.buffers()[0]
    if bits is None:
        return np.ones(len(chunk), bool)
    every = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return every[chunk.offset : chunk.offset + len(chunk)].astype(bool)


def _joined(parts: list[np.ndarray], kind: type[np.generic]) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind, copy=False)
