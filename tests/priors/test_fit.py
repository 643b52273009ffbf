"""`dashjax fit`, and `dashjax replay --prior-from` what it found."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import refused

from dashjax import report
from dashjax.cli import main as cli
from dashjax.pools.pool import Pool
from dashjax.priors import grid, saved, unit
from dashjax.priors.grid import PARAMETERS
from dashjax.report import dictionary
from dashjax.store import results
from dashjax.store import reward_table as table
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.table_writer import writing
from sims import priors

TARGETS = ("ink", "neon", "chalk")
FEW = ["--samples", "60", "--warmup", "60"]
RUNS = ["--seeds", "20", "--steps", "12", "--select", "2", "--methods", "dash"]


def made(path: Path, targets=TARGETS, replicates: int = 4, sd: float = 0.05) -> Path:
    """A table of two groups of two datasets with rewards by chance."""
    names = ("ink-0", "ink-1", "neon-0", "neon-1")
    pool = Pool(names, ("ink", "neon"), (0, 0, 1, 1), (5,) * 4, (1.0,) * 4)
    draw = np.random.default_rng(len(targets))
    centre = dict(zip(names, draw.normal(0.1, 0.1, 4), strict=True))
    cells = [Cell(t, d, r) for t in targets for d in names for r in range(replicates)]
    rows = [(cell, centre[cell.dataset] + sd * draw.normal(), 0.1) for cell in cells]
    with writing(path, Identity(pool, TARGETS, "fingerprint", "gain", {}), {}) as writer:
        writer.add_rewards(rows)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a `table` and a `fit` of it."""
    place = tmp_path_factory.mktemp("fit")
    made(place / "table")
    assert cli.main(["fit", str(place / "table"), *FEW, "--out", str(place / "fit")]) == 0
    return place


@pytest.mark.slow
def test_a_fit_has_a_row_for_each_set_of_targets_estimator_and_parameter(place: Path) -> None:
    fit = results.read(place / "fit")
    asked = [(None, *TARGETS), saved.ESTIMATORS, PARAMETERS]
    assert [(r["left_out"], r["estimator"], r["parameter"]) for r in fit.rows] == [
        (left, estimator, name) for left in asked[0] for estimator in asked[1] for name in asked[2]
    ]
    for row in fit.rows:
        assert row["q05"] < row["mean"] < row["q95"]
        assert (row["r_hat"] is None) == (row["estimator"] == "grid")
    assert fit.config["command"] == "fit"
    rewards = table.load_table(place / "table").rewards
    scale = np.nanstd(rewards)  # in which all scales are stated
    assert fit.config["prior"]["group_mean"] == pytest.approx([rewards.mean(), 1.25 * scale])
    assert fit.config["prior"]["arm_sd"] == pytest.approx(scale / 2)
    assert {row["kind"] for row in fit.frames["densities"]} == {"grid", "numpyro", "prior"}


def test_every_column_of_a_fit_is_explained(place: Path) -> None:
    fit = results.read(place / "fit")
    for frame, rows in (("results", fit.rows), ("densities", fit.frames["densities"])):
        columns = [column.column for column in dictionary.FRAMES[f"{frame} of a fit"]]
        assert all(sorted(row) == sorted(columns) for row in rows)
    assert fit.frames.keys() == {"densities"}


def test_a_fit_is_that_of_its_mathematics_and_both_estimators_agree(place: Path) -> None:
    loaded, fit = table.load_table(place / "table"), results.read(place / "fit")
    rewards = [loaded.array(target) for target in TARGETS if target != "neon"]
    grouping = loaded.identity.pool.grouping
    rows = grid.rows_of(rewards)
    found = unit.unit_of(rows)
    laws = grid.by_grid(unit.counted(rows, found), grouping, centre=0.0)
    laws = unit.laws_in_rewards(laws, found)
    by_grid, numpyro = (saved.prior_of(fit.rows, "neon", name) for name in saved.ESTIMATORS)
    for name in PARAMETERS:
        alone = grid.summary(laws[name])
        assert getattr(by_grid, name) == pytest.approx(alone.mean, rel=1e-6)
        assert abs(getattr(numpyro, name) - alone.mean) < alone.sd


def test_densities_hold_one(place: Path) -> None:
    rows = results.read(place / "fit").frames["densities"]
    for kind in saved.ESTIMATORS:
        for name in PARAMETERS:
            mass = sum(
                row["density"] * (row["high"] - row["low"])
                for row in rows
                if (row["kind"], row["parameter"]) == (kind, name)
            )
            assert 0.99 < mass < 1.001, (kind, name)


