"""Command lines that several tests give, and what a refused one must look like."""

from pathlib import Path

import folders

from dashjax.cli import main as cli


def build(pool: Path, out: Path, *more: str, replicates: int = 2) -> list[str]:
    """A quick `table build`."""
    arguments = ["table", "build", str(pool), "--out", str(out), "--replicates", str(replicates)]
    return [*arguments, *folders.CUT, *folders.TRAINING, *more]


def refused(capsys, *arguments: str) -> str:
    """The one sentence of a command that must fail, with nothing on stdout."""
    capsys.readouterr()
    assert cli.main(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    (sentence,) = [line for line in said.err.splitlines() if line.startswith("dashjax: ")]
    return sentence
