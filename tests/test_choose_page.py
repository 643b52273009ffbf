"""What the page on choosing tells a newcomer to type runs, on the example's own files."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from dashjax.cli import main as cli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "choose.md").read_text()
QUICK = {"choose": ["--budget", "60", "--checks", "2"], "pool": []}


def test_the_commands_and_snippets_of_the_page_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    script = ROOT / "examples" / "hospital" / "own_data.py"
    subprocess.run([sys.executable, str(script)], check=True)
    lines = [line for line in PAGE.splitlines() if line.startswith("dashjax ")]
    assert len(lines) == 2
    for line in lines:
        words = shlex.split(line)
        assert cli.main([*words[1:], *QUICK[words[1]]]) == 0
    said = capsys.readouterr().out
    assert "12 datasets in 4 groups" in said
    assert "For 'mine', take " in said
    snippets = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
    assert len(snippets) == 2
    quick = snippets[0].replace('study="mine.sqlite"', "budget=60, checks=2")
    exec(compile(quick, "choose.md", "exec"), {})
    exec(compile(snippets[1].replace("budget=20", "budget=60"), "choose.md", "exec"), {})
    assert "For 'mine', take " in capsys.readouterr().out
