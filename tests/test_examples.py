"""The scripts in examples/ run as a stranger runs them: elsewhere, on the public names alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
SAID = {
    "replay_own_csv": "north-a, north-b",
    "own_policy_and_belief": "fewest looks first",
    "own_stop_rule": "settled-or-spent:10:50",
    "vmap_and_grad": "slope",
    "ask_and_tell": "take north-a, north-b",
}


def test_there_are_five():
    assert {path.stem for path in EXAMPLES} == set(SAID)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_elsewhere(path, tmp_path):
    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert SAID[path.stem] in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_uses_public_names_alone(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 40
    for node in ast.walk(ast.parse(text)):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            assert not str(module).startswith("dashjax."), f"{path.name} imports {module}"
