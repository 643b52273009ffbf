import functools

import jax
import numpy as np
import oracle
import pytest
from worlds import (
    RAGGED,
    STANDARD_ERRORS,
    assert_within_errors,
    pool_of,
    quick_jit,
    some_pulls,
    told,
    usual_prior,
)

from dashjax.bandit.base import goal_for
from dashjax.bandit.certainty import Certainty, certainty
from dashjax.bandit.methods import BELIEFS

GROUPING, PRIOR = pool_of(*RAGGED).grouping, usual_prior(4)
PULLS = some_pulls(10, 40, seed=4, unpulled=(6,))
SELECT, TOLERANCE, DRAWS, BRUTE = 3, 0.02, 20_000, 400_000


@functools.cache
def brute():
    """Draws from the dense posterior, their mean, and the rank of each arm in each."""
    law = oracle.posterior(PRIOR, GROUPING, *PULLS)
    drawn = np.random.default_rng(0).multivariate_normal(*law, BRUTE, method="eigh")[:, 4:]
    order = np.argsort(-drawn, axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, 11)[None], axis=1)
    return drawn, law.mean[4:], np.diag(law.cov)[4:], ranks


def draws_of(belief="exact", draws=DRAWS) -> np.ndarray:
    thinking = BELIEFS[belief](PRIOR, GROUPING)

    @quick_jit
    def drawn(key):
        return thinking.sample(key, told(thinking, *PULLS), draws)

    return np.asarray(drawn(jax.random.key(3)))


draws_of_exact = functools.cache(draws_of)


def found(selected, tolerance=TOLERANCE, goal=None, parts=1) -> Certainty:
    mask = np.isin(np.arange(10), selected)
    cut = np.split(draws_of_exact(), parts, axis=1)
    return certainty(cut, mask, goal=goal or goal_for(10, SELECT, 100), tolerance=tolerance)


def best():
    return np.argsort(-brute()[1])[:SELECT]


@functools.cache
def found_of_best() -> Certainty:
    return found(best())


def error(share):
    return np.sqrt(share * (1 - share) * (1 / DRAWS + 1 / BRUTE)) + 1e-9


def test_chances_to_be_among_the_best_are_those_of_draws():
    chance = (brute()[3] <= SELECT).mean(axis=0)

    assert_within_errors(found_of_best().chance_best, chance, error(np.maximum(chance, 1e-4)))
    assert found_of_best().chance_best.sum() == pytest.approx(SELECT, rel=1e-5)
    assert ((chance > 0.1) & (chance < 0.9)).sum() >= 3


def test_ranks_lie_in_their_intervals_nine_times_in_ten():
    """An end may be one off only where the share of draws beyond it is near a twentieth."""
    ranks = brute()[3]
    low, high = found_of_best().rank_low, found_of_best().rank_high
    edge = STANDARD_ERRORS * error(0.05)

    assert low.dtype == high.dtype == np.int32
    assert ((ranks < low).mean(axis=0) <= 0.05 + edge).all()
    assert ((ranks <= low).mean(axis=0) >= 0.05 - edge).all()
    assert ((ranks > high).mean(axis=0) <= 0.05 + edge).all()
    assert ((ranks >= high).mean(axis=0) >= 0.05 - edge).all()
    assert (high - low).max() >= 4


@pytest.mark.parametrize("selected", ["the best", "another set", "fewer", "more"])
def test_a_selection_is_as_good_as_in_draws(selected):
    chosen = {
        "the best": best(),
        "another set": np.array([0, 3, 7]),
        "fewer": best()[:2],
        "more": np.argsort(-brute()[1])[:5],
    }[selected]
    drawn = brute()[0]
    loss = np.sort(drawn, axis=1)[:, -SELECT:].mean(axis=1) - drawn[:, chosen].mean(axis=1)
    sure, good = found(chosen), (loss <= TOLERANCE).mean()
    both = np.sqrt(loss.var() * (1 / DRAWS + 1 / BRUTE))

    assert_within_errors(sure.chance_good, good, error(np.maximum(good, 1e-4)))
    assert_within_errors(sure.expected_loss, loss.mean(), both)


