import jax
import numpy as np
import pytest
from scipy import stats

from dashjax.simulate import metrics
from dashjax.simulate.metrics import Block, Results, Tally
from dashjax.simulate.plan import Plan

INTERVALS = (
    "steps_median",
    "steps_mean",
    "steps_p90",
    "never",
    "p_right_15",
    "p_right_30",
    "p_right_40",
    "simple_regret",
    "cumulative_regret",
    "steps_to_regret_0.01",
    "steps_to_regret_0.005",
    "steps_to_regret_0.002",
)


def block_of(simple_regret, seed=0) -> Block:
    seeds = len(simple_regret)
    rng = np.random.default_rng(seed)
    return Block(
        np.asarray(simple_regret, np.float32),
        rng.exponential(1, seeds).astype(np.float32),
        rng.integers(0, 1000, (seeds, 4)).astype(np.int32),
        rng.random((seeds, 4)) < 0.5,
        *(np.zeros((seeds, 0)) for _ in range(3)),
    )


def results_of(simple_regret, tolerance=0.01) -> Results:
    tally = Tally("some", Plan(np.shape(simple_regret)[1], 2, tolerance=tolerance))
    tally.add(block_of(simple_regret))
    return tally.results()


def results_settling_at(settled, steps=40) -> Results:
    """Runs that are wrong before that step and right from it on."""
    return results_of(np.arange(1, steps + 1)[None, :] < np.asarray(settled)[:, None])


def test_settled_is_the_step_after_the_last_wrong_one():
    right = np.random.default_rng(0).random((500, 6)) < 0.7
    by_hand = []
    for run in right:
        step = len(run) + 1
        while step > 1 and run[step - 2]:
            step -= 1
        by_hand.append(step)

    np.testing.assert_array_equal(metrics.settled(right), by_hand)
    assert {1, 4, 7} <= set(by_hand)


def test_a_regret_equal_to_the_tolerance_is_right():
    results = results_of(np.float32([[0.02, 0.01], [0.01, 0.0101]]))

    np.testing.assert_array_equal(results.settled, [2, 3])
    np.testing.assert_array_equal(results.right, [0.5, 0.5])


def test_results_do_not_depend_on_how_runs_are_split_into_blocks():
    rng = np.random.default_rng(1)
    course = rng.integers(0, 4, (30, 5)), rng.normal(size=(30, 5))
    block = block_of(rng.exponential(0.01, (30, 5)))._replace(course=course)
    whole, split = (Tally("some", Plan(5, 2)) for _ in range(2))
    whole.add(block)
    split.add(jax.tree.map(lambda field: field[:20], block))
    split.add(jax.tree.map(lambda field: field[20:], block))
    pairs = zip(*(jax.tree.leaves(tally.results()) for tally in (whole, split)), strict=True)

    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-12) if not isinstance(one, str) else None
    shown = split.results().course
    assert shown
    (number,) = np.flatnonzero((course[0] == shown.arm).all(axis=1))
    np.testing.assert_array_equal(shown.reward, course[1][number])
    assert shown.end == split.results().settled[number]


def test_results_are_means_over_runs_with_their_errors():
    block = block_of(np.random.default_rng(1).exponential(0.01, (30, 5)))
    tally = Tally("some", Plan(5, 2))
    tally.add(block)
    results = tally.results()
    regret = block.simple_regret.astype(np.float64)

    np.testing.assert_allclose(results.simple_regret, regret.mean(axis=0))
    np.testing.assert_allclose(results.simple_regret_error, stats.sem(regret, axis=0))
    np.testing.assert_allclose(results.right, (regret <= 0.01).mean(axis=0))
    np.testing.assert_allclose(results.pulls, block.pulls.mean(axis=0))
    np.testing.assert_array_equal(results.most_pulls, block.pulls.max(axis=0))
    np.testing.assert_array_equal(results.regret, block.regret)
    np.testing.assert_array_equal(results.selection, block.selection)


def test_a_row_has_every_figure_with_its_interval():
    row = metrics.row(results_settling_at([3, 10, 20]))
    bounds = {key + end for key in INTERVALS for end in ("", "_low", "_high")}

    assert {"method", "seeds", "steps", "select"} | bounds < set(row)
    for key in INTERVALS:
        low, value, high = row[key + "_low"], row[key], row[key + "_high"]
        assert value is None or low <= value
        assert high is None or value <= high


def stopped_at(steps, regret, length=40) -> Results:
    """Runs of that length that a rule stopped after those steps, at that regret and a cost of 2."""
    step = np.asarray(steps)[:, None]
    return results_settling_at([1] * len(steps), length)._replace(
        rules=("budget:9",),
        stopped=step,
        stopped_regret=np.float32(regret)[:, None],
        stopped_cost=2.0 * np.minimum(step, length),
    )


def test_a_row_says_how_a_rule_stopped():
    row = metrics.stop_row(stopped_at([10, 20, 41, 30], [0.01, 0.02, 0.0, 0.0]), 0)

    assert row["stop"] == "budget:9"
    assert row["stopped_mean"] == (10 + 20 + 40 + 30) / 4
    assert (row["stopped_p10"], row["stopped_median"], row["stopped_p90"]) == (10, 20, None)
    assert row["stopped_share"] == 3 / 4
    assert row["good_when_stopped"] == pytest.approx(2 / 3)
    assert row["regret_when_wrong"] == pytest.approx(0.02)
    assert row["stopped_regret"] == pytest.approx(0.0075)
    assert row["stopped_cost"] == 50


