"""The command line: what it prints, what it writes, and how it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import folders
import numpy as np
import pytest
from commands import build, refused

from dashjax.bandit.methods import METHODS
from dashjax.cli import main as cli
from dashjax.store import results
from dashjax.store import reward_table as table

FEW = ["--seeds", "20", "--steps", "12", "--select", "2"]


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    return folders.write(tmp_path_factory.mktemp("pool"), "ink", "neon")


@pytest.fixture(scope="module")
def built(pool: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "table"
    assert cli.main(build(pool, out)) == 0
    return out


def document(capsys, *arguments: str) -> dict:
    """The JSON document that a command prints, and nothing else on stdout."""
    capsys.readouterr()
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pool_says_what_is_in_it(pool: Path, tmp_path: Path, capsys) -> None:
    sheet = tmp_path / "sheet.png"
    said = document(capsys, "pool", str(pool), *folders.CUT, "--out", str(sheet))
    assert [row["dataset"] for row in said["rows"]] == ["ink-0", "ink-1", "neon-0", "neon-1"]
    assert [row["test"] for row in said["targets"]] == [16, 16]
    assert said["config"]["shape"] == [8, 8, 1]
    assert sheet.read_bytes().startswith(b"\x89PNG")


def test_table_build_fills_every_cell_and_a_second_build_computes_none(
    pool: Path, built: Path, monkeypatch
) -> None:
    before = table.load_table(built)
    assert [before.array(target).shape for target in before.built()] == [(4, 2), (4, 2)]

    def fail(*arguments: object, **settings: object) -> None:
        cells = arguments[3]
        assert not cells

    monkeypatch.setattr("dashjax.rewards.build.compute_rewards", fail)
    assert cli.main(build(pool, built)) == 0
    assert table.load_table(built).content == before.content


def test_table_build_for_more_replicates_keeps_those_there_are(
    pool: Path, built: Path, tmp_path: Path
) -> None:
    grown = tmp_path / "table"
    shutil.copytree(built, grown)
    assert cli.main(build(pool, grown, "--targets", "neon", replicates=3)) == 0
    old, new = table.load_table(built), table.load_table(grown)
    np.testing.assert_array_equal(new.array("neon")[:, :2], old.array("neon"))
    assert new.array("neon").shape == (4, 3)
    assert new.array("ink").shape == (4, 2)


@pytest.mark.slow
def test_a_build_killed_at_any_time_and_resumed_equals_one_left_alone(
    pool: Path, tmp_path: Path
) -> None:
    slow = ["--fine-tuning-steps", "400"]
    arguments = build(pool, tmp_path / "killed", *slow, replicates=10)
    command = [sys.executable, "-m", "dashjax", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "killed").glob("rewards/part-*")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    survived = table.load_table(tmp_path / "killed")
    assert 0 < survived.measured.sum() < 80
    parts = snapshot(tmp_path / "killed" / "rewards")
    assert cli.main(arguments) == 0
    whole = build(pool, tmp_path / "whole", *slow, replicates=10)
    assert cli.main(whole) == 0
    killed = table.load_table(tmp_path / "killed")
    assert killed.content == table.load_table(tmp_path / "whole").content
    now = snapshot(tmp_path / "killed" / "rewards")
    finished = {path: data for path, data in parts.items() if path.name.startswith("part-")}
    assert finished.items() <= now.items()


def test_table_show_and_verify(pool: Path, built: Path, capsys) -> None:
    said = document(capsys, "table", "show", str(built))
    assert len(said["rows"]) == 8
    assert said["rows"][0]["mean"] == pytest.approx(table.load_table(built).array("ink")[0].mean())
    assert cli.main(["table", "verify", str(built), "--pool", str(pool)]) == 0
    assert "sound" in capsys.readouterr().out


def test_replay_gives_a_row_per_method_and_target_with_intervals(
    built: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "results"
    arguments = ["replay", str(built), "--methods", *METHODS, *FEW, "--out", str(out)]
    said = document(capsys, *arguments)
    assert [(r["target"], r["method"]) for r in said["rows"]] == [
        (target, method) for target in ("ink", "neon") for method in METHODS
    ]
    for row in said["rows"]:
        assert row["seeds"] == 20
        assert row["steps_mean_low"] <= row["steps_mean"] <= row["steps_mean_high"]
        assert {"steps_median", "steps_p90", "never", "p_right_12", "simple_regret"} <= row.keys()
        assert {"cumulative_regret", "steps_to_regret_0.005", "accuracy", "grouping"} <= row.keys()
    assert json.loads(json.dumps(results.read(out).rows)) == said["rows"]
    assert said["sentence"].startswith(f"{next(iter(METHODS))} ")
    assert {path.name for path in out.glob("*.png")} >= {"rewards.png", "quality.png", "pulls.png"}


def test_replay_says_when_each_rule_stops_and_how_sure_one_run_is(
    built: Path, tmp_path: Path, capsys
) -> None:
    rules = ["good-selection:.6:.05", "budget:5", "stable:50"]
    arguments = ["replay", str(built), "--methods", "best", "dash", *FEW, "--stop", *rules]
    said = document(capsys, *arguments, "--out", str(tmp_path / "r"))
    stops = {(r["target"], r["method"], r["stop"]): r for r in said["stops"]}
    assert len(stops) == len(said["stops"]) == 2 * 2 * 3
    assert stops["ink", "dash", "budget:5"]["stopped_mean"] == 5
    assert stops["ink", "dash", "budget:5"]["promised"] is None
    never = stops["ink", "dash", "stable:50"]
    assert (never["stopped_share"], never["stopped_median"]) == (0, None)
    assert never["good_when_stopped"] is None
    sure = [row for row in said["certainty"] if row["target"] == "ink"]
    assert [row["dataset"] for row in sure] == ["ink-0", "ink-1", "neon-0", "neon-1"]
    assert sum(row["selected"] for row in sure) == 2
    assert sum(row["chance_best"] for row in sure) == pytest.approx(2)
    assert all(1 <= row["rank_low"] <= row["rank_high"] <= 4 for row in sure)
    pictures = {path.name for path in (tmp_path / "r").glob("*.png")}
    assert {"stopping.png", "certainty.png"} <= pictures
    assert cli.main(["report", str(tmp_path / "r")]) == 0
    shown = capsys.readouterr().out
    assert "ink: one run of best, after " in shown
    assert "stop rule" in shown


def test_replay_trains_the_commonest_selections_and_keeps_them(built: Path, capsys) -> None:
    arguments = ["replay", str(built), "--methods", "dash", *FEW, "--targets", "ink"]
    said = document(capsys, *arguments, "--train-selections", "30")
    (row,) = said["rows"]
    assert row["accuracy_share"] == 1
    assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
    known = table.load_table(built).accuracies
    assert {job.datasets for job in known} >= {frozenset(), frozenset({"ink-0", "ink-1"})}
    (again,) = document(capsys, *arguments)["rows"]
    assert again == row


def test_replay_in_sequence_ends_with_the_dataset_and_the_count(built: Path, capsys) -> None:
    said = refused(
        capsys, "replay", str(built), "--mode", "sequence", "--methods", "round-robin", *FEW
    )
    assert "'ink-0' 3 times" in said
    assert "holds 2 replicates" in said


def test_sequence_is_enough_where_no_run_needs_more(built: Path, capsys) -> None:
    arguments = ["--methods", "round-robin", "--seeds", "5", "--steps", "8", "--select", "2"]
    said = document(capsys, "replay", str(built), "--mode", "sequence", *arguments)
    assert len(said["rows"]) == 2


def test_sweep_gives_a_row_per_method(tmp_path: Path, capsys) -> None:
    said = document(
        capsys, "sweep", "--methods", "dash", "flat", *FEW, "--out", str(tmp_path / "r")
    )
    assert [row["method"] for row in said["rows"]] == ["dash", "flat"]
    assert "certainty" not in said
    assert said["rows"][0]["target"] is None
    assert said["config"]["truth"]["noise_sd"] == 0.05
    assert cli.main(["report", str(tmp_path / "r")]) == 0
    assert "dash" in capsys.readouterr().out


def test_the_seed_decides(capsys) -> None:
    one, same, other = (
        document(capsys, "sweep", *FEW, "--methods", "dash", "--seed", seed)["rows"]
        for seed in ("1", "1", "2")
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--methods", "dsh"], ["unknown method 'dsh'", "dash"]),
        (["--methods", "dash", "dash"], ["only once"]),
        (["--targets", "chalk"], ["unknown target 'chalk'", "ink, neon"]),
        (["--grouping", "random"], ["unknown grouping 'random'", "crossed"]),
        (["--selection", "best"], ["unknown selection 'best'", "top-k"]),
        (["--mode", "loop"], ["unknown mode 'loop'", "bootstrap"]),
        (["--select", "5"], ["cannot select 5 of 4"]),
        (["--select", "0"], ["cannot select 0 of 4"]),
        (["--seeds", "0"], ["at least 1"]),
        (["--stop", "when-sure"], ["unknown stop rule 'when-sure'", "good-selection"]),
        (["--stop", "good-selection:95:.01"], ["PROBABILITY is 95"]),
        (["--batch", "5"], ["batch of 5 of 4"]),
        (["--steps", "-3"], ["at least 1"]),
        (["--tolerance", "nan"], ["tolerance is nan"]),
        (["--group-sd", "0.1"], ["--noise-sd", "or none"]),
        (["--noise-sd", "nan"], ["--noise-sd is nan"]),
        (["--noise-sd", "-1"], ["--noise-sd is -1.0; it must be from 1e-06 to 1e+06"]),
        (
            ["--group-mean", "0", "--group-sd", "-1", "--arm-sd", "1", "--noise-sd", "1"],
            ["--group-sd is -1.0"],
        ),
    ],
)
def test_replay_refuses_in_one_sentence_and_changes_nothing(
    built: Path, tmp_path: Path, capsys, arguments: list[str], words: list[str]
) -> None:
    before = snapshot(built)
    said = refused(capsys, "replay", str(built), "--out", str(tmp_path / "r"), *arguments)
    assert all(word in said for word in words), said
    assert not (tmp_path / "r").exists()
    assert snapshot(built) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--groups", "0"], ["0 groups"]),
        (["--arm-sd", "-0.1"], ["--arm-sd is -0.1"]),
        (["--noise-sd", "0"], ["--noise-sd is 0.0"]),
        (["--variances", "guessed"], ["unknown variances 'guessed'"]),
        (["--select", "16"], ["cannot select 16 of 15"]),
    ],
)
def test_sweep_refuses_in_one_sentence(capsys, arguments: list[str], words: list[str]) -> None:
    said = refused(capsys, "sweep", *arguments)
    assert all(word in said for word in words), said


def test_a_pool_that_is_not_there_or_lacks_a_key(pool: Path, tmp_path: Path, capsys) -> None:
    assert "no pool 'nowhere'" in refused(capsys, "pool", "nowhere")
    broken = tmp_path / "broken"
    broken.mkdir()
    np.savez(broken / "ink.npz", **{**folders.domain(0), "x_test": np.zeros((3, 8))})
    assert "ink.npz" in refused(capsys, "pool", str(broken), *folders.CUT)
    keys = folders.domain(0)
    del keys["y_test"]
    np.savez(broken / "ink.npz", **keys)
    said = refused(capsys, *build(broken, tmp_path / "t"))
    assert "ink.npz" in said
    assert "y_test" in said
    assert not (tmp_path / "t").exists()


def test_a_table_of_another_pool_or_reward_is_not_added_to(
    built: Path, tmp_path: Path, capsys
) -> None:
    other = folders.write(tmp_path / "other", "ink", "chalk")
    before = snapshot(built)
    assert "another pool" in refused(capsys, *build(other, built))
    assert snapshot(built) == before
    said = refused(capsys, "table", "verify", str(built), "--pool", str(other))
    assert "another pool" in said


def test_bad_training_settings_are_refused_before_any_work(
    pool: Path, built: Path, tmp_path: Path, capsys
) -> None:
    for arguments, word in (
        (["--reward", "joy"], "unknown reward 'joy'"),
        (["--learning-rate", "-1"], "learning_rate is -1.0"),
        (["--validation-batch", "25"], "24 validation examples"),
        (["--targets", "chalk"], "unknown target 'chalk'"),
    ):
        assert word in refused(capsys, *build(pool, tmp_path / "t", *arguments))
    assert "0 replicates" in refused(capsys, *build(pool, tmp_path / "t", replicates=0))
    assert "not 0.5" in refused(capsys, *build(pool, built, "--learning-rate", "0.5"))


def test_results_never_overwrite_something_else(built: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    said = refused(capsys, "replay", str(built), *FEW, "--out", str(tmp_path))
    assert "holds no dashjax results" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert "holds no dashjax results" in refused(capsys, "report", str(tmp_path))


def test_a_truncated_table_or_result_is_named(built: Path, tmp_path: Path, capsys) -> None:
    hurt = tmp_path / "table"
    shutil.copytree(built, hurt)
    part = next((hurt / "rewards").glob("part-*"))
    part.write_bytes(part.read_bytes()[:100])
    for command in (["replay", str(hurt)], ["table", "show", str(hurt)]):
        assert part.name in refused(capsys, *command)
    out = tmp_path / "r"
    assert cli.main(["sweep", *FEW, "--methods", "flat", "--out", str(out)]) == 0
    capsys.readouterr()
    (out / "curves.parquet").write_bytes((out / "curves.parquet").read_bytes()[:100])
    assert "curves.parquet" in refused(capsys, "report", str(out))


def test_one_target_has_no_other_to_take_a_prior_from(pool: Path, tmp_path: Path, capsys) -> None:
    lone = tmp_path / "lone"
    assert cli.main(build(pool, lone, "--targets", "ink")) == 0
    capsys.readouterr()
    assert "--noise-sd" in refused(capsys, "replay", str(lone), *FEW)
    prior = ["--group-mean", "0", "--group-sd", ".1", "--arm-sd", ".1", "--noise-sd", ".1"]
    assert len(document(capsys, "replay", str(lone), *FEW, *prior)["rows"]) == 3
