"""One domain on disk: an `.npz` file, read and checked."""

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dashjax.errors import InputError

KEYS = ("x_train", "y_train", "x_test", "y_test")
# What numpy and zipfile raise on a file that is cut short, damaged, packed in a way they cannot
# unpack, no npz at all, or holds pickled objects (which are never run).
UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class Labelled(NamedTuple):
    """Examples and their classes.

    Attributes:
        inputs: `[example, height, width]` or `[example, height, width, 3]` uint8 images, or
            `[example, feature]` float32 features.
        labels: `[example]` int32, 0 or more.
    """

    inputs: np.ndarray
    labels: np.ndarray


class Domain(NamedTuple):
    """One file.

    Attributes:
        path: the file; its stem names the domain.
        train: examples for training, validation and candidate datasets.
        test: examples for testing.
    """

    path: Path
    train: Labelled
    test: Labelled

    @property
    def name(self) -> str:
        """Name of the domain."""
        return self.path.stem


def read_domain(path: Path) -> Domain:
    """The domain in an `.npz` file with the arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Raises:
        InputError: if the file cannot be read, an array is missing or is neither images nor
            features nor labels, the lengths differ, or all examples are of one class.
    """
    arrays = _arrays(path)
    train, test = (_labelled(path, arrays, part) for part in ("train", "test"))
    if (train.inputs.ndim == 2) != (test.inputs.ndim == 2):
        raise InputError(f"x_train and x_test in {path} are images and features; make both one")
    if len(np.unique(train.labels)) < 2:
        raise InputError(
            f"y_train in {path} holds only class {train.labels[0]}; "
            "a domain needs two classes or more, so leave this file out"
        )
    return Domain(path, train, test)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of a file, unchecked."""
    try:
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if isinstance(archive, np.lib.npyio.NpzFile):
                return {key: _array(path, archive, key) for key in KEYS}
    except InputError:
        raise
    except UNREADABLE as error:
        raise InputError(f"{path} is cut short or no npz file; save it again") from error
    raise InputError(f"{path} holds a single array; save {', '.join(KEYS)} with numpy.savez")


def _array(path: Path, archive: np.lib.npyio.NpzFile, key: str) -> np.ndarray:
    if key not in archive.files:
        raise InputError(f"{path} has no array {key}; it needs {', '.join(KEYS)}")
    try:
        return archive[key]
    except UNREADABLE as error:
        raise InputError(
            f"{key} in {path} is damaged or a pickled object array; save it again as plain numbers"
        ) from error


def _labelled(path: Path, arrays: dict[str, np.ndarray], part: str) -> Labelled:
    """The checked examples of one part, `train` or `test`."""
    inputs, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
    inputs = _inputs(f"x_{part} in {path}", inputs)
    labels = _labels(f"y_{part} in {path}", labels)
    if len(inputs) != len(labels):
        raise InputError(
            f"x_{part} in {path} has {len(inputs)} examples and y_{part} {len(labels)} labels; "
            "give each example one label"
        )
    if not len(labels):
        raise InputError(f"x_{part} in {path} is empty; add examples or leave this file out")
    return Labelled(inputs, labels)


def _inputs(what: str, array: np.ndarray) -> np.ndarray:
    if array.ndim == 2 and array.dtype.kind == "f":
        return _features(what, array)
    is_image = array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)
    if not is_image:
        raise InputError(
            f"{what} is {array.dtype} of shape {array.shape}; give images [n, height, width] or "
            "[n, height, width, 3] as uint8, or features [n, feature] as float32"
        )
    if array.dtype != np.uint8:
        raise InputError(f"{what} holds {array.dtype} images; save them as uint8 from 0 to 255")
    if not all(array.shape[1:]):
        raise InputError(f"{what} has images without pixels, shape {array.shape}; save them again")
    return array


def _features(what: str, array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        features = array.astype(np.float32)
    if not np.isfinite(features).all():
        raise InputError(f"{what} holds features that are not finite; mend or drop those examples")
    if not features.shape[1]:
        raise InputError(f"{what} has no features, shape {array.shape}; save them again")
    return features


def _labels(what: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1:
        raise InputError(f"{what} has shape {array.shape}; give one label an example, shape [n]")
    if array.dtype.kind not in "iu":
        raise InputError(f"{what} holds {array.dtype}; give whole-number labels from 0, as int32")
    if array.size and not 0 <= array.min() <= array.max() < np.iinfo(np.int32).max:
        raise InputError(
            f"{what} has labels from {array.min()} to {array.max()}; number the classes from 0"
        )
    return array.astype(np.int32)
