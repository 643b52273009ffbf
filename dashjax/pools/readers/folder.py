"""A pool from a folder of the user's own: one `.npz` file a domain, cut into parts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dashjax.errors import InputError
from dashjax.pools.examples import Examples, Target
from dashjax.pools.parts import Parts, assemble, cut
from dashjax.pools.readers.archive import Domain, read_domain
from dashjax.pools.readers.options import FolderOptions

# Fewer examples than this in a candidate dataset say next to nothing about it.
LEAST = 10


DEFAULTS = FolderOptions()


def folder(path: str | Path, options: FolderOptions = DEFAULTS) -> Examples:
    """The pool in a folder of `.npz` files: each file is a group and a target.

    A file holds `x_train`, `y_train`, `x_test` and `y_test`. Images are uint8, `[n, height,
    width]` or `[n, height, width, 3]`, and come out as `[example, side, side, channel]`: RGB if
    any file is RGB, grey otherwise. Features are floats `[n, feature]` and come out as float32.
    The parts of a domain depend on its own file, its name and the options alone.

    Args:
        path: the folder.
        options: how to cut the domains.

    Raises:
        InputError: if there is no such folder or no `.npz` file in it, a file cannot be read or
            holds something else, the files do not go together, or a domain is too small.
    """
    domains = [read_domain(file) for file in _files(Path(path))]
    _check_alike(domains)
    _check_classes(Path(path), domains)
    return assemble([_parts(domain, domains, options) for domain in domains])


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        raise InputError(f"there is no folder {path}; give a folder of .npz files")
    files = sorted(path.glob("*.npz"))
    if not files:
        raise InputError(f"the folder {path} holds no .npz file; put one in it for each domain")
    for file in files:
        if not file.is_file():
            raise InputError(f"{file} is no file that can be read; take it out of the folder")
        if any("\ud800" <= sign <= "\udfff" for sign in file.name):  # stand for other bytes
            raise InputError(f"the name of {file} is not in UTF-8; rename it")
    return files


def _check_alike(domains: Sequence[Domain]) -> None:
    """Images go with images, features with as many features."""
    first = domains[0]
    expected = _kind(first.train.inputs)
    for domain in domains:
        for key, inputs in (("x_train", domain.train.inputs), ("x_test", domain.test.inputs)):
            if _kind(inputs) != expected:
                raise InputError(
                    f"{key} in {domain.path} holds {_kind(inputs)}, but {first.path.name} holds "
                    f"{expected}; keep one kind in a folder"
                )


def _kind(inputs: np.ndarray) -> str:
    return f"{inputs.shape[1]} features" if inputs.ndim == 2 else "images"


def _check_classes(path: Path, domains: Sequence[Domain]) -> None:
    """Classes are numbered without gaps, or the model would learn classes that nobody has."""
    seen = np.unique(np.concatenate([part.labels for d in domains for part in (d.train, d.test)]))
    missing = np.flatnonzero(seen != np.arange(len(seen)))
    if len(missing):
        raise InputError(
            f"the labels in {path} go up to {seen[-1]}, but no example is of class {missing[0]}; "
            "number the classes from 0 without gaps, in all files alike"
        )


def _parts(domain: Domain, domains: Sequence[Domain], options: FolderOptions) -> Parts:
    """One domain cut up, its chosen examples in the shape that all domains share."""
    rng = np.random.default_rng([options.seed, *domain.name.encode()])
    size = _candidate_size(domain, options)
    sizes = (options.local, options.validation, *[size] * options.candidates)
    train = rng.permutation(len(domain.train.labels))[: sum(sizes)]
    test = rng.permutation(len(domain.test.labels))[: options.test]
    chosen = (domain.train.inputs[train], domain.test.inputs[test])
    local, validation, *candidates = cut(np.arange(len(train)), sizes)
    return Parts(
        inputs=np.concatenate([_in_shape(inputs, domains, options) for inputs in chosen]),
        labels=np.concatenate([domain.train.labels[train], domain.test.labels[test]]),
        target=Target(domain.name, local, validation, len(train) + np.arange(len(test))),
        candidates=tuple(candidates),
    )


def _candidate_size(domain: Domain, options: FolderOptions) -> int:
    """Examples in each candidate dataset of a domain."""
    taken = options.local + options.validation
    size = min(options.candidate_size, (len(domain.train.labels) - taken) // options.candidates)
    least = min(LEAST, options.candidate_size)
    if size < least:
        raise InputError(
            f"x_train in {domain.path} has {len(domain.train.labels)} examples, but local "
            f"{options.local}, validation {options.validation} and {options.candidates} candidates "
            f"of at least {least} need {taken + options.candidates * least}; "
            "lower these options or leave this file out"
        )
    return size


def _in_shape(inputs: np.ndarray, domains: Sequence[Domain], options: FolderOptions) -> np.ndarray:
    """Features as they are; images with the side and the channels that all domains share."""
    if inputs.ndim == 2:
        return inputs
    everything = [part.inputs for domain in domains for part in (domain.train, domain.test)]
    side = options.side or min(min(images.shape[1:3]) for images in everything)
    resized = _resized(inputs, side)
    if resized.ndim == 4:
        return resized
    channels = max(3 if images.ndim == 4 else 1 for images in everything)
    return np.repeat(resized[..., None], channels, axis=-1)


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    """Images `[example, height, width, ...]` as `[example, side, side, ...]`."""
    if images.shape[1:3] == (side, side):
        return images
    pictures = [Image.fromarray(np.ascontiguousarray(image)) for image in images]
    size = (side, side)
    return np.stack([np.asarray(p.resize(size, Image.Resampling.BILINEAR)) for p in pictures])
