"""The best datasets to take where each has a price: an exact knapsack with few places.

Which sets of at most k datasets, whose prices add up to no more than a budget, are worth most? The
knapsack problem with a bound on the number of items, for real-valued prices, by branch and bound
(Kellerer, Pferschy and Pisinger, Knapsack Problems, 2004, section 9.7). The bound is Lagrange's:
at a rate r of worth for money, a set is worth at most r times the money that it may cost, and the
sum of what its members are worth net of their prices at that rate. Any rate bounds; the search
takes the one that makes the bound tightest before it begins.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

_HALVINGS = 30  # of the interval that the rate is looked for in
_ROUNDING = 1e-12  # of all worth: two sets that differ by less are the same
_CHANGE = 1e-9  # of the budget: by how much prices may exceed it, for .1 + .2 is more than .3


class Purse(NamedTuple):
    """What may be taken.

    Attributes:
        prices: of each arm, `[arm]`, 0 or more.
        budget: what they may add up to, to within a billionth of it.
        places: how many may be taken at most.
        fill: whether as many must be taken as can be paid for; else only what is worth more than 0.
    """

    prices: np.ndarray
    budget: float
    places: int
    fill: bool = False


def fits(price: Any, budget: float) -> Any:
    """Whether a price is within the budget, to within a billionth; of an array, element-wise."""
    return price <= budget * (1 + _CHANGE)


def most_valuable(values: np.ndarray, purse: Purse) -> np.ndarray:
    """The set of largest total value that can be paid for in each draw, as masks `[draw, arm]`.

    Args:
        values: of each arm, `[draw, arm]`; -inf in all draws where it may not be taken.
        purse: what may be taken.
    """
    values = np.asarray(values, np.float64)
    masks = np.zeros(values.shape, bool)
    may = np.flatnonzero(np.isfinite(values).all(axis=0) & fits(purse.prices, purse.budget))
    if not len(may):
        return masks
    unit = purse.budget or 1.0  # of money, so that no rate is beyond what a float holds
    prices = np.asarray(purse.prices, np.float64)[may] / unit
    purse = purse._replace(budget=purse.budget / unit)
    worth = _each_counts_first(values[:, may], purse.places) if purse.fill else values[:, may]
    rate = _rates(worth, prices, purse)
    net = worth - rate[:, None] * prices
    order = np.argsort(-net, axis=1, kind="stable")
    for draw, line in enumerate(order):
        row = _Row(net[draw, line], worth[draw, line], prices[line], float(rate[draw]))
        masks[draw, may[line[list(_best(row, purse))]]] = True
    return masks


class _Row(NamedTuple):
    """The items of one draw, in falling order of their net worth."""

    net: np.ndarray
    worth: np.ndarray
    prices: np.ndarray
    rate: float


def _each_counts_first(worth: np.ndarray, places: int) -> np.ndarray:
    """Values of the same order of which one more is always worth more than better ones."""
    least = worth.min(axis=1, keepdims=True)
    spread = worth.max(axis=1, keepdims=True) - least
    return (worth - least) / np.where(spread > 0, spread, 1) + places


def _rates(worth: np.ndarray, prices: np.ndarray, purse: Purse) -> np.ndarray:
    """In each draw the least rate at which the items best by net worth can be paid, `[draw]`.

    To within a billionth of the rate at which none is worth its price.
    """
    places = min(purse.places, len(prices))

    def is_too_much(rate: np.ndarray) -> np.ndarray:
        net = worth - rate[:, None] * prices
        first = np.argpartition(-net, places - 1, axis=1)[:, :places]
        taken = np.take_along_axis(net, first, axis=1) > 0
        return ~fits(np.where(taken, prices[first], 0).sum(axis=1), purse.budget)

    low, costs = np.zeros(len(worth)), prices > _CHANGE / len(prices)  # others cost nothing
    most = (worth[:, costs] / prices[costs]).max(axis=1, initial=0)
    high = np.where(is_too_much(low), most, 0)
    for _ in range(_HALVINGS if high.any() else 0):
        middle = (low + high) / 2
        above = is_too_much(middle)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return high


def _best(row: _Row, purse: Purse) -> Sequence[int]:
    """The places of the best set's items."""
    gains = np.maximum(row.net[: purse.places], 0).sum()
    budget = purse.budget * (1 + _CHANGE)
    held, least = _first_that_fit(row, budget, purse.places)
    rounding = _ROUNDING * float(np.abs(row.worth).max()) * purse.places
    if gains + row.rate * budget <= least + rounding:
        return held
    # an item whose loss is more than what is open between the bounds is in no better set
    count = int(np.searchsorted(-row.net, gains + row.rate * budget - least))
    return _search(row, count, (budget, purse.places), (held, least + rounding))


def _first_that_fit(row: _Row, budget: float, places: int) -> tuple[list[int], float]:
    """A set to begin with, and what it is worth: items in their order, if they can be paid for."""
    held, total = [], 0.0
    most = 4 * places + 16  # items that are tried
    pairs = zip(row.prices[:most].tolist(), row.worth[:most].tolist(), strict=True)
    for item, (price, worth) in enumerate(pairs):
        if len(held) < places and price <= budget and worth > 0:
            held.append(item)
            budget, total = budget - price, total + worth
    return held, total


def _search(
    row: _Row, count: int, limits: tuple[float, int], known: tuple[Sequence[int], float]
) -> Sequence[int]:
    """The best set among the first `count` items, or the one that is known if none is better."""
    sums = [0.0, *np.cumsum(np.maximum(row.net[:count], 0)).tolist()]
    worth, prices = row.worth[:count].tolist(), row.prices[:count].tolist()
    rate, (budget, places) = row.rate, limits
    best, most = known
    # sets to be enlarged: their items, the next to try, places and money left, and their worth
    open_sets: list[tuple[tuple[int, ...], int, int, float, float]]
    open_sets = [((), 0, places, budget, 0.0)]
    while open_sets:
        held, item, left, money, total = open_sets.pop()
        while left and item < count:
            if total + sums[min(item + left, count)] - sums[item] + rate * money <= most:
                break
            if prices[item] <= money:
                open_sets.append((held, item + 1, left, money, total))  # without it, later
                held, left = (*held, item), left - 1
                money, total = money - prices[item], total + worth[item]
                if total > most:
                    best, most = held, total
            item += 1
    return best
