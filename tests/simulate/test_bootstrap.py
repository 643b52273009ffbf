import numpy as np
import pytest
from worlds import STANDARD_ERRORS

from dashjax.simulate import bootstrap
from dashjax.simulate.bootstrap import Means, Steps

FEW = 200  # replicates
REPEATS = 200


def lines(runs, start, seed):
    """Falling curves `[run, step]` that start at about `start` and fall by .01 a step."""
    draw = np.random.default_rng(seed)
    return draw.normal(start, 0.5, (runs, 1)) - 0.01 * np.arange(1, 201)


def curve_of(*replicates) -> Means:
    """Curves that are given; the first is that of all runs."""
    return Means(np.array(replicates[0]), np.array(replicates[1:]))


def steps_of(value, replicates, horizon=10) -> Steps:
    return Steps(value, np.array(replicates), horizon)


def assert_covers_95(covered):
    """Within standard errors of .95; the interval itself is known to be good to about .01."""
    share = np.mean(covered)
    error = np.sqrt(0.95 * 0.05 / len(covered))
    assert abs(share - 0.95) < STANDARD_ERRORS * error + 0.01


def test_means_are_those_of_the_runs_and_replicates_lie_around_them():
    values = np.random.default_rng(0).normal(0.3, 1, (2000, 3))
    found = bootstrap.means(values, replicates=1000)
    error = values.std(axis=0) / 2000**0.5

    np.testing.assert_allclose(found.value, values.mean(axis=0))
    assert np.abs(found.replicates.mean(0) - found.value).max() < STANDARD_ERRORS * 0.04 * error[0]
    np.testing.assert_allclose(found.replicates.std(axis=0), error, rtol=0.1)


def test_a_runs_weight_comes_from_its_number_alone():
    values = np.random.default_rng(0).random((1200, 2)).astype(np.float32)
    first = np.zeros((1200, 1), np.float32)
    first[:700] = 1  # then the mean is the share of weight on the first 700
    whole, few = (
        bootstrap.means(values, replicates=FEW),
        bootstrap.means(values[:700], replicates=FEW),
    )
    share = bootstrap.means(first, replicates=FEW).replicates
    rest = bootstrap.means(values * (1 - first), replicates=FEW).replicates

    np.testing.assert_allclose(whole.replicates, share * few.replicates + rest, rtol=1e-5)


def test_replicates_are_the_same_for_one_seed_and_others_for_another():
    values = np.random.default_rng(0).random((50, 2))

    def replicates(**how):
        return bootstrap.means(values, replicates=FEW, **how).replicates

    np.testing.assert_array_equal(replicates(), replicates())
    assert (replicates() != replicates(seed=1)).any()


def test_one_run_is_its_own_mean_in_every_replicate():
    found = bootstrap.means(np.array([[0.25, 0.5]]), replicates=FEW)

    np.testing.assert_array_equal(found.replicates, np.tile([0.25, 0.5], (FEW, 1)))


def test_steps_are_the_first_at_which_the_mean_is_small_enough():
    curve = curve_of([0.3, 0.1, 0.2], [0.1, 0.3, 0.3], [0.3, 0.2, 0.05], [0.3, 0.3, 0.3])
    found = bootstrap.steps_to(curve, 0.1)

    assert (found.value, found.horizon) == (2, 3)
    np.testing.assert_array_equal(found.replicates, [1, 3, 4])


def test_a_step_beyond_the_horizon_is_none():
    late = steps_of(8, [7] * 50 + [11] * 50).figure()

    assert late == (8.0, 7.0, None)
    assert steps_of(11, [11] * 50).figure() == (None, None, None)


def test_intervals_of_steps_hold_what_they_say():
    covered = []
    for seed in range(REPEATS):
        curve = bootstrap.means(lines(400, 1.0, seed), replicates=FEW)
        step, low, high = bootstrap.steps_to(curve, 0.5 + 1e-6).figure()
        assert low <= step <= high
        covered.append(low <= 50 <= high)

    assert_covers_95(covered)


