"""The whole of a choice, on twelve small datasets: two groups help, two do not."""

import json
import shutil

import hospitals
import pytest
from commands import refused

import dashjax as dj
from dashjax.choice.problem import read_problem
from dashjax.cli import main as cli
from dashjax.pools.lazy import ReadingOptions
from dashjax.rewards.gain import Gain


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return hospitals.write(tmp_path_factory.mktemp("choose"))


@pytest.fixture(scope="module")
def choice(files, tmp_path_factory):
    """One choice, and the file of its study."""
    store = tmp_path_factory.mktemp("study") / "s.sqlite"
    return dj.choose(*files, label="ill", study=store, **hospitals.QUICK), store


def test_what_helps_is_taken_and_what_harms_is_not(choice):
    chosen, _ = choice
    assert 1 <= len(chosen.selection) <= 3
    assert {name.split("/")[0] for name in chosen.selection} <= set(hospitals.GOOD)
    means = {row["dataset"]: row["mean"] for row in chosen.certainty.datasets}
    harmful = [means[f"west/{number}"] for number in range(3)]
    assert max(harmful) < 0 < min(means[name] for name in chosen.selection)


def test_what_it_adds_is_checked_on_other_cuts_and_once_on_test_rows(choice):
    check = choice[0].check
    assert set(check.each) == set(choice[0].selection)
    assert check.together.mean > 0
    assert check.together.error > 0
    assert check.test is not None
    assert 0.5 < check.test_local <= 1
    assert "Together they change AUROC from" in str(choice[0])


def test_a_choice_that_is_made_again_pays_for_no_look(choice, files, monkeypatch):
    before, store = choice
    monkeypatch.setattr(Gain, "__call__", None)
    again = dj.choose(*files, label="ill", study=store, **hospitals.QUICK)
    assert again.looks == before.looks
    assert str(again) == str(before)


def test_another_tolerance_goes_on_from_the_looks_that_there_are(choice, files, monkeypatch):
    before, store = choice
    monkeypatch.setattr(Gain, "__call__", None)
    wider = hospitals.QUICK | {"tolerance": 0.5}
    after = dj.choose(*files, label="ill", study=store, **wider)
    assert after.looks == before.looks
    assert after.study != before.study
    assert after.stopped


def test_a_reward_of_ones_own_may_fail_and_is_the_same_for_the_same_replicate(files):
    made = []

    def reward(target, dataset, replicate):
        made.append((target, dataset.name, replicate))
        if dataset.name == "west/2":
            raise RuntimeError("out of memory")
        return len(dataset.group) + 0.01 * replicate

    found = dj.choose("mine", files[1], reward=reward, **hospitals.QUICK)
    assert {name.split("/")[0] for name in found.selection} <= {"north", "south"}
    assert found.check is None
    assert found.failed == sum(name == "west/2" for _, name, _ in made)
    assert len(set(made)) == len(made)


def test_two_workers_choose_the_same_kind_of_thing_from_the_command_line(files, tmp_path, capsys):
    target, pool = files
    command = ["choose", "--target", str(target), "--candidates", str(pool), "--label", "ill"]
    command += ["--budget", "60", "--checks", "3", "--workers", "2", "--json"]
    assert cli.main(command) == 0
    said = json.loads(capsys.readouterr().out)
    assert {name.split("/")[0] for name in said["selection"]} <= set(hospitals.GOOD)
    assert said["sentence"].startswith("For 'mine', take ")
    assert said["looks"] == sum(row["looks"] for row in said["rows"])
    assert said["config"]["metric"] == "auroc"


def test_a_candidate_may_be_the_target_and_then_is_none(files):
    problem = read_problem("east/0", files[1], ReadingOptions())
    assert problem.name == "east/0"
    assert len(problem.candidates) == 11
    assert "east/0" not in [one.name for one in problem.candidates]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--label", "il"], "has no column 'il' of labels (did you mean 'ill'?); its columns are"),
        ([], "is the label; its columns are lab0, lab1"),
        (["--label", "ill", "--metric", "auroq"], "unknown metric 'auroq' (did you mean 'auroc'?)"),
        (["--label", "ill", "--metric", "rmse"], "are text, and the metric is of numbers"),
        (["--label", "ill", "--model", "lineer"], "unknown model 'lineer' (did you mean 'linear'"),
        (["--label", "ill", "--candidate-sample", "-3"], "candidate sample is '-3'; give all"),
        (["--label", "ill", "--take", "0"], "take is 0; give 1 or more"),
    ],
)
def test_what_is_amiss_is_said(files, capsys, more, words):
    target, pool = files
    said = refused(capsys, "choose", "--target", str(target), "--candidates", str(pool), *more)
    assert words in said


def test_a_target_that_is_a_candidate_is_refused(files, tmp_path, capsys):
    shutil.copytree(files[1], tmp_path / "pool")
    target = tmp_path / "pool" / "north" / "0.csv"
    said = refused(
        capsys, "choose", "--target", str(target), "--candidates", str(tmp_path / "pool")
    )
    assert "is also the candidate 'north/0'; give --target north/0" in said
