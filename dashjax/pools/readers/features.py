"""Features of samples in a file: one `.npz` file, with the dataset of each sample if it says so."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from dashjax.errors import InputError
from dashjax.pools.readers.archive import UNREADABLE

_NAMES = ("features", "x_train")


class Features(NamedTuple):
    """Samples to choose from.

    Attributes:
        values: `[sample, feature]`, or `[sample, pattern, feature]`.
        owner: `[sample]` number of each sample's dataset.
        datasets: their names.
    """

    values: np.ndarray
    owner: np.ndarray
    datasets: tuple[str, ...]


def read_features(path: Path) -> Features:
    """What an `.npz` file holds in `features` (or `x_train`) and, where it has that, `dataset`.

    `dataset` holds the name or the number of each sample's dataset; without it all samples are
    one dataset, named as the file.

    Raises:
        InputError: if the file cannot be read, lacks an array, or the two differ in length.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in (*_NAMES, "dataset") if name in archive}
    except UNREADABLE as error:
        raise InputError(
            f"{path} cannot be read as .npz; save it again as plain numbers"
        ) from error
    found = [arrays[name] for name in _NAMES if name in arrays]
    if not found:
        raise InputError(f"{path} has no array features; save [sample, feature] under that name")
    names = arrays.get("dataset", np.full(len(found[0]), path.stem))
    if names.shape != found[0].shape[:1]:
        raise InputError(
            f"dataset in {path} has shape {names.shape}, and there are {len(found[0])} samples; "
            f"give each sample one dataset"
        )
    datasets, first, owner = np.unique(names, return_index=True, return_inverse=True)
    turn = np.argsort(first)  # datasets in the order in which they come
    place = np.argsort(turn)
    return Features(found[0], place[owner], tuple(str(name) for name in datasets[turn]))
