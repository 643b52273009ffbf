"""Datasets that are together distributed as the target's examples are (kernel mean matching).

With phi random Fourier features of a Gaussian kernel, m_d the mean of phi over dataset d and m that
over the target, datasets are added one after another, each the one that gives the smallest

    |m - mean of m_d over the chosen|^2  +  penalty * mean over chosen pairs of cos(m_d, m_e).
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_alike, check_budget, checked_features
from dashjax.baselines.static.distances import distances
from dashjax.errors import InputError

_FEATURES, _WIDTH_FROM = 1024, 512  # random features; samples whose distances give the width
_ROWS = 4096  # samples mapped at once


def mean_matching(
    features: ArrayLike,
    datasets: Sequence[ArrayLike],
    target: ArrayLike,
    count: int,
    *,
    penalty: float = 0.1,
) -> np.ndarray:
    """Datasets whose samples together look most like the target's; no training, no labels.

    The kernel is exp(-|x - y|^2 / (2 w^2)), w the median distance between samples of the target.
    The random features are the same in every call.

    Args:
        features: `[sample, feature]` of the pool.
        datasets: the rows of each dataset.
        target: `[sample, feature]` of the target's local examples.
        count: how many datasets.
        penalty: what the mean cosine between chosen datasets costs, in squared distance between
            means, which lies between 0 and 2; 0 for matching alone.

    Returns:
        `[count]` int32, in the order of choice; of equals the lower number first.

    Raises:
        InputError: if there are fewer datasets, one is empty, features are of two lengths or not
            finite, or the penalty is negative.

    Source: Huang et al., Correcting sample selection bias by unlabeled data, NeurIPS 2006, section
    2, for whole datasets instead of weights of samples; random features by Rahimi and Recht,
    NeurIPS 2007, algorithm 1. The penalty and the greedy order are ours.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> pool = np.array([[0.0], [0.1], [5.0], [5.1]])
        >>> dj.baselines.mean_matching(pool, [[0, 1], [2, 3]], pool[:2] + 0.05, 1).tolist()
        [0]
    """
    pool, wanted = checked_features(features), checked_features(target, "the target's features")
    check_alike(pool, wanted, "the target's samples")
    check_budget(count, len(datasets), "datasets")
    owned = [np.asarray(rows, np.int64) for rows in datasets]
    for place, rows in enumerate(owned):
        if not len(rows):
            raise InputError(f"dataset {place} has no samples; leave it out or add some")
    if not 0 <= penalty < np.inf:
        raise InputError(f"penalty is {penalty}; give 0 or more")
    mean = functools.partial(_mean, frequencies=_frequencies(wanted), middle=wanted.mean(axis=0))
    means = np.stack([mean(pool[rows]) for rows in owned])
    return greedily(means @ means.T, means @ mean(wanted), count, penalty)


def greedily(
    gram: Float[np.ndarray, "dataset dataset"],
    towards: Float[np.ndarray, " dataset"],
    count: int,
    penalty: float,
) -> np.ndarray:
    """Choices by inner products of means with each other and with the target's."""
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    cosines = gram / length[:, None] / length[None]
    chosen: list[int] = []
    for place in range(count):
        inside = gram[:, chosen].sum(1) * 2 + gram[np.ix_(chosen, chosen)].sum() + np.diag(gram)
        aim = towards[chosen].sum() + towards
        score = inside / (place + 1) ** 2 - 2 * aim / (place + 1)
        if place:
            pairs = cosines[np.ix_(chosen, chosen)].sum() - place + 2 * cosines[:, chosen].sum(1)
            score = score + penalty * pairs / (place * (place + 1))
        score[chosen] = np.inf
        chosen.append(int(np.argmin(score)))
    return np.array(chosen, np.int32)


def _frequencies(wanted: np.ndarray) -> Float[np.ndarray, "feature frequency"]:
    """Draws from the kernel's spectrum."""
    draw = np.random.default_rng(0)
    some = wanted[draw.permutation(len(wanted))[:_WIDTH_FROM]]
    apart = distances(some, some)[np.triu_indices(len(some), 1)]
    width = np.median(apart) if len(apart) else 0.0
    if not width:
        raise InputError("most of the target's samples are the same; give some that differ")
    return (draw.standard_normal((wanted.shape[1], _FEATURES // 2)) / width).astype(np.float32)


def _mean(
    samples: np.ndarray, *, frequencies: np.ndarray, middle: np.ndarray
) -> Float[np.ndarray, " random"]:
    total = np.zeros(2 * frequencies.shape[1])
    for first in range(0, len(samples), _ROWS):
        some = samples[first : first + _ROWS] - middle  # a shift changes no distance
        filled = np.pad(some, ((0, _ROWS - len(some)), (0, 0)))
        total += np.asarray(_sums(filled, frequencies, jnp.int32(len(some))), np.float64)
    return total / len(samples) / np.sqrt(frequencies.shape[1])


@jax.jit
def _sums(
    samples: Float[Array, "some feature"],
    frequencies: Float[Array, "feature frequency"],
    count: Int[Array, ""],
) -> Float[Array, " random"]:
    """Sums of cosines and sines over the first `count` samples."""
    phase = samples @ frequencies
    counted = (jnp.arange(len(samples)) < count)[:, None]
    waves = jnp.concatenate([jnp.cos(phase), jnp.sin(phase)], axis=1)
    return jnp.where(counted, waves, 0).sum(0)
