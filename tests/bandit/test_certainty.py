import functools

import jax
import jax.numpy as jnp
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


@functools.cache
def compiled(belief, draws):
    """What is known of a mask of arms, for a tolerance."""
    thinking, goal = BELIEFS[belief](PRIOR, GROUPING), goal_for(10, SELECT, 100)

    @quick_jit
    def known(key, selected, tolerance):
        state = told(thinking, *PULLS)
        return certainty(
            key, thinking, state, selected, goal=goal, tolerance=tolerance, draws=draws
        )

    return known


def found(selected, tolerance=TOLERANCE, belief="exact", draws=DRAWS) -> Certainty:
    mask = jnp.asarray(np.isin(np.arange(10), selected))
    known = compiled(belief, draws)(jax.random.key(3), mask, jnp.float32(tolerance))
    return jax.tree.map(np.asarray, known)


def best():
    return np.argsort(-brute()[1])[:SELECT]


@functools.cache
def found_of_best() -> Certainty:
    return found(best())


def error(share):
    return np.sqrt(share * (1 - share) * (1 / DRAWS + 1 / BRUTE)) + 1e-9


def test_means_and_deviations_are_the_posteriors():
    _, mean, var, _ = brute()

    np.testing.assert_allclose(found_of_best().mean, mean, atol=1e-5)
    np.testing.assert_allclose(found_of_best().sd, np.sqrt(var), rtol=1e-4)


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


def test_the_weight_of_the_group_is_one_where_nothing_was_explored():
    count = np.bincount(PULLS[0], minlength=10)
    weight = 0.05**2 / (0.05**2 + count * 0.03**2)

    np.testing.assert_allclose(found_of_best().shrinkage, weight, rtol=1e-5)
    assert found_of_best().shrinkage[6] == 1


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


@pytest.mark.parametrize("belief", BELIEFS)
def test_every_belief_can_say_how_sure_it_is(belief):
    sure = found(best(), belief=belief, draws=64)

    assert all(np.isfinite(field).all() for field in sure._replace(shrinkage=0))
    assert ((sure.rank_low >= 1) & (sure.rank_low <= sure.rank_high) & (sure.rank_high <= 10)).all()
    assert ((sure.chance_best >= 0) & (sure.chance_best <= 1)).all()
    if belief == "flat":  # which has no groups
        assert np.isnan(sure.shrinkage).all()
    else:
        assert ((sure.shrinkage > 0) & (sure.shrinkage <= 1)).all()


def test_what_is_not_available_has_no_chance_and_comes_last():
    thinking = BELIEFS["exact"](PRIOR, GROUPING)
    there = np.arange(10) != best()[0]
    goal = goal_for(10, SELECT, 100, available=there)

    @quick_jit
    def known(key):
        state = told(thinking, *PULLS)
        mask = jnp.asarray(np.isin(np.arange(10), best()[1:]))
        return certainty(key, thinking, state, mask, goal=goal, tolerance=0.0, draws=4000)

    sure = known(jax.random.key(3))
    drawn = np.where(there, brute()[0], -np.inf)
    chance = (np.argsort(np.argsort(-drawn, axis=1), axis=1) < SELECT).mean(axis=0)

    assert sure.chance_best[best()[0]] == 0
    assert sure.rank_low[best()[0]] == 10
    assert_within_errors(
        sure.chance_best[there], chance[there], 0.5 * np.hypot(4000**-0.5, BRUTE**-0.5)
    )
