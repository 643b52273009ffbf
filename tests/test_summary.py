"""What an experiment comes to in words: what to take, and where something fails."""

from dashjax import report
from dashjax.results import Experiment


def experiment(*, error: float = 0.001, own: float = 0.3, never: float = 0.0) -> Experiment:
    """Two groups of one dataset; the target's own is `a-0`."""
    config = {"targets": ["a"], "methods": ["dash"], "select": 1, "steps": 50, "tolerance": 0.01}
    rows = [{"target": "a", "method": "dash", "never": never}]
    frames = {
        "rewards": [
            {"target": "a", "dataset": "a-0", "group": "a", "utility": own, "error": error},
            {"target": "a", "dataset": "b-0", "group": "b", "utility": 0.2, "error": error},
        ],
        "selections": [
            {"target": "a", "method": "dash", "datasets": ["a-0"], "share": 0.75},
            {"target": "a", "method": "dash", "datasets": ["b-0"], "share": 0.25},
        ],
    }
    return Experiment(config, rows, frames)


def test_what_to_take_is_the_commonest_selection() -> None:
    assert report.takes(experiment()) == ["a: dash takes a-0 (75% of runs)"]


def test_nothing_is_found_where_nothing_is_amiss() -> None:
    assert report.findings(experiment()) == []


def test_a_table_that_is_noisier_than_the_tolerance_is_said_to_be() -> None:
    (said,) = report.findings(experiment(error=0.02))
    assert "standard error of about 0.020, more than the tolerance of 0.01" in said
    assert report.findings(experiment(error=float("nan"))) == []


def test_a_reward_that_points_to_another_group_is_named() -> None:
    (said,) = report.findings(experiment(own=0.1))
    assert said.startswith("For target 'a' the reward ranks b-0 among the best 1")


def test_a_method_that_does_not_settle_is_named() -> None:
    (said,) = report.findings(experiment(never=0.4))
    assert said == "After 50 steps dash holds a wrong selection in many runs: a 40%."


def test_synthetic_pools_have_nothing_to_take() -> None:
    assert report.takes(Experiment({"methods": ["dash"]})) == []
    assert report.findings(Experiment({"methods": ["dash"]})) == []