def test_a_tolerance_of_zero_asks_for_the_best_set():
    drawn = brute()[0]
    same = (np.sort(np.argsort(-drawn, axis=1)[:, :SELECT]) == np.sort(best())).all(axis=1).mean()

    assert_within_errors(found(best(), 0.0).chance_good, same, error(same))
    assert 0.05 < same < 0.95


def test_draws_in_parts_give_the_same_figures_but_for_the_ranks():
    whole, parts = found_of_best(), found(best(), parts=5)

    np.testing.assert_allclose(parts.chance_best, whole.chance_best)
    assert parts.chance_good == pytest.approx(whole.chance_good)
    assert parts.expected_loss == pytest.approx(whole.expected_loss)
    assert np.abs(parts.rank_low - whole.rank_low).max() <= 1
    assert np.abs(parts.rank_high - whole.rank_high).max() <= 1


def test_a_dataset_that_is_not_available_is_never_among_the_best():
    available = np.arange(10) != best()[0]
    goal = goal_for(10, SELECT, 100, available=available)
    others = np.argsort(-np.where(available, brute()[1], -np.inf))[:SELECT]
    drawn = np.where(available, brute()[0], -np.inf)
    loss = np.sort(drawn, axis=1)[:, -SELECT:].mean(axis=1) - drawn[:, others].mean(axis=1)
    sure = found(others, goal=goal)

    assert sure.chance_best[best()[0]] == 0
    assert sure.rank_low[best()[0]] == sure.rank_high[best()[0]] == 10
    assert sure.chance_best.sum() == pytest.approx(SELECT, rel=1e-5)
    good = (loss <= TOLERANCE).mean()
    assert_within_errors(sure.chance_good, good, error(good))


def test_with_a_floor_an_empty_place_is_worth_the_floor():
    floor = float(np.median(brute()[0]))
    goal = goal_for(10, SELECT, 100, floor=floor)
    drawn = brute()[0]
    most = np.maximum(np.sort(drawn, axis=1)[:, -SELECT:], floor).sum(axis=1)
    for chosen in (best()[:1], best()):
        held = drawn[:, chosen].sum(axis=1) + (SELECT - len(chosen)) * floor
        loss = (most - held) / SELECT
        sure = found(chosen, goal=goal)
        both = np.sqrt(loss.var() * (1 / DRAWS + 1 / BRUTE))

        assert_within_errors(sure.expected_loss, loss.mean(), both)
        assert sure.expected_loss > 0


@pytest.mark.parametrize("belief", BELIEFS)
def test_every_belief_can_say_how_sure_it_is(belief):
    mask, goal = np.isin(np.arange(10), best()), goal_for(10, SELECT, 100)
    sure = certainty([draws_of(belief, 64)], mask, goal=goal, tolerance=TOLERANCE)

    assert all(np.isfinite(field).all() for field in sure)
    assert ((sure.rank_low >= 1) & (sure.rank_low <= sure.rank_high) & (sure.rank_high <= 10)).all()
    assert ((sure.chance_best >= 0) & (sure.chance_best <= 1)).all()


def test_chances_to_help_are_those_of_draws():
    floor = float(np.median(brute()[1]))
    goal = goal_for(10, SELECT, 100, floor=floor)
    chance, none = (brute()[0] > floor).mean(axis=0), (brute()[0] <= floor).all(axis=1).mean()
    sure = found(best(), goal=goal)

    assert_within_errors(sure.chance_above_floor, chance, error(np.clip(chance, 1e-4, 1 - 1e-4)))
    assert_within_errors(sure.chance_none_helps, none, error(max(none, 1e-4)))
    assert found_of_best().chance_above_floor.min() == 1
    assert found(best(), goal=goal_for(10, SELECT, 100, floor=9.0)).chance_none_helps == 1
