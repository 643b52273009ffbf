"""Samples or datasets by chance."""

import numpy as np
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_budget, checked_features


def random(features: ArrayLike, budget: int, *, seed: int = 0) -> np.ndarray:
    """Rows of `budget` samples, each set of them as likely.

    Args:
        features: `[sample, feature]`; only their number counts.
        budget: how many to pick.
        seed: another seed gives other rows.

    Returns:
        `[budget]` int32, without repeats.

    Raises:
        InputError: if the budget is 0 or more than there are.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> len(dj.baselines.random(np.eye(5), 3))
        3
    """
    samples = len(checked_features(features))
    check_budget(budget, samples)
    return np.random.default_rng(seed).permutation(samples)[:budget].astype(np.int32)


def random_datasets(datasets: int, count: int, *, seed: int = 0) -> np.ndarray:
    """`[count]` of the numbers 0 to `datasets` - 1, int32, each set of them as likely.

    Raises:
        InputError: if `count` is 0 or more than there are.

    Example:
        >>> import dashjax as dj
        >>> sorted(dj.baselines.random_datasets(2, 2).tolist())
        [0, 1]
    """
    check_budget(count, datasets, "datasets")
    return np.random.default_rng(seed).permutation(datasets)[:count].astype(np.int32)
