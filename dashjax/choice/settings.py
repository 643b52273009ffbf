"""What a choice is told; it imports nothing heavy."""

import math
import os
from dataclasses import dataclass, fields
from typing import Any

from dashjax.errors import InputError, check_seed, unknown
from dashjax.pools.lazy import ReadingOptions

_MOST_WORKERS = 1000


@dataclass(frozen=True)
class ChooseSettings(ReadingOptions):
    """How datasets are chosen for a target.

    Attributes:
        label: the column of labels; None: the one called `label`, `y`, `target` or `class`.
        dataset_column: in a file that holds several datasets, the column with their names.
        group_column: likewise, with their groups.
        split_column: the column of the target that says `train`, `validation` or `test`.
        ignore: columns that are no features, such as the number of a patient.
        take: how many datasets are wanted, at most.
        metric: `accuracy`, `balanced-accuracy`, `auroc`, `auprc`, `log-loss`, `rmse`, `r2` or
            `spearman`; None: AUROC for two classes, balanced accuracy for more, RMSE for numbers.
        model: `linear`, `mlp`, or `MODULE:FUNCTION` of a function that gives an object with `fit`
            and `predict` (and `predict_proba`).
        candidate_sample: rows of a dataset that one look trains with: `all`, so many at most, or a
            share such as `50%`.
        tolerance: how far a good selection may fall short of the best, in units of the metric;
            None: .01, or 1 % of what the local model alone scores in log loss and RMSE.
        budget: looks after which it ends at the latest; None: 20 for each dataset, and at least
            200.
        study: a file in which looks are kept, so that none is paid twice; None: they are not kept.
        workers: looks that are made at once.
        checks: trainings of the selection, and of what is left without each of its datasets, on
            all of their rows.
        validation_share: of a target without parts of its own, what each look validates on.
        test_share: of such a target, what judges the selection at the end.
        seed: decides everything that is drawn by chance.

    Raises:
        InputError: if a value is out of range.
    """

    take: int = 3
    metric: str | None = None
    model: str = "linear"
    candidate_sample: str = "2000"
    tolerance: float | None = None
    budget: int | None = None
    study: str | os.PathLike[str] | None = None
    workers: int = 1
    checks: int = 10
    validation_share: float = 0.3
    test_share: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        for name in ("take", "budget", "workers", "checks"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; give 1 or more")
        if self.workers > _MOST_WORKERS:
            raise InputError(f"workers is {self.workers}; give 1 to {_MOST_WORKERS}")
        for name, least in (("validation_share", 0.01), ("test_share", 0.0)):
            if not least <= getattr(self, name) <= 0.9:
                raise InputError(f"{name} is {getattr(self, name)}; give a number from 0 to 0.9")
        if self.tolerance is not None and not 0 < self.tolerance < math.inf:
            raise InputError(f"tolerance is {self.tolerance}; give a number above 0")

    @classmethod
    def of(cls, given: dict[str, Any]) -> "ChooseSettings":
        """The settings of these names.

        Raises:
            InputError: if there is none of a name.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise unknown("setting", name, known)
        return cls(**given)
