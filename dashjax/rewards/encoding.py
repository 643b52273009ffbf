"""Rows as features of a model: imputed, scaled and one-hot, as the training rows say."""

import numpy as np
from sklearn.preprocessing import OneHotEncoder

from dashjax.rewards.columns import Rows

_MOST_CATEGORIES = 50  # of one column; rarer ones share a feature


class Encoding:
    """What local training rows say of how rows become features.

    Missing numbers become the mean of the training rows, and all are counted in standard deviations
    from it; a column that is the same in all training rows keeps its unit. Each category that the
    training rows have becomes a feature, a missing one too; one that they lack is none of them.

    Args:
        local: the training rows of the target.
    """

    def __init__(self, local: Rows) -> None:
        known = ~np.isnan(local.numbers)
        counts = np.maximum(known.sum(0), 1)
        self._mean = np.where(known, local.numbers, 0).sum(0) / counts
        square = np.where(known, local.numbers - self._mean, 0) ** 2
        # of the imputed rows, so that a column that is hardly ever there is not blown up
        spread = np.sqrt(square.sum(0) / len(known))
        self._sd = np.where(spread > 0, spread, 1.0)
        self._hot = None
        if local.texts.shape[1]:
            self._hot = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=_MOST_CATEGORIES,
                sparse_output=False,
            ).fit(local.texts)

    def features(self, rows: Rows) -> np.ndarray:
        """`[row, feature]` float64."""
        away = np.where(np.isnan(rows.numbers), 0.0, rows.numbers - self._mean) / self._sd
        if self._hot is None:
            return away
        return np.concatenate([away, np.asarray(self._hot.transform(rows.texts))], 1)
