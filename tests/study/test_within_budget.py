"""Where taking a dataset has a price: what is selected can be paid for, and nothing better can."""

import itertools

import numpy as np
import pytest
from trying_studies import POOL, UTILITY, look, reward_of, study_at

from dashjax.bandit.base import goal_for
from dashjax.bandit.knapsack import Purse
from dashjax.errors import InputError
from dashjax.study.study import Study
from dashjax.study.within_budget import best_set

PRICE = dict(zip(POOL.datasets, (1, 3, 1, 2, 7, 1, 4, 1, 20, 3), strict=True))


def study_with_prices(tmp_path, **settings) -> Study:
    """The usual study, of datasets with prices: the best of all is too dear."""
    groups = [POOL.groups[group] for group in POOL.group]
    rows = zip(POOL.datasets, groups, PRICE.values(), strict=True)
    lines = [",".join(map(str, row)) for row in rows]
    (tmp_path / "pool.csv").write_text("\n".join(["dataset,group,price", *lines]))
    usual = {"target": "hand", "select": 3, "steps": 60, "budget": 8.0}
    return Study.open(tmp_path / "s.sqlite", tmp_path / "pool.csv", **(usual | settings))


def best(values: dict[str, float], budget: float) -> set[str]:
    """The best three at most that can be paid for, by trying every set."""
    sets = [
        one
        for count in range(4)
        for one in itertools.combinations(values, count)
        if sum(PRICE[name] for name in one) <= budget
    ]
    return set(max(sets, key=lambda one: sum(values[name] for name in one)))


def test_it_finds_the_best_that_can_be_paid_for_and_stops(tmp_path):
    study = study_with_prices(tmp_path, steps=100)
    asked = []
    while not study.stopped:
        asked.append(look(study))
    known = study.certainty()
    means = {row["dataset"]: row["mean"] for row in known.datasets}

    assert set(study.selection) == best(means, 8.0) == best(UTILITY | {"dataset 8": 0}, 8.0)
    assert study.why.startswith("rule good-selection:.95:.01 holds")
    assert known.chance_good >= 0.95
    assert "dataset 8" not in asked  # the dearest: it cannot be taken
    assert study.datasets()[8]["state"] == "too dear"
    assert "for 8 of 8" in study.summary
    assert known.next_look is None  # it knows of no prices
    assert study.reach() == []


def test_what_is_certain_is_counted_for_sets_that_can_be_paid_for(tmp_path):
    study = study_with_prices(tmp_path)
    for name, turn in itertools.product(POOL.datasets, range(4)):
        study.tell(name, reward_of(name, turn))
    rows = {row["dataset"]: row for row in study.certainty().datasets}

    assert len(study.selection) == 3  # without a floor all places are filled
    assert sum(PRICE[name] for name in study.selection) <= 8
    assert sum(row["chance_best"] for row in rows.values()) == pytest.approx(3)
    assert rows["dataset 8"]["chance_best"] == 0
    assert rows["dataset 4"]["chance_best"] < 0.5 < rows["dataset 6"]["chance_best"]


def test_a_study_with_a_budget_goes_on_as_if_it_had_not_been_closed(tmp_path):
    study = study_with_prices(tmp_path)
    asked = [look(study) for _ in range(6)] + [study.ask().dataset]
    (tmp_path / "other").mkdir()
    parted = [look(study_with_prices(tmp_path / "other")) for _ in range(6)]

    assert [*parted, study_with_prices(tmp_path / "other").ask().dataset] == asked


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"budget": 0.5}, "the cheapest dataset, 'dataset 0', has price 1"),
        ({"stop": "stable:5"}, "stop rule 'stable' cannot be used with a budget"),
        ({"budget": -1.0}, "budget is -1"),
        ({"budget": np.inf}, "budget is inf"),
    ],
)
def test_a_budget_that_cannot_be_meant_is_refused(settings, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        study_with_prices(tmp_path, **settings)
    assert not (tmp_path / "s.sqlite").exists()


def test_with_a_floor_places_stay_empty_where_nothing_is_worth_more_than_it():
    purse = Purse(np.array([1.0, 1.0, 5.0, 1.0]), 6.0, 3)
    goal = goal_for(4, 3, 10, floor=0.5)
    mean = np.array([0.6, 0.4, 0.9, 0.55])
    assert best_set(mean, purse, goal).tolist() == [True, False, True, False]
    filled = best_set(mean, purse._replace(fill=True, budget=7.0), goal_for(4, 3, 10))
    assert filled.tolist() == [True, False, True, True]


def test_prices_do_not_matter_without_a_budget(tmp_path):
    study, plain = study_with_prices(tmp_path, budget=None), study_at(tmp_path / "p")
    assert [look(study) for _ in range(5)] == [look(plain) for _ in range(5)]
