"""What is refused before any work, with one sentence."""

import numpy as np
from numpy.typing import ArrayLike

from dashjax.errors import InputError

_AT_ONCE = 16_384  # samples, so that copies stay small


def checked_features(features: ArrayLike, what: str = "features") -> np.ndarray:
    """Features as contiguous float32, `[sample, feature]`.

    Raises:
        InputError: if they are not a matrix, hold nothing, or are not finite.
    """
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise InputError(
            f"{what} are {array.dtype} of shape {array.shape}; give numbers [sample, feature]"
        )
    if not all(array.shape):
        raise InputError(
            f"{what} are empty, of shape {array.shape}; give some samples and features"
        )
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(array, np.float32)
    for first in range(0, len(values), _AT_ONCE):
        finite = np.isfinite(values[first : first + _AT_ONCE]).all(axis=1)
        if not finite.all():
            row = first + int(np.argmin(finite))
            raise InputError(f"{what} of sample {row} are not finite; mend or drop that sample")
    return values


def check_budget(budget: int, there: int, what: str = "samples") -> None:
    """Refuses a budget that is nothing, or more than there is.

    Raises:
        InputError: with what may be given.
    """
    if not 1 <= budget <= there:
        raise InputError(f"budget is {budget}; give 1 to {there}, which is the number of {what}")


def check_alike(features: np.ndarray, others: np.ndarray, what: str) -> None:
    """Refuses features of another length than those of the pool.

    Raises:
        InputError: with both lengths.
    """
    if features.shape[1] != others.shape[1]:
        raise InputError(
            f"{what} have {others.shape[1]} features a sample and the pool has "
            f"{features.shape[1]}; extract both with the same model"
        )


def unit_length(features: np.ndarray) -> np.ndarray:
    """The features divided by their Euclidean length, float32.

    Raises:
        InputError: if a sample has no length, as it then has no direction.
    """
    unit = np.empty(features.shape, np.float32)
    for first in range(0, len(features), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        doubles = features[part].astype(np.float64)  # squares of large features do not overflow
        length = np.sqrt((doubles**2).sum(axis=-1, keepdims=True))
        if not length.all():
            row = first + int(np.argmin(length.reshape(len(length), -1).min(axis=1)))
            raise InputError(f"all features of sample {row} are 0; mend or drop that sample")
        unit[part] = doubles / length
    return unit
