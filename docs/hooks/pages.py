"""Pages that are made while the site is built, from what the package says of itself."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from dashjax.report import dictionary

ROOT = Path(__file__).parents[2]
WIDTH = "86"  # columns of the help texts
_COMMAND = re.compile(r"^│\s+• ([a-z-]+)", re.MULTILINE)
_RESULTS = "../benchmarks/results/"  # as pages name it, so that links also hold in the repository


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that no one writes by hand, and the pictures that benchmarks draw."""
    made = {"command-line.md": command_line(), "data-dictionary.md": data_dictionary()}
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    for picture in sorted((ROOT / "benchmarks" / "results").glob("*.png")):
        name = f"results/{picture.name}"
        files.append(File.generated(config, name, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Pictures of benchmarks are beside the pages in the site."""
    return markdown.replace(_RESULTS, "results/")


def command_line() -> str:
    """What `--help` says of every command, a section each."""
    lines = [
        "# Command line",
        "",
        "What `dashjax COMMAND --help` prints. The exit status is 0, or 2 where something in the "
        "command, or in a file that it reads, has to be mended: then one sentence on stderr says "
        "what, and nothing was written.",
        "",
    ]
    for words in _commands(()):
        lines += [f"## dashjax {' '.join(words)}", "", "```text", help_of(words), "```", ""]
    return "\n".join(lines)


def help_of(words: tuple[str, ...]) -> str:
    """The help text of one command."""
    done = subprocess.run(
        [sys.executable, "-m", "dashjax", *words, "--help"],
        env=os.environ | {"COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _commands(above: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All commands that can be given below one; in place of those that have commands, these."""
    found = []
    for name in _COMMAND.findall(help_of(above)):
        words = (*above, name)
        found += _commands(words) or [words]
    return found


def data_dictionary() -> str:
    """What every column of every result file means, a table for each file."""
    lines = [
        "# Data dictionary",
        "",
        "Every column of every file in a folder of results. `--json` prints the same names. "
        "Where the column *interval* says 95 %, the ends of the interval of `x` are the columns "
        "`x_low` and `x_high`. In names, N is a number of steps and R a regret. A number that does "
        "not exist, such as the median of steps where more than half of the runs never got there, "
        "is null.",
        "",
    ]
    for frame, columns in _frames().items():
        lines += [f"## {frame}", "", *_table(columns), ""]
    return "\n".join(lines)


def _frames() -> dict[str, list[Any]]:
    """The columns of each file, from the package; a frame's are named tuples of one kind."""
    return {name: list(columns) for name, columns in dictionary.FRAMES.items()}


def _table(columns: list[Any]) -> list[str]:
    """A row a column, under the names of the tuple's fields."""
    fields = columns[0]._fields
    lines = [f"| {' | '.join(fields)} |", f"|{' --- |' * len(fields)}"]
    for column in columns:
        cells = [str(value).replace("|", "\\|") for value in column]
        cells[0] = f"`{cells[0]}`"
        lines.append(f"| {' | '.join(cells)} |")
    return lines
