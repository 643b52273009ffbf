"""Options of `dashjax choose`."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dashjax.cli.shared_options import Printing


@dataclass(frozen=True)
class Choose:
    """Which datasets to take for your own data, in one command.

    Looks at the candidates where that tells most: each look trains a model on your rows and a
    sample of a dataset's, and measures how much better it is than with your rows alone. Stops when
    it is sure, or when nothing helps; then trains on the whole selection, and judges it by rows
    that were kept for that.
    """

    target: str
    """Your own data: a file (.csv, .tsv, .parquet, .npz, .jsonl), or the name of a candidate."""
    candidates: Path
    """A folder GROUP/DATASET.csv (or files of the other kinds), a list pool.csv or pool.toml with
    the columns dataset and path, or one file, with --dataset-column."""
    take: int = 3
    """How many datasets are wanted, at most."""
    label: str | None = None
    """The column of labels; the one called label, y, target or class if not given."""
    metric: str | None = None
    """accuracy, balanced-accuracy, auroc, auprc, log-loss, rmse, r2 or spearman. If not given,
    AUROC for two classes, balanced accuracy for more, RMSE for numbers."""
    model: str = "linear"
    """`linear` (logistic or ridge regression), `mlp` (two hidden layers), or MODULE:FUNCTION of a
    function of yours that gives an object with fit and predict (and predict_proba)."""
    candidate_sample: str = "2000"
    """Rows of a dataset that one look trains with: `all`, so many at most, or a share such as
    50%."""
    dataset_column: str | None = None
    """In a file that holds several datasets, the column with their names."""
    group_column: str | None = None
    """In such a file, the column with their groups."""
    split_column: str | None = None
    """The column of the target that says train, validation or test. If not given, each look
    validates on another part of the target, and a part is kept for testing."""
    ignore: tuple[str, ...] = ()
    """Columns that are no features, such as the number of a patient."""
    tolerance: float | None = None
    """How far a good selection may fall short of the best, in units of the metric; .01 if not
    given, or 1 % of the local model's for log loss and RMSE."""
    budget: int | None = None
    """Looks after which it ends at the latest; 20 for each dataset, and at least 200, if not
    given."""
    study: Path | None = None
    """A file in which looks are kept: the same command then goes on where it was stopped."""
    workers: int = 1
    """Looks that are made at once."""
    checks: int = 10
    """Trainings of the whole selection, and of what is left without each of its datasets."""
    validation_share: float = 0.3
    """Without --split-column: share of the target's other rows that a look validates on."""
    test_share: float = 0.25
    """Without --split-column: share of the target that is kept for testing."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    printing: Printing = field(default_factory=Printing)

    command = "choose:run"

    def settings(self) -> dict[str, Any]:
        """What `choose` is told."""
        names = [one.name for one in fields(self)]
        others = ("target", "candidates", "printing")
        return {name: getattr(self, name) for name in names if name not in others}
