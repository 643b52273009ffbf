"""What a terminal shows: the width that is asked for, progress, and nothing stray."""

import io
import sys

import pytest
from rich.table import Table

from dashjax.cli import main as cli
from dashjax.cli import progress
from dashjax.cli.output import Terminal


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def widest(capsys) -> int:
    shown = Table("a column", "another")
    shown.add_row("word " * 100, "word " * 100)
    Terminal(as_json=False).show(shown)
    return max(map(len, capsys.readouterr().out.splitlines()))


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("200", 200), ("0", 110), ("x", 110)])
def test_columns_are_obeyed_where_stdout_is_no_terminal(monkeypatch, capsys, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert widest(capsys) == width


def test_a_pipe_that_says_no_width_has_one(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert widest(capsys) == 110


def test_progress_beside_a_terminal_is_a_line_now_and_then(capsys, clock):
    with Terminal(as_json=False).progress() as advance:
        for second in range(40):
            clock[0] = float(second)
            advance("flat on hand", 1000 * second, 40_000)
    said = capsys.readouterr()
    lines = [f"flat on hand: {done} of 40,000" for done in ("10,000", "20,000", "30,000")]
    assert (said.out, said.err.splitlines()) == ("", lines)


def test_progress_on_a_terminal_begins_with_the_first_work_that_is_done(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", FakeTerminal())
    with Terminal(as_json=False).progress() as advance:
        advance("compiling", 0, 8)
        assert sys.stderr.getvalue() == ""
        advance("flat on hand", 3, 8)
        advance("flat on hand", 8, 8)
    assert "flat on hand" in sys.stderr.getvalue()
    assert "8/8" in sys.stderr.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "sweep --select 16",
        "sweep --methods dsh",
        "sweep --groups 0",
        "sweep --seeds 1000000000000",
        "demo --seeds 1000000000000 --out {}/demo",
        "replay nowhere",
        "fit nowhere",
        "pool nowhere",
        "table build nowhere --out {}/t",
        "table build embedded --out {}/t --replicates 0",
        "report nowhere",
    ],
)
def test_nothing_stands_before_a_refusal(monkeypatch, tmp_path, line):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", FakeTerminal())
    assert cli.main(line.format(tmp_path).split()) == 2
    assert sys.stderr.getvalue().startswith("dashjax: ")
    assert sys.stderr.getvalue().count("\n") == 1
