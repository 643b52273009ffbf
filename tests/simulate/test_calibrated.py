"""A threshold that is calibrated on the other targets of a table."""

import numpy as np
import pytest

import dashjax as dj
from dashjax.bandit.stopping.parse import rule
from dashjax.errors import InputError
from dashjax.simulate.calibrated import THRESHOLDS, chosen, tried
from dashjax.simulate.metrics import Block, Results, Tally

SEEDS, STEPS = 20, 9
ASKED = dj.Plan(STEPS, 2, stop=(rule("budget:5"), rule("calibrated:.9:.01")))


def results(good_from: float) -> Results:
    """Every run is stopped by every rule, and good from one threshold on, else in three of four."""
    plan = tried(ASKED, targets=2)
    tally = Tally("best", plan, tuple(one.name for one in plan.stop))
    good = np.array([True, True, *(threshold >= good_from for threshold in THRESHOLDS)])
    loss = np.where(good | (np.arange(SEEDS) % 4 > 0)[:, None], 0.0, 0.1)
    stopped = np.tile(np.arange(2 + len(THRESHOLDS)) % STEPS + 1, (SEEDS, 1))
    nothing = np.zeros((SEEDS, 3))
    tally.add(Block(np.zeros((SEEDS, STEPS)), nothing[:, 0], nothing, nothing, stopped, loss, loss))
    return tally.results()


def test_each_target_takes_the_smallest_threshold_that_was_good_on_the_others():
    found = chosen(ASKED, {"a": results(0.5), "b": results(0.8), "c": results(0.95)})

    # of two others one is wrong in a quarter of its runs: so an eighth in all, more than a tenth
    assert [one.thresholds for one in found.values()] == [(None, 0.95), (None, 0.95), (None, 0.8)]
    assert all(one.rules == ("budget:5", "calibrated:.9:.01") for one in found.values())
    place = 2 + THRESHOLDS.index(0.8)
    np.testing.assert_array_equal(found["c"].stopped[:, 1], place % STEPS + 1)


def test_the_largest_is_taken_where_none_was_good_enough():
    found = chosen(ASKED, {"a": results(0.5), "b": results(2.0)})

    assert found["a"].thresholds[1] == THRESHOLDS[-1]


def test_without_such_a_rule_nothing_changes():
    plan = dj.Plan(STEPS, 2, stop=(rule("budget:5"),))

    assert tried(plan, 1) is plan
    assert chosen(plan, {}) == {}


@pytest.mark.parametrize(
    ("stop", "targets", "says"),
    [
        ("calibrated:.9:.01", 1, "there is only one; replay several targets"),
        ("calibrated:.9:.01+each-once", 3, "cannot be joined; give it by itself"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(stop, targets, says):
    with pytest.raises(InputError, match=says):
        tried(dj.Plan(9, 2, stop=(rule(stop),)), targets)


def test_a_sweep_has_no_other_targets():
    plan = dj.Plan(9, 2, stop=(rule("calibrated:.9:.01"),))

    with pytest.raises(InputError, match="replay several targets, or give good-selection"):
        dj.sweep((2, 2), ["best"], plan=plan, seeds=5)
