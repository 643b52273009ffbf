"""Means over targets, where they are known without a computer."""

import numpy as np
import pytest
from made_up import between, replayed, synthetic

from dashjax.simulate.metrics import mean_and_interval
from dashjax.simulate.over_targets import add_over_targets, over_targets
from dashjax.store.results import Row


def row(target: str | None, method: str = "best", **figures: float | None) -> Row:
    """One method's figures on one target."""
    about: Row = {
        "target": target,
        "grouping": "perfect",
        "method": method,
        "seeds": 9,
        "steps": 50,
    }
    return about | figures


def stop(target: str, good: float | None, wrong: float | None = None) -> Row:
    """How a rule did on one target."""
    stopped: Row = {"stop": "budget:9", "promised": 0.95, "stopped_share": 1.0 * (good is not None)}
    figures = between("good_when_stopped", good) | between("regret_when_wrong", wrong)
    return row(target) | stopped | figures


def test_each_method_has_one_row_with_the_means_over_targets():
    rows = [
        row("a", steps_mean=10.0, steps_mean_low=8.0, steps_mean_high=12.0),
        row("a", "dash", steps_mean=30.0, steps_mean_low=30.0, steps_mean_high=30.0),
        row("b", steps_mean=20.0, steps_mean_low=19.0, steps_mean_high=21.0),
        row("b", "dash", steps_mean=50.0, steps_mean_low=44.0, steps_mean_high=56.0),
    ]
    best, dash = over_targets(rows)
    half = 5**0.5 / 2  # of 2 and 1, halves of intervals
    assert best == {
        **{"targets": 2, "grouping": "perfect", "method": "best", "seeds": 9, "steps": 50},
        **{"steps_mean": 15.0, "steps_mean_low": 15 - half, "steps_mean_high": 15 + half},
    }
    ends = dash["steps_mean_low"], dash["steps_mean_high"]
    assert (dash["method"], dash["steps_mean"], ends) == ("dash", 40.0, (37.0, 43.0))


def test_the_interval_is_that_of_means_over_independent_runs():
    rng = np.random.default_rng(0)
    runs = [rng.exponential(scale, 4000) for scale in (1.0, 2.0, 5.0)]
    names = ("x", "x_low", "x_high")
    rows = [
        row(str(number), **dict(zip(names, mean_and_interval(values), strict=True)))
        for number, values in enumerate(runs)
    ]
    (mean,) = over_targets(rows)
    expected = mean_and_interval(np.mean(runs, axis=0))
    assert [mean[name] for name in names] == pytest.approx(expected, rel=2e-3)


def test_an_interval_without_an_end_has_none_over_targets():
    rows = [row("a", **between("steps_p90", 5.0)), row("b", **between("steps_p90", 7.0))]
    rows[0]["steps_p90_high"] = None
    (mean,) = over_targets(rows)
    assert (mean["steps_p90"], mean["steps_p90_high"]) == (6.0, None)
    assert mean["steps_p90_low"] == pytest.approx(6 - 0.01 / 2**0.5)


def test_a_target_of_any_name_is_but_a_target():
    rows = [row("(all targets)", never=0.2), row("b", never=0.4)]
    (mean,) = over_targets(rows)
    assert mean["never"] == pytest.approx(0.3)
    assert "target" not in mean


def test_what_one_target_lacks_has_no_mean():
    (mean,) = over_targets([row("a", steps_median=3.0), row("b", steps_median=None)])
    assert mean["steps_median"] is None


def test_good_selections_are_counted_where_a_run_stopped_and_the_worst_target_is_named():
    rows = [stop("a", 0.9, 0.02), stop("b", None), stop("c", 0.6, 0.04), stop("d", 0.9)]
    (mean,) = over_targets(rows)
    assert (mean["targets"], mean["targets_stopped"]) == (4, 3)
    assert mean["good_when_stopped"] == pytest.approx(0.8)
    assert mean["good_when_stopped_low"] == pytest.approx(0.8 - 0.01 / 3**0.5)
    assert mean["regret_when_wrong"] == pytest.approx(0.03)
    assert mean["stopped_share"] == 0.75
    assert mean["promised"] == 0.95
    worst = (
        mean["worst_target"],
        mean["worst_good_when_stopped"],
        mean["worst_good_when_stopped_low"],
    )
    assert worst == ("c", 0.6, pytest.approx(0.59))


def test_where_no_run_stopped_no_target_is_the_worst():
    (mean,) = over_targets([stop("a", None), stop("b", None)])
    assert mean["targets_stopped"] == 0
    assert mean["worst_target"] is mean["good_when_stopped"] is mean["regret_when_wrong"] is None


def test_one_target_or_none_has_no_mean():
    for experiment in (replayed(("one",)), synthetic()):
        add_over_targets(experiment)
        assert not {"over_targets", "stops_over_targets"} & experiment.frames.keys()


def test_an_experiment_has_them_beside_its_rows_and_keeps_its_rows():
    experiment = replayed()
    rows = [dict(row) for row in experiment.rows]
    for _ in range(2):  # the second time in place of the first
        add_over_targets(experiment)
        assert experiment.rows == rows
        assert [row["method"] for row in experiment.frames["over_targets"]] == ["dash", "flat"]
        assert len(experiment.frames["stops_over_targets"]) == 2
    shown = experiment.document()
    assert shown["over_targets"] == experiment.frames["over_targets"]
