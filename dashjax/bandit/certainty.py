"""How sure one may be: chances, ranks and losses, counted in draws from a belief (ours).

The draws are made on the device and counted in NumPy, whose sort is many times as quick as XLA's on
a CPU.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from dashjax.bandit.base import Goal
from dashjax.bandit.worth import ROUNDINGS

_SURE = 0.9  # mass of a rank interval
BestSets = Callable[[np.ndarray], np.ndarray]  # of values [draw, arm], as masks


class Certainty(NamedTuple):
    """What draws from a belief say of the datasets and of the selection.

    Ranks count from 1; their intervals hold the middle 90 % of the draws. An arm that is not
    available has chance 0 and comes last.
    """

    chance_best: np.ndarray  # [arm], to be among the best k
    rank_low: np.ndarray  # [arm]
    rank_high: np.ndarray  # [arm]
    chance_good: float  # selection within the tolerance of the best set
    expected_loss: float  # how far it falls short on average, in units of reward
    chance_above_floor: np.ndarray  # [arm], to be worth more than nothing; 1 without a floor
    chance_none_helps: float  # that no available arm is; 0 without a floor


def certainty(
    draws: Iterable[np.ndarray],
    selected: np.ndarray,
    *,
    goal: Goal,
    tolerance: float,
    best_sets: BestSets | None = None,
) -> Certainty:
    """What is known after some pulls.

    Args:
        draws: joint draws of all arms, `[arm, draw]`, in one part or several, so that not all need
            be in memory. Ranks are counted in the first part alone, all else in all of them: the
            chances' standard errors are at most 1 / (2 sqrt(number of draws)).
        selected: mask of the selection, `[arm]`.
        goal: how many datasets are wanted, which are available, and the floor.
        tolerance: how far a good selection may fall short, in units of reward.
        best_sets: the best set of each draw; the `goal.select` largest if None.
    """
    counted, above, nothing = np.zeros(goal.arms), np.zeros(goal.arms), 0
    lost: list[np.ndarray] = []
    within: list[np.ndarray] = []
    ranks = None
    for part in draws:
        values = np.ascontiguousarray(np.asarray(part).T)
        values[:, ~np.asarray(goal.available)] = -np.inf
        ranks = _ranks(values) if ranks is None else ranks
        best = best_sets(values) if best_sets else _largest(values, goal.select)
        best &= np.asarray(goal.available)
        counted += best.sum(axis=0)
        helps = values > goal.floor
        above, nothing = above + helps.sum(axis=0), nothing + int((~helps).all(axis=1).sum())
        lost.append(losses(values, best, np.asarray(selected), goal))
        within.append(lost[-1] <= tolerance + rounding(values))
    assert ranks is not None, "there is always a first part"
    loss = np.concatenate(lost)
    low, high = _interval(ranks)
    return Certainty(
        counted / len(loss),
        low,
        high,
        float(np.mean(np.concatenate(within))),
        float(loss.mean()),
        above / len(loss),
        nothing / len(loss),
    )


def losses(values: np.ndarray, best: np.ndarray, selected: np.ndarray, goal: Goal) -> np.ndarray:
    """By how much the selection falls short of the best set in each draw, a dataset, `[draw]`.

    Args:
        values: `[draw, arm]`.
        best: masks of the best sets, `[draw, arm]`.
        selected: mask of the selection, `[arm]`.
        goal: what is wanted.
    """
    most = mean_worth(values, best & (values > goal.floor), goal)
    return most - mean_worth(values, selected[None], goal)


def mean_worth(values: np.ndarray, selected: np.ndarray, goal: Goal) -> np.ndarray:
    """Mean value of the selected arms, `[run]`; with a floor, places left empty count as it.

    Args:
        values: `[run, arm]`, or `[1, arm]` where it is the same in all.
        selected: masks, of either shape.
        goal: what is wanted.
    """
    total = np.where(selected, values, 0).sum(axis=1)
    count = selected.sum(axis=1)
    if not np.isfinite(goal.floor):
        return total / np.maximum(count, 1)
    empty = np.maximum(goal.select - count, 0)
    return (total + empty * goal.floor) / np.maximum(count, goal.select)


def rounding(values: np.ndarray) -> np.ndarray:
    """What the losses may come out too large by, because values are rounded, `[draw]`."""
    size = np.abs(np.where(np.isfinite(values), values, 0)).max(axis=1)
    return ROUNDINGS * np.finfo(values.dtype).eps * size


def _ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each arm in each draw, from 1, `[draw, arm]`."""
    order = np.argsort(-values, axis=1)
    ranks = np.empty(order.shape, np.int32)
    places = np.arange(1, values.shape[1] + 1, dtype=np.int32)
    np.put_along_axis(ranks, order, places[None], axis=1)
    return ranks


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Masks of the largest values of each row, `[draw, arm]`."""
    first = values.shape[1] - count
    places = np.argpartition(values, first, axis=1)[:, first:]
    found = np.zeros(values.shape, bool)
    np.put_along_axis(found, places, True, axis=1)
    return found


def _interval(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the middle `_SURE` of the draws' ranks; each is one of them."""
    ordered = np.sort(np.ascontiguousarray(ranks.T), axis=1)
    ends = np.array([(1 - _SURE) / 2, (1 + _SURE) / 2]) * (len(ranks) - 1)
    low, high = ordered[:, np.rint(ends).astype(int)].T
    return low, high
