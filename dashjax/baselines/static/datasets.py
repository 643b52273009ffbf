"""From picked samples to datasets, and from one look at each dataset to a selection."""

import numpy as np
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_budget
from dashjax.errors import InputError


def datasets_of(rows: ArrayLike, owner: ArrayLike, count: int) -> np.ndarray:
    """The `count` datasets to which most of the picked samples belong.

    So can a method that picks samples be compared with one that picks datasets.

    Args:
        rows: picked samples.
        owner: `[sample]` number of each sample's dataset, from 0.
        count: how many datasets.

    Returns:
        `[count]` int32, the dataset with most first; of equals the one with the lower number.

    Raises:
        InputError: if there are fewer datasets, or a row belongs to no sample.

    Example:
        >>> import dashjax as dj
        >>> dj.baselines.datasets_of([0, 3, 4], [0, 0, 1, 1, 1], 1).tolist()
        [1]
    """
    owner, rows = np.asarray(owner), np.asarray(rows)
    datasets = int(owner.max()) + 1
    check_budget(count, datasets, "datasets")
    if rows.size and not 0 <= rows.min() <= rows.max() < len(owner):
        raise InputError(
            f"rows go from {rows.min()} to {rows.max()}, and there are {len(owner)} samples; give "
            f"rows of these"
        )
    picked = np.bincount(owner[rows], minlength=datasets)
    return np.argsort(-picked, kind="stable")[:count].astype(np.int32)


def try_before_you_buy(looks: ArrayLike, count: int, *, floor: float = -np.inf) -> np.ndarray:
    """The datasets that did best in a single look at each, greedily.

    It takes a single noisy reward as the truth, which is where exploring by a bandit differs.

    Args:
        looks: `[dataset]` one reward of each; higher is better.
        count: how many datasets at most.
        floor: the reward of taking nothing; what does not exceed it is left out.

    Returns:
        Up to `count` numbers of datasets, int32, the best first; of equals the lower number.

    Raises:
        InputError: if there are fewer datasets, or a reward is not a number.

    Source: Andres and Laoutaris, Try before you buy: a practical data purchasing algorithm for
    real-world data marketplaces, 2020, arXiv 2012.08874: the variant that evaluates each dataset
    once and by itself.

    Example:
        >>> import dashjax as dj
        >>> dj.baselines.try_before_you_buy([0.1, 0.3, -0.2], 3, floor=0.0).tolist()
        [1, 0]
    """
    rewards = np.asarray(looks, np.float64)
    if rewards.ndim != 1 or np.isnan(rewards).any():
        raise InputError(f"looks are {rewards}; give one reward for each dataset")
    check_budget(count, len(rewards), "datasets")
    best = np.argsort(-rewards, kind="stable")[:count]
    return best[rewards[best] > floor].astype(np.int32)
