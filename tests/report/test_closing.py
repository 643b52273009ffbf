"""The closing sentence is true, and says only what is known."""

import pytest
from made_up import between

from dashjax.report import closing
from dashjax.simulate.over_targets import add_over_targets
from dashjax.store.results import Experiment, Row

STOPS = {"stop": "good-selection:.95:.01", "stopped_share": 1.0}


def row_of(target: str | None, **figures: object) -> Row:
    """A method that is right for good after 30 looks and has no stop rule, unless told."""
    row: Row = {"target": target, "method": "best", "seeds": 100, "steps": 200, "select": 3}
    row |= {"steps_mean": 30.0, "never": 0.0, "p_right_200": 0.98, "stop": None}
    return row | between("good_when_stopped", None) | between("regret_when_wrong", None) | figures


def stopped(target: str | None, mean: float, good: float, **figures: object) -> Row:
    """One that stops by itself."""
    return row_of(target, stopped_mean=mean, **STOPS | between("good_when_stopped", good) | figures)


def replay(*rows: Row, replicates: tuple[int, ...] = (5, 5, 5)) -> Experiment:
    """A replay of those rows; each target has a dataset for each number of replicates."""
    targets = list(dict.fromkeys(row["target"] for row in rows))
    config = {"command": "replay", "methods": ["best", "dash"], "tolerance": 0.01}
    experiment = Experiment(config | {"targets": targets}, list(rows))
    for target in targets:
        held = [{"target": target, "replicates": count} for count in replicates]
        experiment.add("rewards", held)
    add_over_targets(experiment)
    return experiment


def test_a_method_that_always_stops():
    assert closing(replay(stopped("a", 41.6, 0.97, regret_when_wrong=0.0214))) == (
        "best stopped by itself after 42 looks on average, where measuring every dataset once "
        "takes 3 looks and measuring each 5 times 15; its selection was then within 0.01 of the "
        "best 3 in 97% of the runs (0.021 worse in the others)."
    )


def test_nothing_is_said_of_a_loss_where_nothing_was_lost():
    said = closing(replay(stopped("a", 8.25, 1.0)))
    assert said.startswith("best stopped by itself after 8.2 looks on average, where")
    assert said.endswith("within 0.01 of the best 3 in 100% of the runs.")


def test_a_method_that_stops_sometimes():
    said = closing(replay(stopped("a", 150.0, 0.9, stopped_share=0.4)))
    assert (
        "150 looks on average (counting all 200 in the 60% of its runs that did not stop)" in said
    )
    assert said.endswith("in 90% of the runs that stopped, and at the end in 98% of all runs.")


def test_what_was_lost_is_told_of_the_runs_that_stopped():
    said = closing(replay(stopped("a", 150.0, 0.9, stopped_share=0.4, regret_when_wrong=0.02)))
    assert "in 90% of the runs that stopped (0.02 worse in the others), and at the end in" in said


def test_a_method_that_never_stops():
    row = row_of("a", stopped_mean=200.0, **STOPS | {"stopped_share": 0.0})
    assert closing(replay(row)) == (
        "best stopped by itself in none of its runs of 200 looks, where measuring every dataset "
        "once takes 3 looks and measuring each 5 times 15; at the end its selection was within "
        "0.01 of the best 3 in 98% of the runs."
    )


@pytest.mark.parametrize(
    ("never", "words"),
    [
        (0.0, "best held a right selection for good after 30 looks on average, where"),
        (0.1, "30 looks on average (counting all 200 in the 10% of its runs that held none at the"),
        (1.0, "best held no right selection at the end of 200 looks, where"),
    ],
)
def test_a_method_without_a_rule(never: float, words: str):
    said = closing(replay(row_of("a", never=never)))
    assert words in said
    assert "at the end its selection was within 0.01 of the best 3 in 98% of the runs." in said


def test_several_targets_are_a_mean_over_them_also_where_they_lack_datasets():
    experiment = replay(
        stopped("a", 40.0, 0.9, regret_when_wrong=0.03), stopped("b", 60.0, 1.0), replicates=(4, 6)
    )
    experiment.add("rewards", [{"target": "b", "replicates": 5}])
    assert closing(experiment) == (
        "best stopped by itself after 50 looks on average, as a mean over 2 targets, where "
        "measuring every dataset once takes 2.5 looks and measuring each 4 to 6 times 12.5; its "
        "selection was then within 0.01 of the best 3 in 95% of the runs (0.03 worse in the "
        "others)."
    )


def test_a_target_where_nothing_stopped_is_not_counted_as_right():
    silent = row_of("b", stopped_mean=200.0, **STOPS | {"stopped_share": 0.0})
    said = closing(replay(stopped("a", 40.0, 0.9), silent))
    assert "120 looks on average (counting all 200 in the 50% of its runs that did not" in said
    assert said.endswith("in 90% of the runs that stopped, and at the end in 98% of all runs.")


def test_a_table_without_replicates_is_measured_once():
    said = closing(replay(row_of("a"), replicates=(1, 1)))
    assert "where measuring every dataset once takes 2 looks; at the end" in said


def test_the_best_of_one_and_rewards_that_are_not_known():
    experiment = replay(row_of("a", select=1))
    del experiment.frames["rewards"]
    assert closing(experiment) == (
        "best held a right selection for good after 30 looks on average; at the end its selection "
        "was within 0.01 of the best in 98% of the runs."
    )


def test_a_sweep_speaks_of_no_target_and_no_replicates():
    experiment = replay(stopped(None, 21.0, 0.96))
    experiment.config |= {"command": "sweep", "groups": 5, "arms": 3}
    assert closing(experiment) == (
        "best stopped by itself after 21 looks on average, where measuring every dataset once "
        "takes 15 looks; its selection was then within 0.01 of the best 3 in 96% of the runs."
    )


def test_it_speaks_of_the_first_method():
    other = row_of("a", never=1.0) | {"method": "dash"}
    assert closing(replay(other, row_of("a"))).startswith("best held a right selection for good")
    assert closing(replay(other)) == ""