def test_a_fit_is_drawn_and_reported_again(place: Path, capsys) -> None:
    picture = place / "fit" / "fit.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    picture.unlink()
    assert cli.main(["report", str(place / "fit")]) == 0
    said = capsys.readouterr().out
    assert picture.exists()
    for words in ("all targets", "all but chalk", "NumPyro", "spread of groups", "gain"):
        assert words in said
    assert cli.main(["report", str(place / "fit"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 32


def test_replay_takes_for_each_target_the_fit_without_it(place: Path, capsys) -> None:
    arguments = ["replay", str(place / "table"), *RUNS, "--json", "--prior-from"]
    assert cli.main([*arguments, str(place / "fit")]) == 0
    config = json.loads(capsys.readouterr().out)["config"]
    rows = results.read(place / "fit").rows
    assert list(config["prior"]) == list(TARGETS)
    for target, prior in config["prior"].items():
        expected = vars(saved.prior_of(rows, target, "grid"))
        assert prior == pytest.approx(expected, rel=1e-5)
    assert config["prior_from"] == str(place / "fit")
    assert cli.main([*arguments, "moments"]) == 0
    by_moments = json.loads(capsys.readouterr().out)["config"]
    assert by_moments["prior_from"] == "moments"
    assert by_moments["prior"] != config["prior"]


def test_test_accuracies_do_not_outdate_a_fit_but_rewards_do(place: Path, tmp_path: Path) -> None:
    loaded = table.load_table(place / "table")
    told = replace(loaded, accuracies={Job("ink", frozenset(), 0): 0.5}, content="another")
    assert saved.read(place / "fit", told, ["ink"], "perfect")
    known = saved.fingerprint(loaded, TARGETS)
    changed = loaded.rewards.copy()
    changed[0, 0, 0] += 1e-3
    other = replace(loaded, rewards=changed)
    assert saved.fingerprint(other, TARGETS) != known
    assert saved.fingerprint(loaded, ["ink", "unbuilt"]) == ""


def test_replay_refuses_what_is_no_fit_of_this_table(place: Path, tmp_path: Path, capsys) -> None:
    own, out = str(place / "table"), tmp_path / "out"
    fit = results.read(place / "fit")
    runs, lacking = tmp_path / "runs", tmp_path / "lacking"
    results.write(replace(fit, config={"command": "replay"}), runs, 0.0)
    rows = [row for row in fit.rows if row["left_out"] != "ink"]
    results.write(replace(fit, rows=rows), lacking, 0.0)
    other = made(tmp_path / "other", TARGETS[:2])
    numbers = ["--group-mean", "0", "--group-sd", ".1", "--arm-sd", ".1", "--noise-sd", ".1"]
    for folder, words, arguments in (
        (tmp_path / "nowhere", "no dashjax results", [own]),
        (runs, "holds no fit", [own]),
        (place / "fit", "other rewards", [str(other)]),
        (place / "fit", "grouping 'perfect', not 'mixed'", [own, "--grouping", "mixed"]),
        (place / "fit", "not both", [own, *numbers]),
        (lacking, "without target 'ink'", [own]),
    ):
        said = refused(
            capsys, "replay", *arguments, *RUNS, "--prior-from", str(folder), "--out", str(out)
        )
        assert words in said
        assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--targets", "glass"], "unknown target 'glass'"),
        (["--grouping", "random"], "unknown grouping"),
        (["--samples", "5"], "--samples is 5"),
        (["--warmup", "0"], "--warmup is 0"),
        (["--seed", "-1"], "--seed is -1"),
    ],
)
def test_fit_refuses_in_one_sentence(place: Path, tmp_path, capsys, arguments, words) -> None:
    out = tmp_path / "out"
    assert words in refused(capsys, "fit", str(place / "table"), *arguments, "--out", str(out))
    assert not out.exists()


def test_fit_refuses_a_table_that_tells_nothing_of_the_noise(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    once, still, empty = (tmp_path / name for name in ("once", "still", "empty"))
    made(once, replicates=1)
    made(still, sd=0.0)
    made(empty, targets=())
    for path, words in (
        (once, "2 replicates"),
        (still, "never differ"),
        (empty, "empty"),
        (tmp_path / "nowhere", "no reward table"),
    ):
        assert words in refused(capsys, "fit", str(path), "--out", str(out))
        assert not out.exists()


def test_chains_that_do_not_agree_are_pointed_out(place: Path) -> None:
    fit = results.read(place / "fit")
    bad = [row | ({"r_hat": 1.3} if row["left_out"] == "ink" else {}) for row in fit.rows]
    said = report.fit_findings(replace(fit, rows=bad))
    assert any("without 'ink'" in sentence and "1.300" in sentence for sentence in said)
    good = [row | {"r_hat": 1.0, "effective_draws": 4000.0, "divergences": 0} for row in fit.rows]
    assert report.fit_findings(replace(fit, rows=good)) == []
    alone = replace(fit, rows=good, config=fit.config | {"targets": ["ink"]})
    assert any("none to leave out" in sentence for sentence in report.fit_findings(alone))


def test_the_study_of_priors_runs(place: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(priors.fit, "fit", lambda *a, **k: results.read(place / "fit"))
    few = ["--seeds", "20", "--steps", "12", "--select", "2", "--methods", "dash"]
    arguments = ["--table", str(place / "table"), *few, "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["sims.priors", *arguments])
    priors.main()
    said = capsys.readouterr().out
    assert "less than generic" in " ".join(said.split())
    (folder,) = (tmp_path / "out").iterdir()
    found = results.read(folder)
    kinds = ["generic", "moments", "grid", "numpyro", "own"]
    assert [(row["prior"], row["target"]) for row in found.rows] == [
        (kind, target) for kind in kinds for target in TARGETS
    ]
    assert found.config["priors"]["grid"]["ink"]["noise_sd"] == pytest.approx(0.05, rel=0.5)
