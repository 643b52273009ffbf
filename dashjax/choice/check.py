"""What a selection adds when it is trained on as a whole, and what each of its datasets does."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.columns import Rows
from dashjax.rewards.definitions import generator
from dashjax.rewards.gain import Gain, Learner
from dashjax.rewards.target_rows import by_stratum, drawn_again

_RESAMPLES = 200  # of the test rows, for a standard error


class Estimate(NamedTuple):
    """A mean and its standard error, in units of the metric, above 0 where better."""

    mean: float
    error: float

    def __str__(self) -> str:
        if not self.error > 1e-9:
            return f"{self.mean:+.3g}"
        places = max(0, 1 - math.floor(math.log10(self.error)))
        return f"{self.mean:+.{places}f} ± {self.error:.{places}f}"


@dataclass(frozen=True)
class Check:
    """What a selection was found to add to the local model.

    Attributes:
        local: the metric of the local model alone on validation rows, a mean over trainings.
        together: what the selection adds to that.
        each: what each dataset adds to the others, by name.
        test_local: the metric of the local model alone on the test rows; None without any.
        test: what the selection adds to that.
        trainings: models that were trained for it.
    """

    local: float
    together: Estimate
    each: dict[str, Estimate]
    test_local: float | None
    test: Estimate | None
    trainings: int

    @property
    def useless(self) -> list[str]:
        """Datasets without which the others did as well."""
        return [name for name, added in self.each.items() if added.mean <= 0]


def check(
    gain: Gain, selection: Sequence[LazyDataset], times: int, advance: Callable[[int, int], None]
) -> Check:
    """Trains the selection, and what is left without each of its datasets, on all of their rows.

    The cuts of the target are none of those that the looks were made on, and are the same for all
    that is compared. The test part is used here alone, and once.

    Args:
        gain: what measured the looks.
        selection: the datasets, at least one.
        times: trainings of each.
        advance: is told trainings done, and to do.
    """
    learner, sign = gain.learner, gain.learner.metric.sign
    rows = [gain.rows(one) for one in selection]
    sets = [rows, *_without_each(rows)] if len(rows) > 1 else [rows]
    scores = np.empty((times, len(sets) + 1))
    for number in range(times):
        cut = learner.prepared(learner.target.replicate(f"check {number}"))
        scores[number] = [learner.score(cut, more, number) for more in ([], *sets)]
        advance((number + 1) * (len(sets) + 1), times * (len(sets) + 1))
    local, together, inflated = scores[:, 0], scores[:, 1], learner.target.inflation(times)
    each = {
        one.name: _estimate(sign * (together - scores[:, place]), inflated)
        for place, one in enumerate(selection, 2)
        if len(rows) > 1
    }
    tested = _test(learner, rows) if len(learner.target.test) else (None, None)
    return Check(
        float(local.mean()),
        _estimate(sign * (together - local), inflated),
        each,
        *tested,
        scores.size,
    )


def _without_each(rows: list[Rows]) -> list[list[Rows]]:
    return [rows[:place] + rows[place + 1 :] for place in range(len(rows))]


def _estimate(differences: np.ndarray, inflated: float) -> Estimate:
    error = float(differences.std(ddof=1)) * inflated if len(differences) > 1 else math.nan
    return Estimate(float(differences.mean()), error)


def _test(learner: Learner, rows: list[Rows]) -> tuple[float, Estimate]:
    """The metric of the local model on the test rows, and what the selection adds to it.

    The standard error is that of the test rows, drawn again with replacement, within classes.
    """
    target, metric = learner.target, learner.metric
    cut = learner.prepared((target.developed, target.test))
    truth = cut.truth
    alone, together = (learner.predictions(cut, more, 0) for more in ([], rows))
    draw = generator(target.seed, "test rows", target.name)
    every = np.arange(len(truth))
    blocks = by_stratum(every, target.columns.strata(truth))

    def added(rows: np.ndarray) -> float:
        before, after = (metric.score(truth[rows], one[rows]) for one in (alone, together))
        return metric.sign * (after - before)

    drawn = [added(drawn_again(draw, blocks)) for _ in range(_RESAMPLES)]
    local = metric.score(truth, alone)
    return local, Estimate(added(every), float(np.std(drawn)))