def test_intervals_of_a_ratio_hold_what_they_say_and_pairing_makes_them_shorter():
    covered, paired, apart = [], [], []
    for seed in range(REPEATS):
        ours = lines(600, 1.0, seed)
        theirs = ours[:400] + np.random.default_rng([seed, 1]).normal(0.5, 0.1, (400, 1))
        steps = [
            bootstrap.steps_to(bootstrap.means(values, replicates=FEW, seed=own), 0.5 + 1e-6)
            for values, own in ((ours, 0), (theirs, 0), (theirs, 1))
        ]
        found, unpaired = (bootstrap.ratio(steps[0], other) for other in steps[1:])
        assert found.bound == ""
        covered.append(found.low <= 0.5 <= found.high)
        paired.append(found.high - found.low)
        apart.append(unpaired.high - unpaired.low)

    assert_covers_95(covered)
    assert np.mean(paired) < 0.8 * np.mean(apart)


def test_a_method_takes_just_as_long_as_itself():
    steps = bootstrap.steps_to(bootstrap.means(lines(300, 1.0, 0)), 0.5)

    assert bootstrap.ratio(steps, steps) == (1.0, 1.0, 1.0, "")


def test_where_they_never_get_there_the_ratio_is_at_most():
    found = bootstrap.ratio(steps_of(5, [4, 5, 6]), steps_of(11, [11, 11, 11]))

    assert found == (5 / 11, 0.0, 6 / 11, "at most")


def test_where_we_never_get_there_the_ratio_is_at_least():
    found = bootstrap.ratio(steps_of(11, [11, 11, 11]), steps_of(5, [4, 5, 6]))

    assert found == (11 / 5, 11 / 6, np.inf, "at least")


def test_where_nobody_gets_there_nothing_is_said():
    found = bootstrap.ratio(steps_of(11, [11] * 3), steps_of(11, [11] * 3))

    assert np.isnan(found.value)
    assert found[1:] == (0.0, np.inf, "unknown")


def test_replicates_that_never_get_there_open_the_interval():
    ours, theirs = steps_of(5, [5] * 100), steps_of(10, [10] * 90 + [11] * 10)

    assert bootstrap.ratio(ours, theirs) == (0.5, 0.0, 0.5, "")
    assert bootstrap.ratio(theirs, ours) == (2.0, 2.0, np.inf, "")


def test_the_ratio_of_means_is_paired_too():
    values = np.random.default_rng(0).gamma(4, 1, (500, 2))
    found = bootstrap.ratio_of_means(bootstrap.means(values), bootstrap.means(2 * values), 1)

    np.testing.assert_allclose(found[:3], 0.5, rtol=1e-6)
    assert found.bound == ""


@pytest.mark.parametrize(
    ("cases", "mean"),
    [
        ([[1, 2, 3, 4, 5, 6, 7, 8]], 4.5),  # 3, 4, 5, 6
        ([[1, 2, 3, 4], [5, 6, 7, 8]], 4.5),
        ([[8, 1, 100, 2, 3, 4]], (2 / 2 + 3 + 4 + 8 / 2) / 3),  # a quarter is one and a half
        ([[1, 1], [5] * 6], 3.0),  # cases count the same, whatever the runs
        ([[7]], 7.0),
    ],
)
def test_the_interquartile_mean_is_that_by_hand(cases, mean):
    found = bootstrap.interquartile_mean([np.array(case) for case in cases], replicates=FEW)

    assert found.value == pytest.approx(mean)
    assert found.low <= found.value <= found.high


def test_intervals_of_the_interquartile_mean_hold_what_they_say():
    draw = np.random.default_rng(0)
    covered = []
    for _ in range(REPEATS):
        cases = [draw.integers(1, 100, 100), 10 + draw.integers(1, 100, 150)]
        found = bootstrap.interquartile_mean(cases, replicates=FEW)
        covered.append(found.low <= 55 <= found.high)

    assert_covers_95(covered)


def test_runs_are_drawn_anew_within_their_case():
    apart = [np.full(10, 1), np.full(10, 3)]

    assert bootstrap.interquartile_mean(apart, replicates=FEW) == (2.0, 2.0, 2.0)


def test_a_profile_is_the_share_of_runs_that_are_done():
    found = bootstrap.profile([np.array([2, 2, 5, 9]), np.array([3, 3, 3, 3])], 6, replicates=FEW)

    np.testing.assert_allclose(found.share, [0, 1 / 4, 3 / 4, 3 / 4, 7 / 8, 7 / 8])
    assert (found.low <= found.share).all()
    assert (found.share <= found.high).all()
    assert found.low[2] >= 0.5
