"""Every command and snippet of the pages for newcomers runs, in its order and in one folder."""

import json
import re
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import folders
import pytest

from benchmarks import speed
from dashjax.cli import demo
from dashjax.cli import main as cli
from dashjax.rewards.build import BuildRequest
from dashjax.rewards.settings import TrainingSettings
from sims import digits, exploration_steps, identification, identification_cases

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BENCHMARKS = (ROOT / "docs" / "benchmarks.md").read_text()
FEW = ["--seeds", "10", "--steps", "10", "--methods", "dash"]
SMALL = [*folders.CUT, *folders.TRAINING]
# what makes each command quick: the last of two equal options counts
QUICK = {
    "dashjax pool my-pool": folders.CUT,
    "dashjax table build my-pool": [*SMALL, "--replicates", "2"],
    "dashjax replay": FEW,
    "dashjax sweep": FEW,
    "dashjax fit": ["--samples", "20", "--warmup", "20"],
}
# the same for Python
FEWER = {"seeds=1000": "seeds=10", "seeds=200": "seeds=10", "steps=100": "steps=10", '"best", ': ""}
SNIPPETS_SHOWN_ELSEWHERE = "--8<--"  # of a script that has a test of its own
ELSEWHERE = ("make ", "source ")  # `dashjax demo` is below; the rest is the set-up


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of each fenced block that can be run, in order."""
    found = re.findall(r"^```(sh|python)\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [block for block in found if SNIPPETS_SHOWN_ELSEWHERE not in block[1]]


def commands(text: str) -> list[str]:
    """The lines of a shell block, without comments."""
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def run_command(command: str) -> None:
    if command.startswith(ELSEWHERE):
        return
    words = shlex.split(command)
    starts = [start for start in QUICK if command.startswith(start)]
    more = QUICK[max(starts, key=len)] if starts else []
    assert words[0] == "dashjax", command
    assert cli.main([*words[1:], *more]) == 0, command


def run_snippet(text: str, page: Path) -> None:
    for long, short in FEWER.items():
        text = text.replace(long, short)
    exec(compile(text, page.name, "exec"), {})


def test_the_first_commands_are_the_two_that_set_everything_up() -> None:
    _, first = blocks(ROOT / "README.md")[0]
    assert commands(first) == ["make demo", "make test"]
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize(
    "name",
    ["README.md", "docs/index.md", pytest.param("docs/tutorial.md", marks=pytest.mark.slow)],
)
def test_every_command_and_snippet_runs(name: str, tmp_path: Path, monkeypatch, capsys) -> None:
    page = ROOT / name
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "docs" / "files" / "results.csv", tmp_path)
    folders.write(tmp_path / "my-pool", "ink", "chalk")
    found = blocks(page)
    assert len(found) >= 2
    for language, text in found:
        if language == "python":
            run_snippet(text, page)
            continue
        for command in commands(text):
            run_command(command)


@pytest.mark.slow
def test_the_demo_ends_with_what_to_take(tmp_path: Path, monkeypatch, capsys) -> None:
    quick = TrainingSettings(5, 2, 2, 5, candidate_sample=32)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "ORDER", BuildRequest(training=quick, replicates=2))
    monkeypatch.setattr(demo, "SELECTIONS", 5)
    monkeypatch.setattr(demo, "METHODS", ("dash", "round-robin"))
    monkeypatch.setattr(demo, "PLAN", replace(demo.PLAN, steps=20))
    assert cli.main(["demo", "--seeds", "20"]) == 0
    assert "For 'hand', take " in capsys.readouterr().out
    drawn = {path.name for path in (tmp_path / "runs" / "demo" / "results").glob("*.png")}
    assert drawn >= {"pool.png", "rewards.png", "quality.png", "pulls.png", "accuracy.png"}
    assert "best 3 in" in (tmp_path / "runs" / "demo" / "demo.html").read_text()


CUT = [f"--cut.{word[2:]}" if word.startswith("--") else word for word in folders.CUT]
TRAINING = [f"--training.{w[2:]}" if w.startswith("--") else w for w in folders.TRAINING]
RUNS = ["--seeds", "20", "--steps", "20"]


@pytest.mark.slow
def test_the_study_of_digits_runs(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    folders.write(tmp_path / "my-pool", "ink", "neon")
    monkeypatch.setattr(digits, "METHODS", ("dash", "flat"))
    small = [*RUNS, "--replicates", "2", "--truth-replicates", "2", "--chances", "1"]
    chosen = ["--pool", "my-pool", "--selections", "3"]
    monkeypatch.setattr(sys, "argv", ["digits", *small, *chosen, *CUT, *TRAINING])
    digits.main()
    assert "own are best" in capsys.readouterr().out


@pytest.mark.slow
def test_the_study_of_rules_runs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders.write(tmp_path / "my-pool", "ink", "neon")
    monkeypatch.setattr(identification_cases, "QUICK", {"dash", "dash-judged"})
    monkeypatch.setattr(identification_cases, "QUICK_GROUPINGS", {None, "perfect"})
    monkeypatch.setattr(identification_cases, "QUICK_ON_TABLES", {"dash"})
    build = ["table", "build", "my-pool", "--out", "mine", *SMALL]
    assert cli.main([*build, "--replicates", "2"]) == 0
    monkeypatch.setattr(sys, "argv", ["identification", *RUNS, "--quick", "--table", "mine"])
    identification.main()
    assert list((tmp_path / "sims" / "results" / "identification").glob("*/*.png"))


@pytest.mark.slow
def test_the_study_of_steps_runs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["exploration_steps", *RUNS, "--methods", "dash"])
    exploration_steps.main()
    written = json.loads((tmp_path / "benchmarks/results/exploration_steps.json").read_text())
    assert {row["method"] for row in written["rows"]} == {"dash"}
    assert written["machine"]["processor"]


def test_every_script_that_is_named_is_there() -> None:
    named = set(re.findall(r"python -m ((?:sims|benchmarks)\.\w+)", README + BENCHMARKS))
    assert len(named) >= 9
    for name in named:
        assert (ROOT / f"{name.replace('.', '/')}.py").is_file(), name


def test_tables_of_speed_are_those_of_the_results() -> None:
    for name, table in (("engine", speed.engine_table), ("peers", speed.peers_table)):
        rows = json.loads((speed.RESULTS / f"{name}.json").read_text())["rows"]
        assert table(rows) in BENCHMARKS


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
def test_pictures_and_files_that_a_page_links_are_there(page: Path) -> None:
    made = {"command-line.md", "data-dictionary.md"}  # when the site is built
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not link.startswith("http") and link not in made:
            assert (page.parent / link).is_file(), link
