"""BiLAF: core samples as centres of pseudo-classes, then samples at the borders between these."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dashjax.baselines.static.activeft import ITERATIONS, activeft
from dashjax.baselines.static.checks import check_budget, checked_features, unit_length
from dashjax.baselines.static.distances import distances
from dashjax.errors import InputError

_SMALLEST, _NEIGHBOURS = 10, 10  # class that is cleared of outliers; members that judge one
_JOINING, _LEAVING = 0.1, 0.1  # shares of a class: what joins in a round, what is left out
_AGAIN = 1.1  # what a border counts that has been picked from, each time
_AT_ONCE = 2**22  # distances


class _Borders(NamedTuple):
    """How far samples are from the centres of other classes, and which of these is nearest."""

    distance: np.ndarray
    opponent: np.ndarray


def bilaf(
    features: ArrayLike,
    budget: int,
    *,
    centres: int | None = None,
    iterations: int = ITERATIONS,
    seed: int = 0,
) -> np.ndarray:
    """Rows of core samples by ActiveFT, and of samples at the borders of their pseudo-classes.

    Every sample belongs to the nearest centre. A class grows from its centre, a tenth at a time,
    by the mean distance to the ten nearest members; the last tenth to join is left out (unless
    that would leave fewer samples than the budget asks for). Each class gets a share of the budget
    by its size, and picks the lowest (d_out p - d_in) / max(d_out, d_in), after the nearest
    neighbours of the last pick are set aside; d_in is the mean distance to the class, d_out that
    to the nearest other centre, and p grows by a tenth whenever that centre's border is picked.

    Args:
        features: `[sample, feature]`; they are brought to unit length.
        budget: how many to pick, the centres among them.
        centres: how many; 5 % of the budget if not given.
        iterations: of ActiveFT.
        seed: decides where ActiveFT starts.

    Returns:
        `[budget]` int32, without repeats: class by class, each with its centre first.

    Raises:
        InputError: if the budget is 0 or more than there are, centres are none or more than the
            budget, or features are not finite or all 0 for a sample.

    Source: Lu et al., Boundary matters: a bi-level active finetuning method, NeurIPS 2024, section
    3 and algorithm 1. Its authors' code takes the ten nearest of a class where the text says of
    the cluster; this follows the text. Each class gets one place at least, and no more than it has.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> len(set(dj.baselines.bilaf(np.eye(8), 4, centres=2, iterations=3).tolist()))
        4
    """
    values = unit_length(checked_features(features))
    check_budget(budget, len(values))
    count = max(1, round(0.05 * budget)) if centres is None else centres
    if not 1 <= count <= budget:
        raise InputError(f"centres are {count}; give 1 to {budget}, which is the budget")
    cores = activeft(values, count, iterations=iterations, seed=seed).tolist()
    classes, borders = _classes(values, cores)
    orders = [_joined(values, rows, core) for rows, core in zip(classes, cores, strict=True)]
    kept = [_without_outliers(rows) for rows in orders]
    if sum(map(len, kept)) < budget:
        kept = orders
    shares = shared_out(np.array([len(rows) for rows in kept]), budget)
    picked = [
        rows[_picks(values[rows], _Borders(*(each[rows] for each in borders)), share)]
        for rows, share in zip(kept, shares.tolist(), strict=True)
    ]
    return np.concatenate(picked).astype(np.int32)


def shared_out(sizes: np.ndarray, budget: int) -> np.ndarray:
    """A budget in proportion to sizes, rounded down; what is left goes to the smallest shares.

    Each gets 1 at least (the largest shares give way) and its size at most.
    """
    shares = np.clip(sizes * budget // sizes.sum(), 1, sizes)
    while shares.sum() > budget:
        shares[np.argmax(shares)] -= 1
    while shares.sum() < budget:
        open_ = np.flatnonzero(shares < sizes)
        smallest = open_[shares[open_] == shares[open_].min()]
        shares[smallest[np.argmax(sizes[smallest])]] += 1
    return shares


def _classes(values: np.ndarray, cores: list[int]) -> tuple[list[np.ndarray], _Borders]:
    """The rows of each class, and for each row how near other classes are."""
    owner, out = np.empty(len(values), np.int64), np.full(len(values), np.inf)
    opponent = np.zeros(len(values), np.int64)
    for part in _blocks(len(values), len(cores)):
        apart = distances(values[part], values[cores])
        owner[part] = apart.argmin(axis=1)
        owner[cores] = np.arange(len(cores))  # also where two centres are copies
        rows = np.arange(part.start, part.start + len(apart))
        apart[np.arange(len(apart)), owner[rows]] = np.inf
        out[part], opponent[part] = apart.min(axis=1), apart.argmin(axis=1)
    return [np.flatnonzero(owner == one) for one in range(len(cores))], _Borders(out, opponent)


def _joined(values: np.ndarray, rows: np.ndarray, core: int) -> np.ndarray:
    """The rows of a class in the order in which they join it, its centre first."""
    rows = np.concatenate([[core], rows[rows != core]])
    step, order = max(1, int(len(rows) * _JOINING)), np.empty(0, np.int64)
    waiting = np.arange(len(rows))
    nearest = np.full((len(rows), _NEIGHBOURS), np.inf)
    far = distances(values[rows], values[rows[:1]])[:, 0]
    far[0] = -1  # the centre comes first, also where it has copies
    while len(waiting):
        joining = waiting[np.argsort(far[waiting], kind="stable")[:step]]
        order, waiting = np.concatenate([order, joining]), np.setdiff1d(waiting, joining)
        nearest[waiting] = _nearest(values, rows[waiting], rows[joining], nearest[waiting])
        some = np.isfinite(nearest[waiting])
        far[waiting] = np.where(some, nearest[waiting], 0).sum(1) / np.maximum(some.sum(1), 1)
    return rows[order]


def _without_outliers(order: np.ndarray) -> np.ndarray:
    return order if len(order) < _SMALLEST else order[: int(len(order) * (1 - _LEAVING))]


def _nearest(
    values: np.ndarray, rows: np.ndarray, joining: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """The smallest distances of each row to the members, once more have joined."""
    after = np.empty_like(before)
    for part in _blocks(len(rows), len(joining)):
        apart = distances(values[rows[part]], values[joining])
        both = np.concatenate([before[part], apart], axis=1)
        after[part] = np.partition(both, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
    return after


def _picks(values: np.ndarray, borders: _Borders, budget: int) -> np.ndarray:
    """Places in a class, the first of them its centre, which is at place 0."""
    size = len(values)
    inside = np.concatenate([distances(values[p], values).mean(1) for p in _blocks(size, size)])
    penalty = np.ones(int(borders.opponent.max()) + 1)
    picks, left = [0], np.arange(size)
    while len(picks) < budget:
        last = picks[-1]
        near = distances(values[last : last + 1], values[left])[0]
        near[left == last] = -1  # itself, also where it has copies
        left = np.sort(left[np.argsort(near, kind="stable")[size // budget :]])
        if last != 0:
            penalty[borders.opponent[last]] *= _AGAIN
        out = borders.distance[left]
        picks.append(left[np.argmin(_score(out, inside[left], penalty[borders.opponent[left]]))])
    return np.array(picks)


def _score(out: np.ndarray, inside: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Low at a border; with one class there is none, and what lies farthest out comes first."""
    if np.isinf(out).all():
        return -inside
    larger = np.maximum(out, inside)
    return np.divide(out * penalty - inside, larger, out=np.zeros_like(out), where=larger > 0)


def _blocks(rows: int, columns: int) -> list[slice]:
    height = max(1, _AT_ONCE // columns)
    return [slice(first, first + height) for first in range(0, rows, height)]
