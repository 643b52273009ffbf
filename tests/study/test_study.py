"""One study, asked and told: its state is a function of its events."""

import itertools
import random

import numpy as np
import pytest
from trying_studies import POOL, UTILITY, look, reward_of, study_at

from dashjax.errors import InputError
from dashjax.study.study import Study


def looks(study: Study) -> list[tuple]:
    return [(row["trial"], row["dataset"], row["state"], row["reward"]) for row in study.trials()]


def test_a_study_that_is_opened_anew_goes_on_as_if_it_had_not_been_closed(tmp_path):
    whole = study_at(tmp_path / "whole.sqlite")
    asked = [look(whole) for _ in range(12)]
    parted = []
    for _ in range(12):
        parted.append(look(study_at(tmp_path / "parted.sqlite")))

    assert parted == asked
    assert looks(study_at(tmp_path / "parted.sqlite")) == looks(whole)


def test_what_is_believed_does_not_depend_on_the_order_of_telling(tmp_path):
    told = [(name, reward_of(name, turn)) for name in POOL.datasets[::2] for turn in range(3)]
    one, other = study_at(tmp_path / "one.sqlite"), study_at(tmp_path / "other.sqlite")
    for name, reward in told:
        one.tell(name, reward)
    random.Random(3).shuffle(told)
    for name, reward in told:
        other.tell(name, reward)

    for first, second in zip(one.certainty().datasets, other.certainty().datasets, strict=True):
        assert first["mean"] == pytest.approx(second["mean"], abs=1e-6)
        assert first["sd"] == pytest.approx(second["sd"], abs=1e-6)


