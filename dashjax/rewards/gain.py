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
_KEPT_REPLICATES = 64  # whose cuts of the target are kept


class Sample(NamedTuple):
    """How much of a dataset a look trains with: so many rows, or such a share, of it."""

    most: int | None = None  # None: all
    share: float = 1.0

    def size(self, rows: int) -> int:
        """Rows of a dataset that has so many."""
        wanted = max(1, round(self.share * rows))
        return wanted if self.most is None else min(wanted, self.most)


class Prepared(NamedTuple):
    """A cut of the target, ready to be trained on."""

    encoding: Encoding
    trained: np.ndarray  # [row, feature]
    labels: np.ndarray  # [row], of these
    judges: np.ndarray  # [row, feature]
    truth: np.ndarray  # [row], of these


class Learner(NamedTuple):
    """A target, and how a model of it is made and judged."""

    target: TargetRows
    make: Make
    metric: Metric

    def prepared(self, parts: tuple[np.ndarray, np.ndarray]) -> Prepared:
        """A cut: rows of the target to train on, and to judge by."""
        local, judges = (self.target.rows.take(part) for part in parts)
        encoding = Encoding(local)
        trained, judged = encoding.features(local), encoding.features(judges)
        return Prepared(encoding, trained, local.labels, judged, judges.labels)

    def score(self, cut: Prepared, more: Sequence[Rows], seed: int) -> float:
        """The metric of a model of this seed trained on a cut's rows and more."""
        return self.metric.score(cut.truth, self.predictions(cut, more, seed))

    def predictions(self, cut: Prepared, more: Sequence[Rows], seed: int) -> np.ndarray:
        """What that model predicts of the rows that judge."""
        model = self.make(seed)
        model.fit(
            np.concatenate([cut.trained, *(cut.encoding.features(one) for one in more)]),
            np.concatenate([cut.labels, *(one.labels for one in more)]),
        )
        return predictions(model, cut.judges, self.metric, len(self.target.columns.classes))


class Gain:
    """The reward `gain`: by how much a sample of a dataset lifts the target's model.

    Args:
        learner: the target and its model.
        sample: how much of a dataset a look trains with.
    """

    def __init__(self, learner: Learner, sample: Sample) -> None:
        self.learner, self._sample = learner, sample
        self._kept: OrderedDict[str, Rows] = OrderedDict()
        self._cuts: OrderedDict[int, tuple[Prepared, float]] = OrderedDict()
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
        cut, alone = self._local(replicate)
        return self.learner.metric.sign * (self.learner.score(cut, [rows], replicate) - alone)

    def local(self, replicate: int) -> float:
        """The metric of the local model alone, on the validation rows of a replicate."""
        return self._local(replicate)[1]

    def _local(self, replicate: int) -> tuple[Prepared, float]:
        """The cut of a replicate, and the metric of the local model alone."""
        with self._lock:
            found = self._cuts.get(replicate)
        if found is None:
            cut = self.learner.prepared(self.learner.target.replicate(replicate))
            found = cut, self.learner.score(cut, [], replicate)
            with self._lock:
                self._cuts[replicate] = found
                while len(self._cuts) > _KEPT_REPLICATES:
                    self._cuts.popitem(last=False)
        return found

    def in_memory(self) -> list[tuple[str, Rows]]:
        """Names and rows of the datasets that were read and are kept."""
        with self._lock:
            return list(self._kept.items())

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
