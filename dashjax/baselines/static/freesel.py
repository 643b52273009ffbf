"""FreeSel: samples drawn far from what was drawn, by the patterns that they hold."""

import jax
import numpy as np
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_budget, checked_features, unit_length
from dashjax.baselines.static.distances import distances, lower
from dashjax.errors import InputError

_PROPOSALS = 256  # drawn at once


def freesel(features: ArrayLike, budget: int, *, seed: int = 0) -> np.ndarray:
    """Rows drawn one after another, each with a chance that grows with its distance.

    The first sample is drawn by chance. Then a pattern is drawn with a probability in proportion
    to the square of its cosine distance to the nearest pattern so far, and brings its sample with
    all its patterns. Where nothing but copies is left, the rest is drawn by chance.

    Proposals are drawn by what distances were a little earlier, and accepted with the ratio of
    the squared distances now and then: as distances only fall, this is the same law, and a block
    of draws needs one pass over the features.

    Args:
        features: `[sample, pattern, feature]`, as patches of an image; or `[sample, feature]`,
            which is one pattern a sample, as published for CIFAR.
        budget: how many to pick.
        seed: another seed draws other rows.

    Returns:
        `[budget]` int32, without repeats, in the order of drawing.

    Raises:
        InputError: if the budget is 0 or more than there are, or features are not finite.

    Source: Xie et al., Towards free data selection with general-purpose models, NeurIPS 2023,
    section 3.3. Which patterns a sample has (there: k-means of patch tokens that a vision
    transformer attends to) is up to the features.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> sorted(dj.baselines.freesel(np.array([[1, 0], [2, 0], [0, 1]]), 3).tolist())
        [0, 1, 2]
    """
    patterns, each = _patterns(features)
    samples = len(patterns) // each
    check_budget(budget, samples)
    draw = np.random.default_rng(seed)
    rows = [int(draw.integers(samples))]
    with jax.enable_x64(True):
        least = np.full(len(patterns), np.inf)
        _take(rows, patterns, least, each)
        while len(rows) < budget and least.any():
            drawn = _block(patterns, least, each, draw)[: budget - len(rows)]
            _take(drawn, patterns, least, each)
            rows += drawn
    rest = np.setdiff1d(np.arange(samples), rows)
    return np.concatenate([rows, draw.permutation(rest)[: budget - len(rows)]]).astype(np.int32)


def _patterns(features: ArrayLike) -> tuple[np.ndarray, int]:
    """All patterns at unit length, a row each, those of a sample in a row; how many each has."""
    array = np.asarray(features)
    if array.ndim == 2:
        return unit_length(checked_features(array)), 1
    if array.ndim != 3 or not all(array.shape):
        raise InputError(
            f"features have shape {array.shape}; give [sample, feature], or "
            f"[sample, pattern, feature]"
        )
    samples, each, size = array.shape
    checked = checked_features(array.reshape(samples, each * size))
    return unit_length(checked.reshape(samples, each, size)).reshape(-1, size), each


def _take(rows: list[int], patterns: np.ndarray, least: np.ndarray, each: int) -> None:
    """Lowers the squared distances by what the samples hold; 0 for their own patterns."""
    own = (np.array(rows)[:, None] * each + np.arange(each)).ravel()
    lower(least, patterns, patterns[own])
    least[own] = 0


def _block(
    patterns: np.ndarray, least: np.ndarray, each: int, draw: np.random.Generator
) -> list[int]:
    """Samples drawn one after another; at least one, as the first proposal is as it should be.

    At unit length the squared Euclidean distance is twice the cosine distance.
    """
    up_to = np.cumsum(least**2)
    chosen = np.searchsorted(up_to, draw.random(_PROPOSALS) * up_to[-1], side="right")
    chosen = np.minimum(chosen, len(least) - 1)
    owner = chosen // each
    held = patterns.reshape(-1, each, patterns.shape[1])[owner].reshape(-1, patterns.shape[1])
    apart = distances(patterns[chosen], held) ** 2
    apart = apart.reshape(_PROPOSALS, _PROPOSALS, each).min(axis=2)
    then, now, accept = least[chosen], least[chosen], draw.random(_PROPOSALS)
    rows: list[int] = []
    for place in range(_PROPOSALS):
        if owner[place] not in rows and accept[place] * then[place] ** 2 < now[place] ** 2:
            rows.append(int(owner[place]))
            now = np.minimum(now, apart[:, place])
    return rows