def test_it_finds_the_best_and_stops(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    while not study.stopped:
        look(study)

    assert study.stopped
    assert study.why.startswith("rule good-selection:.95:.01 holds")
    assert set(study.selection) == set(sorted(UTILITY, key=lambda name: -UTILITY[name])[:3])
    assert study.certainty().chance_good >= 0.95


def test_it_says_what_is_missing_and_what_more_looks_would_bring(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    assert study.reach() == []
    assert study.certainty().next_look is None
    for _ in range(10):
        look(study)
    certainty, (asked, *_) = study.certainty(), study.reach()
    worth = certainty.next_look

    assert study.why.startswith("rule good-selection:.95:.01 does not hold yet: the selection is")
    assert "and 95% is wanted" in study.why
    assert (
        f"one more look, at {worth.dataset}, would raise its mean by {worth.gain:.2g}" in study.why
    )
    assert 0 < worth.gain < certainty.expected_loss
    assert 0.02 < certainty.noise_sd < 0.2
    assert [row["group"] for row in certainty.groups] == list(POOL.groups)
    assert sum(row["looks"] for row in certainty.groups) == 10
    assert all(0 <= row["shrinkage"] <= 1 for row in certainty.datasets)
    assert (asked["tolerance"], asked["probability"], asked["reached"]) == (0.01, 0.95, False)
    assert asked["more_looks_p10"] <= asked["more_looks"] <= asked["more_looks_p90"]
    assert set(asked["datasets"]) <= set(POOL.datasets)


def test_looks_that_are_out_are_taken_into_account(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    first = [study.ask() for _ in range(4)]

    assert len({trial.group for trial in first}) == 4  # one of each group, as one worker would
    assert [trial.number for trial in first] == [1, 2, 3, 4]


def test_a_worker_that_comes_back_gets_its_open_trial(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    trial = study.ask("w1")

    assert study.ask("w2") != trial
    assert study_at(tmp_path / "s.sqlite").ask("w1") == trial
    study.tell(trial, 0.5)
    assert study.ask("w1").number == 3


def test_to_tell_twice_is_nothing_and_another_reward_is_refused(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    trial = study.ask()
    study.tell(trial, 0.25)
    study.tell(trial.number, 0.25)
    with pytest.raises(InputError, match=r"reward 0\.25 before, and 0\.5 now"):
        study.tell(trial, 0.5)

    assert looks(study) == [(1, trial.dataset, "told", 0.25)]


def test_looks_never_asked_for_count_once_by_their_key(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    for _ in range(2):
        study.tell("dataset 3", 0.3, key="run-7")
    with pytest.raises(InputError, match=r"0\.3 before"):
        study.tell("dataset 3", 0.4, key="run-7")
    study.tell("dataset 3", 0.3)

    assert [row["looks"] for row in study.datasets()][3] == 2


def test_results_of_earlier_runs_are_added_once(tmp_path):
    path = tmp_path / "earlier.csv"
    path.write_text(
        "target,dataset,reward\nhand,dataset 1,0.5\nhand,dataset 1,0.5\nknee,dataset 1,9\n"
        "hand,dataset 2,\n"
    )
    study = study_at(tmp_path / "s.sqlite")

    assert study.import_results(path) == 2
    assert study.import_results(path) == 0
    path.write_text(path.read_text() + "hand,dataset 2,0.75\n")
    assert study.import_results(path) == 1
    assert [row["looks"] for row in study.datasets()][:3] == [0, 2, 1]
    path.write_text(path.read_text() + "hand,dataset 3,0.1\nhand,nowhere,0.75\n")
    with pytest.raises(InputError, match="unknown dataset 'nowhere'"):
        study.import_results(path)
    assert study.datasets()[3]["looks"] == 0


def test_a_failed_look_costs_and_says_nothing_and_a_dataset_is_not_tried_for_ever(tmp_path):
    study = study_at(tmp_path / "s.sqlite", retries=1)
    trial = study.ask()
    study.fail(trial, "out of memory")
    study.fail(trial, "out of memory")
    with pytest.raises(InputError, match="out of memory"):
        study.tell(trial, 0.5)
    other = study.ask()
    study.fail(other, "no data", infeasible=True)
    asked = list(itertools.islice(iter(lambda: look(study), None), 15))

    assert other.dataset not in asked
    assert study.datasets()[POOL.datasets.index(other.dataset)]["state"] == "failed too often"
    assert other.dataset not in study.selection
    with pytest.raises(InputError, match=r"was told reward .* cannot fail"):
        study.fail(3)


def test_a_released_trial_may_still_be_told(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    trial = study.ask("w1")
    study.release(trial)
    assert study.ask("w1").number == 2
    study.tell(trial, 0.4)

    assert [row["state"] for row in study.trials()] == ["told", "open"]


def test_a_newcomer_begins_at_its_groups_mean_and_less_sure(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    for name, turn in itertools.product(POOL.datasets, range(3)):
        study.tell(name, reward_of(name, turn))
    before = study.certainty().datasets
    study.add("newcomer", "group 3")
    after = study.certainty().datasets
    newcomer = after[-1]

    for one, other in zip(before, after, strict=False):
        assert one["mean"] == pytest.approx(other["mean"], abs=1e-5)
    in_group = [row["mean"] for row in before if row["group"] == "group 3"]
    assert min(in_group) < newcomer["mean"] < max(in_group)
    assert newcomer["sd"] > 2 * max(row["sd"] for row in before)
    assert study.ask().dataset == "newcomer"


def test_a_paused_dataset_is_neither_asked_nor_selected_but_teaches(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    for name, turn in itertools.product(POOL.datasets, range(3)):
        study.tell(name, reward_of(name, turn))
    before, best = study.certainty().datasets, study.selection[0]
    study.pause(best)
    after = study.certainty().datasets

    assert best not in study.selection
    np.testing.assert_allclose(
        [row["mean"] for row in after], [row["mean"] for row in before], atol=1e-6
    )
    assert best not in [look(study) for _ in range(8)]
    study.resume(best)
    assert best in study.selection
    study.retire(best)
    with pytest.raises(InputError, match="retired for good"):
        study.resume(best)


def test_a_revised_dataset_begins_anew(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    for name, turn in itertools.product(POOL.datasets, range(3)):
        study.tell(name, reward_of(name, turn))
    study.revise("dataset 8", "sha256:1234")
    rows = [row for row in study.certainty().datasets if row["dataset"] == "dataset 8"]

    assert [row["looks"] for row in rows] == [3, 0]
    assert [row["why_not"] for row in rows] == ["revised", None]


def test_lower_is_better_where_that_is_said(tmp_path):
    higher, lower = (
        study_at(tmp_path / "h.sqlite"),
        study_at(tmp_path / "l.sqlite", direction="lower"),
    )
    for _ in range(10):
        trial = higher.ask()
        reward = reward_of(trial.dataset, trial.number)
        assert lower.ask().dataset == trial.dataset
        higher.tell(trial, reward)
        lower.tell(trial.number, 5 - reward)

    assert lower.selection == higher.selection
    worth = [study.certainty().next_look for study in (lower, higher)]
    assert worth[0].dataset == worth[1].dataset
    assert worth[0].gain == pytest.approx(worth[1].gain, rel=1e-3)
    means = [row["mean"] for row in lower.certainty().datasets]
    assert means == pytest.approx(
        [5 - row["mean"] for row in higher.certainty().datasets], abs=1e-5
    )


def test_a_study_with_no_dataset_left_says_so(tmp_path):
    study = study_at(tmp_path / "s.sqlite")
    for name in POOL.datasets[2:]:
        study.retire(name)
    assert study.stopped
    assert "2 of 3 datasets that are wanted are left" in study.why
    assert look(study) in POOL.datasets[:2]
    study.pause("dataset 0")
    study.pause("dataset 1")
    with pytest.raises(InputError, match="no dataset left"):
        study.ask()


def test_a_budget_ends_it_and_costs_are_counted(tmp_path):
    study = study_at(tmp_path / "s.sqlite", exploration_budget=2.5)
    study.tell("dataset 1", 0.1)
    study.tell("dataset 2", 0.1, cost=0.5)
    assert not study.stopped
    study.tell("dataset 3", 0.1)

    assert study.stopped
    assert study.why.startswith("the exploration budget of 2.5 is spent")


def test_datasets_that_are_grouped_anew_are_believed_as_if_it_had_always_been_so(tmp_path):
    study, swapped = study_at(tmp_path / "s.sqlite"), study_at(tmp_path / "other.sqlite")
    exchange = {"dataset 2": "group 3", "dataset 8": "group 1"}
    swapped.regroup(exchange)
    for name, turn in itertools.product(POOL.datasets[1:], range(2)):
        study.tell(name, reward_of(name, turn))
        swapped.tell(name, reward_of(name, turn))
    before = [row["mean"] for row in study.certainty().datasets]
    study.regroup(exchange)
    after = study.certainty().datasets

    assert [row["group"] for row in after][2:9:6] == ["group 3", "group 1"]
    assert [row["mean"] for row in after] != pytest.approx(before, abs=1e-4)
    assert after == swapped.certainty().datasets
    assert study.ask().dataset == swapped.ask().dataset
    with pytest.raises(InputError, match="unknown dataset"):
        study.regroup({"nowhere": "group 1"})
