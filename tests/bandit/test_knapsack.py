"""The best set that can be paid for, against all sets there are."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashjax.bandit.knapsack import Purse, most_valuable

NUMBERS = some.floats(0, 10, allow_subnormal=False) | some.integers(0, 4).map(float)
VALUES = some.floats(-2, 10, allow_subnormal=False) | some.integers(-1, 4).map(float)
ITEMS = some.lists(some.tuples(VALUES, NUMBERS), min_size=1, max_size=9)


def every_set(values: np.ndarray, purse: Purse) -> list[tuple[int, ...]]:
    """All sets of so many that can be paid for, by trying each."""
    counts = range(min(purse.places, len(values)) + 1)
    sets = itertools.chain.from_iterable(
        itertools.combinations(range(len(values)), count) for count in counts
    )
    most = purse.budget * (1 + 1e-9)
    return [one for one in sets if sum(purse.prices[place] for place in one) <= most]


@given(ITEMS, NUMBERS, some.integers(1, 5), some.booleans())
def test_no_set_that_can_be_paid_for_is_worth_more(items, budget, places, fill):
    values, prices = np.array(items).T
    purse = Purse(prices, budget, places, fill)
    sets = every_set(values, purse)
    if fill:
        most = max(map(len, sets))
        sets = [one for one in sets if len(one) == most]
    chosen = most_valuable(values[None], purse)[0]

    assert tuple(np.flatnonzero(chosen)) in sets
    best = max(sum(values[place] for place in one) for one in sets)
    assert values[chosen].sum() == pytest.approx(best, abs=1e-9)


def test_what_may_not_be_taken_is_not():
    values = np.array([5.0, -np.inf, 3.0, 2.0])
    chosen = most_valuable(values[None], Purse(np.array([9.0, 0.0, 1.0, 1.0]), 2.0, 3))[0]
    assert chosen.tolist() == [False, False, True, True]


def test_tenths_that_add_up_to_the_budget_fit():
    chosen = most_valuable(np.ones((1, 2)), Purse(np.array([0.1, 0.2]), 0.3, 2))
    assert chosen.all()


def test_prices_without_a_pattern_among_many_are_decided():
    draw = np.random.default_rng(3)
    prices = draw.uniform(1, 2, 300)
    values = prices + draw.normal(0, 0.05, 300)  # the hard case: dear is good
    purse = Purse(prices, 7.5, 5)
    chosen = most_valuable(values[None], purse)[0]

    assert prices[chosen].sum() <= 7.5
    order = np.argsort(-values / prices)
    greedy = order[np.cumsum(prices[order]) <= 7.5][:5]
    assert values[chosen].sum() > values[greedy].sum()
