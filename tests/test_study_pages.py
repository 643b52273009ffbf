"""What the README and the page on live searches tell a newcomer to type runs, in its order."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from dashjax.cli import main as cli

ROOT = Path(__file__).parents[1]
FEW = {  # what makes each command quick, or independent of the PATH: the last of two counts
    "create": ["--steps", "60"],
    "run": ["--command", f"{sys.executable} -S train.py {{dataset}} {{seed}}"],
}


def commands(page: Path) -> list[str]:
    """The commands of studies in a page, but for those that need a server or the example."""
    lines = [line.strip() for line in page.read_text().splitlines()]
    found = [line for line in lines if line.startswith("dashjax study ")]
    return [line for line in found if "postgresql" not in line and "hospital" not in line]


@pytest.mark.parametrize("page", ["README.md", "docs/study.md"])
def test_every_command_and_snippet_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for file in ("pool.csv", "train.py"):
        shutil.copy(ROOT / "docs" / "files" / file, tmp_path)
    assert len(commands(ROOT / page)) >= 2
    for command in commands(ROOT / page):
        words = shlex.split(command)
        assert cli.main([*words[1:], *FEW.get(words[2], [])]) == 0, command
    assert "For 'hand', take north-a" in capsys.readouterr().out
    if page != "README.md":
        (text,) = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.S | re.M)
        exec(compile(text, page, "exec"), {})
        assert "'north-a'" in capsys.readouterr().out
