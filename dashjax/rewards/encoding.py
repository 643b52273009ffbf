"""Rows as features of a model: imputed, scaled and one-hot, as the training rows say."""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dashjax.rewards.columns import Rows

_MOST_CATEGORIES = 50  # of one column; rarer ones share a feature


class Encoding:
    """What local training rows say of how rows become features.

    Missing numbers become the mean of the training rows, then all are counted in standard
    deviations from it. Each category that the training rows have becomes a feature, a missing one
    too; one that they lack is none of them.

    Args:
        local: the training rows of the target.
    """

    def __init__(self, local: Rows) -> None:
        self._imputed = self._scaled = self._hot = None
        if local.numbers.shape[1]:
            self._imputed = SimpleImputer(keep_empty_features=True).fit(local.numbers)
            self._scaled = StandardScaler().fit(self._imputed.transform(local.numbers))
        if local.texts.shape[1]:
            self._hot = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=_MOST_CATEGORIES,
                sparse_output=False,
            ).fit(local.texts)

    def features(self, rows: Rows) -> np.ndarray:
        """`[row, feature]` float64."""
        parts = []
        if self._imputed is not None and self._scaled is not None:
            parts.append(self._scaled.transform(self._imputed.transform(rows.numbers)))
        if self._hot is not None:
            parts.append(np.asarray(self._hot.transform(rows.texts)))
        return np.concatenate(parts, 1)
