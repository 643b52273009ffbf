"""A folder of results that cannot be shown is refused with one sentence; its tables come first."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import refused
from made_up import replayed, stop_of, synthetic

from dashjax.cli import main as cli
from dashjax.errors import InputError
from dashjax.report import checked
from dashjax.simulate.over_targets import add_over_targets
from dashjax.store import results
from dashjax.store.results import Experiment

PRIOR = {"group_mean": 0.5, "group_sd": 0.1, "arm_sd": 0.05, "noise_sd": 0.1}
ESTIMATED = {"mean": 0.1, "sd": 0.1, "q05": 0.0, "q95": 0.2, "left_out": None}
CHAINS = {"effective_draws": 900.0, "r_hat": 1.0, "divergences": 0}


def replay(targets: tuple[str, ...] = ("one", "two")) -> Experiment:
    """A replay of two targets as the command leaves it, made up."""
    experiment = replayed(targets, steps=20)
    experiment.config["prior"] = {target: PRIOR for target in experiment.config["targets"]}
    for row in experiment.rows:
        label = {key: row[key] for key in ("target", "grouping", "method")}
        stop = stop_of(label, "good-selection:.95:.01", 20)
        row |= {key: value for key, value in stop.items() if key != "promised"}
        row |= {"take": ["set 0-0"], "take_share": 0.9}
        selection = {"datasets": ["set 0-0"], "runs": 1800, "share": 0.9}
        experiment.add("selections", [label | selection])
    add_over_targets(experiment)
    return experiment


def sweep() -> Experiment:
    experiment = synthetic(steps=20)
    experiment.config |= {"methods": ["dash", "flat"], "steps": 20, "prior": PRIOR}
    experiment.config |= {"groups": 2, "arms": 3}
    for row, stop in zip(experiment.rows, experiment.frames["stops"], strict=True):
        row |= {key: value for key, value in stop.items() if key != "promised"}
    return experiment


def fit() -> Experiment:
    rows = [
        ESTIMATED | {"estimator": by, "parameter": name} | (dict.fromkeys(CHAINS) | chains)
        for by, chains in (("grid", {}), ("numpyro", CHAINS))
        for name in PRIOR
    ]
    return Experiment({"command": "fit", "targets": ["one"], "reward": "gain"}, rows)


def reason(experiment: Experiment, folder: Path) -> str:
    """Why what is written so cannot be shown."""
    results.write(experiment, folder / "r", 1.0)
    with pytest.raises(InputError) as refusal:
        checked.read_checked(folder / "r")
    said = str(refusal.value)
    assert said.startswith(f"{folder / 'r'} cannot be shown: ")
    assert said.endswith("; run the command that made it again")
    return said


@pytest.mark.parametrize("whole", [replay, sweep, fit])
def test_what_commands_leave_is_shown(whole: Callable[[], Experiment], tmp_path, capsys):
    results.write(whole(), tmp_path / "r", 1.0)
    assert cli.main(["report", str(tmp_path / "r")]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) > 5
    assert "no pictures" not in said.err


@pytest.mark.parametrize("config", [{}, {"command": None}, {"command": "x"}, {"command": ["fit"]}])
def test_a_manifest_without_a_command_is_refused(config, tmp_path, capsys):
    experiment = replay()
    experiment.config = config
    assert "does not say which command made it" in reason(experiment, tmp_path)
    assert "does not say which command" in refused(capsys, "report", str(tmp_path / "r"))


@pytest.mark.parametrize("key", ["methods", "steps", "select", "tolerance", "targets", "prior"])
def test_a_setting_that_lacks_is_named(key, tmp_path):
    experiment = replay()
    del experiment.config[key]
    assert f"setting '{key}' of its manifest: field required" in reason(experiment, tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("methods", "dash", "methods"),
        ("methods", [], "methods"),
        ("steps", "20", "steps"),
        ("steps", 0, "steps"),
        ("select", 1.5, "select"),
        ("tolerance", None, "tolerance"),
        ("targets", [1], "targets.0"),
        ("prior", {"one": {"group_mean": "x"}}, "prior.one.group_mean"),
    ],
)
def test_a_setting_of_another_kind_is_named(key, value, where, tmp_path):
    experiment = replay()
    experiment.config[key] = value
    assert f"setting '{where}' of its manifest: " in reason(experiment, tmp_path)


@pytest.mark.parametrize("frame", ["rewards", "selections"])
def test_a_frame_that_lacks_is_named(frame, tmp_path):
    experiment = replay()
    del experiment.frames[frame]
    assert f"{frame}.parquet is missing or has no rows" in reason(experiment, tmp_path)


@pytest.mark.parametrize(
    "frame", ["stops", "curves", "over_targets", "certainty", "rewards", "selections", "posterior"]
)
def test_every_column_that_lacks_or_is_of_another_kind_is_named(frame, tmp_path, monkeypatch):
    for name in list(replay().frames[frame][0]):
        lacking, other = replay(), replay()
        for row in lacking.frames[frame]:
            del row[name]
        for row in other.frames[frame]:
            row[name] = 1.5 if isinstance(row[name], str | list) else "many"
        if name.startswith(("p_right_", "steps_to_regret_", "accuracy")):
            continue  # as many as there are
        monkeypatch.setattr(results, "read", lambda _, found=lacking: found)
        with pytest.raises(InputError, match=rf"{frame}.parquet has no column '{name}"):
            checked.read_checked(tmp_path)
        monkeypatch.setattr(results, "read", lambda _, found=other: found)
        with pytest.raises(InputError, match=rf"{frame}.parquet holds .* in column '{name}', wh"):
            checked.read_checked(tmp_path)


def test_text_where_numbers_belong_and_gaps_are_told(tmp_path, capsys):
    experiment = replay()
    for row in experiment.rows:
        row["never"] = "0.1"
    said = reason(experiment, tmp_path)
    assert "results.parquet holds text in column 'never', where numbers belong" in said
    assert refused(capsys, "report", str(tmp_path / "r")) == f"dashjax: {said}"
    experiment.rows[0]["never"] = None
    for row in experiment.rows[1:]:
        row["never"] = 0.1
    assert "lacks a value in column 'never'" in reason(experiment, tmp_path / "gap")


def test_rows_that_lack_are_told(tmp_path):
    experiment = replay()
    experiment.config["methods"].append("best")
    said = reason(experiment, tmp_path)
    assert "results.parquet has no row for method 'best' and target 'one'" in said
    short = sweep()
    short.config["steps"] = 30
    assert "results.parquet has no column 'p_right_30'" in reason(short, tmp_path / "short")
    half = fit()
    del half.rows[-1]
    assert "has no row for noise_sd by numpyro" in reason(half, tmp_path / "half")
    half.rows.append(half.rows[0] | {"estimator": "numpyro", "parameter": "noise_sd"})
    assert "lacks a value in column 'effective_draws'" in reason(half, tmp_path / "gap")


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    results.write(sweep(), tmp_path, 1.0)
    (tmp_path / "curves.parquet").write_text("x")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["frames"]["curves"] = results._hash(b"x")
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"curves\.parquet is no Parquet file; run the command"):
        checked.read_checked(tmp_path)


@pytest.mark.parametrize("as_json", [False, True])
def test_tables_are_printed_also_where_pictures_cannot_be_drawn(
    as_json, tmp_path, monkeypatch, capsys
):
    results.write(sweep(), tmp_path / "r", 1.0)

    def refuse(source: object, target: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    assert cli.main(["report", str(tmp_path / "r"), *["--json"] * as_json]) == 0
    said = capsys.readouterr()
    if as_json:
        assert len(json.loads(said.out)["rows"]) == 2
    else:
        assert "stops after" in said.out
        assert "drew" not in said.out
    sentence = " ".join(said.err.split())
    assert sentence.startswith("dashjax: no pictures were drawn: ")
    assert sentence.endswith("cannot be written to; give the right to, or room")
    assert not list((tmp_path / "r").glob("*.png"))
