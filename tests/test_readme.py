"""Every command and snippet of the README runs, in its order and in one folder."""

import json
import re
import shlex
import sys
from pathlib import Path

import folders
import pytest

from benchmarks import speed
from dashjax.cli import demo
from dashjax.cli import main as cli
from dashjax.rewards.build import BuildRequest
from dashjax.rewards.settings import TrainingSettings
from sims import digits, exploration_steps, identification, identification_cases

README = (Path(__file__).parents[1] / "README.md").read_text()
STEPS = ["--local-steps", "5", "--fine-tuning-steps", "2", "--retrain-steps", "2"]
# what makes each command quick: the last of two equal options counts
QUICK = {
    "dashjax demo": ["--seeds", "20"],
    "dashjax pool my-pool": folders.CUT,
    "dashjax table build embedded": ["--replicates", "2", *STEPS],
    "dashjax table build my-pool": [*folders.CUT, *folders.TRAINING, "--replicates", "2"],
    "dashjax replay": ["--seeds", "20", "--steps", "20", "--targets", "hand"],
    "dashjax replay tables/mine": ["--seeds", "20", "--steps", "20"],
    "dashjax fit": ["--samples", "20", "--warmup", "20"],
    "dashjax sweep": ["--seeds", "20", "--steps", "20"],
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """The README's shell lines, without comments."""
    lines = [line.split(" #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def run(command: str) -> None:
    words = shlex.split(command)
    starts = [start for start in QUICK if command.startswith(start)]
    more = QUICK[max(starts, key=len)] if starts else []
    assert words[0] == "dashjax", command
    assert cli.main([*words[1:], *more]) == 0, command


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    folders.write(folder / "my-pool", "ink", "neon")
    return folder


def test_the_first_commands_are_the_two_that_set_everything_up() -> None:
    assert commands()[:2] == ["make demo", "make test"]


def test_every_dashjax_command_runs(place: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(
        demo,
        "ORDER",
        BuildRequest(training=TrainingSettings(5, 2, 2, 5, candidate_sample=32), replicates=2),
    )
    monkeypatch.setattr(demo, "SELECTIONS", 5)
    monkeypatch.setattr(demo, "METHODS", ("dash", "flat"))
    ours = [command for command in commands() if command.startswith("dashjax")]
    assert len(ours) >= 8
    for command in ours:
        run(command)
    said = capsys.readouterr().out
    assert "For 'hand', take " in said
    assert {path.name for path in (place / "runs" / "demo").glob("*.png")} >= {
        *("pool.png", "rewards.png", "quality.png", "pulls.png", "posterior-hand.png"),
        "accuracy.png",
    }


def test_every_study_and_benchmark_runs(place: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setattr(digits, "METHODS", ("dash", "flat"))
    few = ["--seeds", "20", "--steps", "20"]
    small = [*few, "--replicates", "2", "--truth-replicates", "2", "--chances", "1"]
    cut = [f"--cut.{word[2:]}" if word.startswith("--") else word for word in folders.CUT]
    training = [f"--training.{w[2:]}" if w.startswith("--") else w for w in folders.TRAINING]
    quick = {
        "sims.digits": (
            digits,
            [*small, "--pool", "my-pool", "--selections", "3", *cut, *training],
        ),
        "sims.identification": (identification, [*few, "--quick", "--table", "mine"]),
        "sims.exploration_steps": (exploration_steps, [*few, "--methods", "dash", "flat"]),
    }
    monkeypatch.setattr(identification_cases, "QUICK", {"dash", "dash-judged", "flat"})
    monkeypatch.setattr(identification_cases, "QUICK_GROUPINGS", {None, "perfect"})
    monkeypatch.setattr(identification_cases, "QUICK_ON_TABLES", {"dash"})
    build = ["table", "build", "my-pool", "--out", "mine", *folders.CUT, *folders.TRAINING]
    assert cli.main([*build, "--replicates", "2"]) == 0
    modules = [command.split()[2] for command in commands() if command.startswith("python -m")]
    elsewhere = {"sims.priors"}  # `test_fit` runs it
    elsewhere |= {"benchmarks.engine", "benchmarks.peers"}  # need other packages
    elsewhere |= {"benchmarks.scaling", "benchmarks.generator", "benchmarks.replay"}  # by others
    assert set(modules) == set(quick) | elsewhere
    for name in quick:
        module, arguments = quick[name]
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        module.main()
    assert "own are best" in capsys.readouterr().out
    written = json.loads((place / "benchmarks/results/exploration_steps.json").read_text())
    assert {row["method"] for row in written["rows"]} >= {"dash", "flat"}
    assert written["machine"]["processor"]


@pytest.mark.parametrize("snippet", blocks("python"))
def test_every_snippet_runs(snippet: str) -> None:
    exec(compile(snippet, "README.md", "exec"), {})


def test_tables_of_speed_are_those_of_the_results() -> None:
    for name, table in (("engine", speed.engine_table), ("peers", speed.peers_table)):
        rows = json.loads((speed.RESULTS / f"{name}.json").read_text())["rows"]
        assert table(rows) in README


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert len(pictures) >= 3
    for picture in pictures:
        assert (Path(__file__).parents[1] / picture).is_file()
