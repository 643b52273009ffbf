"""How sure figures of many runs are: the runs are weighed anew, time and again; NumPy alone.

Paired comparisons (the Poisson bootstrap, Oza and Russell 2001): in a replicate every run counts
Poisson(1) times, and that number comes from the seed and the run's number alone. So runs of two
methods on the same seed weigh the same, also where one method has more runs.

Over several cases at once (Agarwal et al., "Deep Reinforcement Learning at the Edge of the
Statistical Precipice", NeurIPS 2021): interquartile mean and performance profile, with runs drawn
anew within each case. All intervals are at 95 %, between percentiles of the replicates.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

REPLICATES = 1000
_LEVELS = (0.025, 0.975)
_RUNS = 512  # whose weights are drawn together; part of what decides them
_BOUNDS = {(True, True): "", (True, False): "at most", (False, True): "at least"}


class Figure(NamedTuple):
    """A figure and its interval; None where it lies beyond what was observed."""

    value: float | None
    low: float | None
    high: float | None


class Means(NamedTuple):
    """Means over runs, and the same means in every replicate."""

    value: np.ndarray  # [column]
    replicates: np.ndarray  # [replicate, column]


class Steps(NamedTuple):
    """First step (from 1) at which a mean curve is small enough; `horizon` + 1 if it never is."""

    value: int
    replicates: np.ndarray  # [replicate]
    horizon: int

    def figure(self) -> Figure:
        """The step and its interval; None stands for later than the horizon."""
        steps = self.value, *_percentiles(self.replicates)
        return Figure(*(float(step) if step <= self.horizon else None for step in steps))


class Ratio(NamedTuple):
    """One figure by another. `bound` says what `value` is where one was not observed.

    Attributes:
        value: the ratio; NaN where there is none.
        low: of its interval; 0 where the denominator may be beyond its horizon.
        high: of its interval; infinity where the numerator may be.
        bound: "" for the ratio itself, "at most" where the denominator never gets there (its
            horizon + 1 stands for it), "at least" where the numerator never does, "unknown" where
            neither does.
    """

    value: float
    low: float
    high: float
    bound: str = ""


class Profile(NamedTuple):
    """Share of runs that are done by each step, with its interval; each `[step]`."""

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def means(values: np.ndarray, *, replicates: int = REPLICATES, seed: int = 0) -> Means:
    """Column means over runs, with replicates that are the same runs weighed anew.

    A replicate in which no run counts, as happens with a handful of runs, is the mean itself.

    Args:
        values: `[run, column]`; run i of every method is the same seed.
        replicates: how many.
        seed: decides the weights; figures are paired if theirs are equal.
    """
    value = values.mean(axis=0, dtype=np.float64)
    total = np.zeros((replicates, values.shape[1]))
    count = np.zeros((replicates, 1))
    for first, weights in _weights(len(values), replicates, seed):
        part = np.asarray(values[first : first + weights.shape[1]], np.float32)
        total += weights @ part
        count += weights.sum(axis=1, keepdims=True)
    return Means(value, np.where(count > 0, total / np.maximum(count, 1), value))


def steps_to(curve: Means, threshold: float) -> Steps:
    """When the mean curve first is at most the threshold, in all runs and in every replicate.

    Args:
        curve: a column a step.
        threshold: in the curve's units.
    """
    horizon = len(curve.value)
    return Steps(
        int(_first(curve.value[None] <= threshold)[0]),
        _first(curve.replicates <= threshold),
        horizon,
    )


def ratio(ours: Steps, theirs: Steps) -> Ratio:
    """Our steps by theirs, with a paired interval.

    Who never gets there in a replicate is known to need more than the horizon, no more: there the
    ratio is bounded on one side only, and the interval takes the far end of what is possible.
    """
    least = ours.replicates / np.where(
        theirs.replicates > theirs.horizon, np.inf, theirs.replicates
    )
    most = np.where(ours.replicates > ours.horizon, np.inf, ours.replicates) / theirs.replicates
    bound = _BOUNDS.get((ours.value <= ours.horizon, theirs.value <= theirs.horizon), "unknown")
    value = np.nan if bound == "unknown" else ours.value / theirs.value
    return Ratio(value, _percentiles(least)[0], _percentiles(most)[1], bound)


def ratio_of_means(ours: Means, theirs: Means, column: int = 0) -> Ratio:
    """One column's mean by the other's, with a paired interval; theirs must be above 0."""
    replicates = ours.replicates[:, column] / theirs.replicates[:, column]
    return Ratio(float(ours.value[column] / theirs.value[column]), *_percentiles(replicates))


def interquartile_mean(
    cases: Sequence[np.ndarray], *, replicates: int = REPLICATES, seed: int = 0
) -> Figure:
    """Mean of the middle half of all scores; every case counts the same.

    A score that lies across a quartile counts in part.

    Args:
        cases: each case's scores, `[run]`.
        replicates: how often runs are drawn anew, within each case.
        seed: decides those draws.
    """
    values, shares = _shares(cases, replicates, seed)
    below = np.minimum(np.cumsum(shares, axis=1), 1.0)
    inside = np.diff(np.clip(below, 0.25, 0.75), axis=1, prepend=0.25)
    found = inside @ values / inside.sum(axis=1)
    return Figure(float(found[0]), *_percentiles(found[1:]))


def profile(
    cases: Sequence[np.ndarray], steps: int, *, replicates: int = REPLICATES, seed: int = 0
) -> Profile:
    """Share of runs that are done by each step, over all cases alike.

    Args:
        cases: the step at which each run is done, `[run]`, for each case.
        steps: of the profile; a run that is done later is not in it.
        replicates: how often runs are drawn anew, within each case.
        seed: decides those draws.
    """
    values, shares = _shares(cases, replicates, seed)
    below = np.cumsum(shares, axis=1)
    places = np.searchsorted(values, np.arange(1, steps + 1), side="right")
    found = np.pad(np.minimum(below, 1.0), ((0, 0), (1, 0)))[:, places]
    low, high = np.quantile(found[1:], _LEVELS, axis=0)
    return Profile(found[0], low, high)


def _weights(runs: int, replicates: int, seed: int) -> Iterator[tuple[int, np.ndarray]]:
    """The first run of a part, and how often each of its runs counts, `[replicate, run]`."""
    for part, first in enumerate(range(0, runs, _RUNS)):
        counts = _counts(part, replicates, seed)[:, : runs - first]
        yield first, counts.astype(np.float32)


@functools.lru_cache(maxsize=64)
def _counts(part: int, replicates: int, seed: int) -> np.ndarray:
    """Kept, a byte each, since every method of a study asks for the same."""
    draw = np.random.default_rng([seed, replicates, part])
    return draw.poisson(1.0, (replicates, _RUNS)).astype(np.uint8)


def _shares(
    cases: Sequence[np.ndarray], replicates: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The distinct scores, and the share of each: first as it is, then in every replicate.

    To draw runs with replacement is to draw how often each distinct score comes, so that memory
    does not grow with the runs.
    """
    draw = np.random.default_rng(seed)
    values = np.unique(np.concatenate(cases))
    shares = np.zeros((1 + replicates, len(values)))
    for scores in cases:
        runs = len(scores)
        counts = np.bincount(np.searchsorted(values, scores), minlength=len(values))
        anew = draw.multinomial(runs, counts / runs, replicates)
        shares += np.concatenate([counts[None], anew]) / (runs * len(cases))
    return values, shares


def _first(small: np.ndarray) -> np.ndarray:
    """First step (from 1) at which a row holds; one more than there are where none does."""
    found = np.argmax(small, axis=1) + 1
    return np.where(small.any(axis=1), found, small.shape[1] + 1).astype(np.int32)


def _percentiles(replicates: np.ndarray) -> tuple[float, float]:
    """Ends of the interval; one of the replicates each, so that bounds stay bounds."""
    low, high = np.quantile(replicates, _LEVELS, method="inverted_cdf")
    return float(low), float(high)
