"""What an experiment comes to in words: what to take, and where something fails."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from dashjax import report, wording
from dashjax.store.results import Experiment, Row


def experiment(*, error: float | None = 0.001, own: float = 0.3, never: float = 0.0) -> Experiment:
    """Two groups of one dataset; the target's own is `a-0`."""
    config = {"targets": ["a"], "methods": ["dash"], "select": 1, "steps": 50, "tolerance": 0.01}
    rows = [{"target": "a", "method": "dash", "never": never, "seeds": 1000, "accuracy": 0.9}]
    frames = {
        "rewards": [
            {"target": "a", "dataset": "a-0", "group": "a", "utility": own, "error": error},
            {"target": "a", "dataset": "b-0", "group": "b", "utility": 0.2, "error": error},
        ],
        "selections": [
            {"target": "a", "method": "dash", "datasets": ["a-0"], "share": 0.75},
            {"target": "a", "method": "dash", "datasets": ["b-0"], "share": 0.25},
        ],
        "stops": [stop("dash")],
        "accuracies": [{"target": "a", "kind": "local", "datasets": [], "accuracy": 0.66}],
    }
    return Experiment(config, rows, frames)


def stop(method: str, *, median: float | None = 23, share: float = 1.0, right: float = 0.97) -> Row:
    """How a method's stop rule did."""
    return {
        "target": "a",
        "method": method,
        "stop": "good-selection:.95:.01",
        "promised": 0.95,
        "stopped_mean": 24.0,
        "stopped_mean_low": 22.9,
        "stopped_mean_high": 25.1,
        "stopped_median": median,
        "stopped_share": share,
        "good_when_stopped": right,
        "good_when_stopped_low": right - 0.01,
        "good_when_stopped_high": right + 0.01,
    }


def shown(table: Table) -> str:
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    return out.getvalue()


def test_what_to_take_is_the_commonest_selection() -> None:
    assert report.takes(experiment()) == ["a: dash (75% of runs) takes a-0"]


def test_methods_that_take_the_same_share_a_line() -> None:
    several = experiment()
    several.config["methods"] = ["dash", "flat", "best"]
    for method, dataset in (("flat", "b-0"), ("best", "a-0")):
        row = {"target": "a", "method": method, "datasets": [dataset], "share": 0.999}
        several.add("selections", [row])
    assert report.takes(several) == [
        "a: dash (75% of runs) and best (>99%) take a-0",
        "a: flat (>99% of runs) takes b-0",
    ]


def test_nothing_is_found_where_nothing_is_amiss() -> None:
    assert report.findings(experiment()) == []


def test_a_table_that_is_noisier_than_the_tolerance_is_said_to_be() -> None:
    (said,) = report.findings(experiment(error=0.02))
    assert "standard error of about 0.020, more than the tolerance of 0.01" in said
    assert report.findings(experiment(error=None)) == []
    one = experiment(error=0.02)
    one.frames["rewards"][0]["error"] = None  # that dataset has one replicate
    assert "standard error of about 0.020" in report.findings(one)[0]


def test_a_reward_that_points_to_another_group_is_named() -> None:
    (said,) = report.findings(experiment(own=0.1))
    assert said.startswith("For target 'a' the reward ranks b-0 among the best 1")


def test_a_method_that_does_not_settle_is_named() -> None:
    (said,) = report.findings(experiment(never=0.4))
    assert said == "After 50 steps dash holds a wrong selection in many runs: a 40%."


def test_synthetic_pools_have_nothing_to_take() -> None:
    assert report.takes(Experiment({"methods": ["dash"]})) == []
    assert report.findings(Experiment({"methods": ["dash"]})) == []


def test_a_broken_promise_is_named() -> None:
    broken = experiment()
    broken.frames["stops"] = [stop("dash", right=0.9), stop("flat", right=0.945)]
    (said,) = report.findings(broken)
    assert said.startswith("dash breaks the promise of good-selection:.95:.01: right when stopped")
    assert "a 90%, where 95% was promised" in said
    del broken.config["targets"]
    assert report.findings(broken) == [said]


def test_the_sentence_says_what_to_take_when_it_stops_how_sure_and_what_for() -> None:
    one = experiment()
    one.frames["stops"] += [stop("flat", median=None, share=0.14), stop("turn", median=40)]
    assert report.sentence(one, "dash", "flat", "turn") == (
        "For 'a', take a-0: dash stops by itself after 23 exploration steps (median of 1,000 runs)."
        " It stops when it is 95% sure that the selection is within 0.01 of the best; that is so in"
        " 97% of the stopped runs, and the promise is kept. With the same rule flat stops in only"
        " 14% of its runs and turn stops after 40 steps. What dash selects lifts test accuracy from"
        " 66% (local model) to 90%."
    )


def test_the_sentence_tells_what_went_wrong() -> None:
    bad = experiment()
    bad.frames["stops"] = [stop("dash", share=0.8, right=0.9)]
    said = report.sentence(bad, "dash")
    assert "after 23 exploration steps (median of 1,000 runs, 80% of which stop by 50)" in said
    assert "the promise is broken on a (90%)" in said
    bad.frames["stops"] = [stop("dash", median=None, share=0.3) | {"promised": None}]
    bad.frames["accuracies"] = []
    assert report.sentence(bad, "dash") == (
        "For 'a', take a-0: dash stops by itself within 50 exploration steps in 30% of 1,000 runs."
    )


def test_the_summary_fits_a_narrow_terminal() -> None:
    one = experiment()
    one.frames["stops"] += [stop("flat", share=0.5), stop("round-robin")]
    said = shown(report.summary(one, "dash", "flat", "round-robin"))
    assert max(map(len, said.splitlines())) <= 80
    assert "≥24±2 (97%)" in said
    assert "66→90 (-)" in said
    assert "…" not in said


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.9996, ">99%"), (1, "100%"), (None, "-")],
)
def test_a_share_is_not_rounded_to_none_or_all(share: float | None, words: str) -> None:
    assert wording.percent(share) == words


def test_a_probability_that_was_counted_is_never_quite_none_or_all() -> None:
    assert [wording.chance(value) for value in (0.0, 0.5, 1.0)] == ["<1%", "50%", ">99%"]
