"""What tables add to a target: a model trained on local and further rows, against local alone."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashjax.errors import InputError
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.columns import Rows
from dashjax.rewards.definitions import generator
from dashjax.rewards.encoding import Encoding
from dashjax.rewards.metrics import Metric, predictions
from dashjax.rewards.models import Make
from dashjax.rewards.target_rows import TargetRows

_KEPT_BYTES = 1 << 30  # of datasets that stay in memory
_KEPT_REPLICATES = 64  # whose local scores are kept


class Sample(NamedTuple):
    """How much of a dataset a look trains with: so many rows, or such a share, of it."""

    most: int | None = None  # None: all
    share: float = 1.0

    def size(self, rows: int) -> int:
        """Rows of a dataset that has so many."""
        wanted = max(1, round(self.share * rows))
        return wanted if self.most is None else min(wanted, self.most)


class Learner(NamedTuple):
    """A target, and how a model of it is made and judged."""

    target: TargetRows
    make: Make
    metric: Metric

    def score(self, more: Sequence[Rows], parts: tuple[np.ndarray, np.ndarray], seed: int) -> float:
        """The metric of a model trained on local and more rows.

        Args:
            more: further rows to train on.
            parts: rows of the target to train on, and to judge by.
            seed: of the model.
        """
        return self.metric.score(*self.judged(more, parts, seed))

    def judged(
        self, more: Sequence[Rows], parts: tuple[np.ndarray, np.ndarray], seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """True labels and predictions of the rows that judge."""
        rows = self.target.rows
        local, judges = rows.take(parts[0]), rows.take(parts[1])
        encoding = Encoding(local)
        trained = [local, *more]
        model = self.make(seed)
        model.fit(
            np.concatenate([encoding.features(one) for one in trained]),
            np.concatenate([one.labels for one in trained]),
        )
        classes = len(self.target.columns.classes)
        found = predictions(model, encoding.features(judges), self.metric, classes)
        return judges.labels, found


class Gain:
    """The reward `gain`: by how much a sample of a dataset lifts the target's model.

    Args:
        learner: the target and its model.
        sample: how much of a dataset a look trains with.
    """

    def __init__(self, learner: Learner, sample: Sample) -> None:
        self.learner, self._sample = learner, sample
        self._kept: OrderedDict[str, Rows] = OrderedDict()
        self._local: OrderedDict[int, float] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, dataset: LazyDataset, replicate: int) -> float:
        """The gain in the metric on validation rows, above 0 where the dataset helps.

        Raises:
            InputError: if the dataset cannot be read, or is not like the target.
        """
        rows = self.rows(dataset)
        draw = generator(self.learner.target.seed, "sample", dataset.name, replicate)
        count = self._sample.size(len(rows.labels))
        if count < len(rows.labels):
            rows = rows.take(draw.choice(len(rows.labels), count, replace=False))
        parts = self.learner.target.replicate(replicate)
        gained = self.learner.score([rows], parts, replicate) - self.local(replicate)
        return self.learner.metric.sign * gained

    def local(self, replicate: int) -> float:
        """The metric of the local model alone, on the validation rows of a replicate."""
        if replicate not in self._local:
            parts = self.learner.target.replicate(replicate)
            score = self.learner.score([], parts, replicate)
            with self._lock:
                self._local[replicate] = score
                while len(self._local) > _KEPT_REPLICATES:
                    self._local.popitem(last=False)
            return score
        return self._local[replicate]

    def rows(self, dataset: LazyDataset) -> Rows:
        """All rows of a dataset; those last used stay in memory.

        Raises:
            InputError: if the dataset cannot be read, or is not like the target.
        """
        with self._lock:
            if dataset.name in self._kept:
                self._kept.move_to_end(dataset.name)
                return self._kept[dataset.name]
        columns = self.learner.target.columns
        rows = columns.rows(dataset.read(), dataset.place, dataset.label, dataset.classes)
        with self._lock:
            self._kept[dataset.name] = rows
            held = sum(one.bytes for one in self._kept.values())
            while held > _KEPT_BYTES and len(self._kept) > 1:
                held -= self._kept.popitem(last=False)[1].bytes
        return rows


def sample_of(text: str | float) -> Sample:
    """How much of a dataset is wanted: `all`, a number of rows, or a share such as .5 or 50%.

    Raises:
        InputError: if it is none of these.
    """
    said = str(text).strip()
    if said == "all":
        return Sample()
    try:
        value = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        value = -1.0
    is_rows = not said.endswith("%") and value >= 1 and value == round(value)
    if is_rows:
        return Sample(int(value))
    if 0 < value <= 1:
        return Sample(None, value)
    raise InputError(f"candidate sample is '{text}'; give all, a number of rows, or a share as 50%")
