"""What can be reached, against futures played by hand with exact normal laws."""

from statistics import NormalDist

import numpy as np
import pytest
from worlds import pool_of, quick_jit, some_pulls, told, usual_prior

import dashjax as dj
from dashjax.bandit.futures import MOST_LOOKS, Known
from dashjax.bandit.reach import reach_of

SURE, TOLERANCE = 0.9, 0.002
GOAL = dj.goal_for(6, 2, 100)
MEAN = np.array([0.50, 0.44, 0.43, 0.30, 0.29, 0.10])


def known(mean=MEAN, sd=0.02, noise_sd=0.05, pulls=8, scale=1.0) -> Known:
    rng = np.random.default_rng(0)
    draws = mean[:, None] + sd * rng.standard_normal((len(mean), 4096))
    return Known(scale * mean, scale * draws, (scale * noise_sd) ** 2, np.full(len(mean), pulls))


def test_looks_against_the_floor_are_those_of_a_normal_law():
    """One arm whose worth is not surely above 0: how many looks tell, by the normal's own tail."""
    middle, var, noise_var = 0.01, 0.02**2, 0.1**2
    goal = dj.goal_for(1, 1, 100, floor=0.0)
    found, *_ = reach_of(known(np.array([middle]), noise_sd=0.1), goal, TOLERANCE, SURE)
    rng, looks = np.random.default_rng(5), []
    for _ in range(200):
        truth, mean, now, made = rng.normal(middle, var**0.5), middle, var, 0
        while made < MOST_LOOKS:
            gain = now / (now + noise_var)
            mean, now = mean + gain * (rng.normal(truth, 0.1) - mean), now * (1 - gain)
            made += 1
            share = NormalDist().cdf((abs(mean) + TOLERANCE) / now**0.5)
            if share - (share * (1 - share) / 256) ** 0.5 >= SURE:
                break
        looks.append(made)

    assert found.looks == pytest.approx(np.median(looks), rel=0.5)
    assert found.looks_low <= np.median(looks) <= found.looks_high
    np.testing.assert_array_equal(found.share, [1])


def test_the_smallest_tolerance_that_is_reached_is_told():
    asked, now = reach_of(known(), GOAL, TOLERANCE, SURE)

    assert not asked.reached
    assert asked.chance < SURE
    assert now.reached
    assert now.tolerance > TOLERANCE
    assert SURE <= now.chance < SURE + 0.03
    assert (now.looks, now.looks_low, now.looks_high) == (0, 0, 0)


def test_half_the_tolerance_is_told_where_it_is_reached():
    asked, half = reach_of(known(), GOAL, 0.02, SURE)

    assert asked.reached
    assert asked.looks == 0
    assert half.tolerance == 0.01
    assert not half.reached
    assert half.looks_low <= half.looks <= half.looks_high


def test_looks_go_where_the_boundary_is():
    asked, _ = reach_of(known(), GOAL, TOLERANCE, SURE)

    assert asked.share.sum() == pytest.approx(1)
    assert asked.share[[1, 2]].sum() > 0.7
    assert asked.share[5] < 0.02


def test_neither_unit_nor_zero_matters():
    plain = reach_of(known(), GOAL, TOLERANCE, SURE)
    large = reach_of(known(scale=2.0**20), GOAL, 2.0**20 * TOLERANCE, SURE)
    moved = reach_of(known(MEAN + 64), GOAL, TOLERANCE, SURE)

    assert large[0].looks == plain[0].looks
    np.testing.assert_array_equal(large[0].share, plain[0].share)
    assert moved[0].looks == pytest.approx(plain[0].looks, rel=0.1)


def test_what_was_seen_too_little_is_confirmed_first():
    found, *more = reach_of(known(pulls=2), GOAL, 0.2, SURE)

    assert found.chance > 0.99
    assert not found.reached
    assert not more
    assert 8 <= found.looks <= 16  # two more at each of four leading arms, every other look
    assert reach_of(known(pulls=2), GOAL, 0.2, SURE, looks=0)[0].reached


def test_arms_that_are_not_there_get_no_looks():
    goal = dj.goal_for(6, 2, 100, available=np.array([True, True, False, True, True, True]))
    found, _ = reach_of(known(sd=0.2), goal, TOLERANCE, SURE)

    assert found.share[2] == 0
    assert found.looks > 0


def test_noise_that_is_too_large_is_out_of_reach():
    found, _ = reach_of(known(noise_sd=100.0), GOAL, TOLERANCE, SURE)

    assert found.looks is None
    assert found.looks_high is None


def test_a_belief_says_the_same_each_time():
    grouping = pool_of(2, 2, 2).grouping
    belief = dj.beliefs.learned(usual_prior(3), grouping)
    arms, rewards = some_pulls(6, 30)
    state = quick_jit(lambda: told(belief, arms, rewards))()
    pulls = np.bincount(arms, minlength=6)
    one, other = (
        dj.reach(belief, state, pulls, GOAL, tolerance=0.01, probability=SURE) for _ in range(2)
    )

    assert one[0].looks == other[0].looks > 0
    assert 0 < one[0].chance < SURE