def test_nothing_is_said_of_the_selections_of_a_rule_that_never_stopped():
    row = metrics.stop_row(stopped_at([41, 41], [0.0, 0.1]), 0)

    assert (row["stopped_mean"], row["stopped_share"]) == (40, 0)
    assert row["good_when_stopped"] is row["good_when_stopped_low"] is None
    assert row["regret_when_wrong"] is None


def test_rows_with_and_without_a_rule_have_the_same_keys():
    with_rule = metrics.row(stopped_at([10, 20], [0.0, 0.0]))
    without = metrics.row(results_settling_at([3, 10]))

    assert set(with_rule) == set(without)
    assert with_rule["stop"] == "budget:9"
    assert {without[key] for key in metrics.stop_row(stopped_at([1], [0.0]), 0)} == {None}


@pytest.mark.parametrize(("steps", "checked"), [(10, {10}), (15, {15}), (61, {15, 30, 60, 61})])
def test_shares_are_reported_at_checkpoints_within_the_run(steps, checked):
    row = metrics.row(results_settling_at([3, 5], steps))

    assert {key for key in row if key.startswith("p_right") and key[-1].isdigit()} == {
        f"p_right_{step}" for step in checked
    }


def test_a_row_says_how_fast_runs_settle():
    row = metrics.row(results_settling_at([2] * 50 + [7] * 45 + [99] * 5))

    assert (row["steps_median"], row["steps_p90"], row["never"]) == (2, 7, 0.05)
    assert row["steps_mean"] == pytest.approx((2 * 50 + 7 * 45 + 40 * 5) / 100)
    assert (row["p_right_15"], row["p_right_40"]) == (0.95, 0.95)


def test_a_quantile_among_runs_that_never_settle_is_none():
    row = metrics.row(results_settling_at([2] * 80 + [99] * 20))

    assert row["steps_median_high"] == 2
    assert (row["steps_p90"], row["steps_p90_low"], row["steps_p90_high"]) == (None, None, None)
    almost = metrics.row(results_settling_at([2] * 92 + [99] * 8))
    assert (almost["steps_p90"], almost["steps_p90_high"]) == (2, None)


def test_steps_to_a_regret_are_the_first_at_which_the_mean_is_that_small():
    curve = np.array([[0.03, 0.012, 0.008, 0.009, 0.004]])
    row = metrics.row(results_of(np.concatenate([curve - 0.003, curve + 0.003] * 50)))

    assert (row["steps_to_regret_0.01"], row["steps_to_regret_0.005"]) == (3, 5)
    assert row["steps_to_regret_0.002"] is None
    assert (row["steps_to_regret_0.01_low"], row["steps_to_regret_0.01_high"]) == (3, 3)


def test_the_band_of_steps_to_a_regret_comes_from_the_band_of_the_mean():
    curve = np.array([[0.03, 0.0104, 0.0098, 0.0094, 0.004]])
    row = metrics.row(results_of(np.concatenate([curve - 0.003, curve + 0.003] * 50)))

    assert row["steps_to_regret_0.01_low"] == 2  # 0.0104 - 1.96 * 0.0003 is below
    assert row["steps_to_regret_0.01"] == 3
    assert row["steps_to_regret_0.01_high"] == 4  # 0.0098 + 1.96 * 0.0003 is above


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_share_intervals_are_wilsons(count):
    for hits in {0, 1, count // 3, count}:
        low, high = metrics.share_interval(np.array([hits / count]), count)
        known = stats.binomtest(hits, count).proportion_ci(0.95, method="wilson")
        np.testing.assert_allclose([low[0], high[0]], known, atol=1e-6)


def test_one_run_has_no_width():
    assert metrics.mean_and_interval(np.array([3.0])) == (3, 3, 3)


def test_intervals_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    worlds, seeds = 1500, 200
    held = np.zeros((worlds, 4))
    for world in held:
        settled = rng.geometric(0.02, seeds)
        row = metrics.row(results_settling_at(settled, 400))
        _, low, high = metrics.mean_and_interval(rng.exponential(1, seeds))
        share_low, share_high = row["p_right_30_low"], row["p_right_30_high"]
        world[:] = (
            low <= 1 <= high,
            share_low <= 1 - 0.98**30 <= share_high,
            row["steps_median_low"] <= stats.geom.ppf(0.5, 0.02) <= row["steps_median_high"],
            row["steps_p90_low"] <= stats.geom.ppf(0.9, 0.02) <= row["steps_p90_high"],
        )

    assert ((held.mean(axis=0) > 0.925) & (held.mean(axis=0) < 0.975)).all(), held.mean(axis=0)


def test_too_few_runs_bound_a_quantile_on_neither_side():
    row = metrics.row(results_settling_at([5] * 20))

    assert (row["steps_p90"], row["steps_p90_low"], row["steps_p90_high"]) == (5, 5, None)
    alone = metrics.row(results_settling_at([5]))
    assert (alone["steps_median"], alone["steps_median_low"]) == (5, 1)
    assert alone["steps_median_high"] is None
