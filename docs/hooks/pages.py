"""Pages that are made while the site is built, from what the package says of itself."""

import os
import re
import subprocess
import sys

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

WIDTH = "96"  # columns of the help texts
_COMMAND = re.compile(r"^│\s+• ([a-z-]+)", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that no one writes by hand."""
    for name, content in (
        ("command-line.md", command_line()),
        ("data-dictionary.md", data_dictionary()),
    ):
        files.append(File.generated(config, name, content=content))
    return files


def command_line() -> str:
    """What `--help` says of every command, a section each."""
    lines = [
        "# Command line",
        "",
        "What `dashjax COMMAND --help` prints. The exit status is 0, or 2 where something in the "
        "command or in a file that it reads has to be mended; then one sentence on stderr says "
        "what, and nothing was written.",
        "",
    ]
    for words in _commands(()):
        lines += [f"## dashjax {' '.join(words)}", "", "```text", help_of(words), "```", ""]
    return "\n".join(lines)


def help_of(words: tuple[str, ...]) -> str:
    """The help text of one command."""
    shape = os.environ | {"COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "dashjax", *words, "--help"],
        env=shape,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _commands(above: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All commands that can be given below one, those with commands of their own left out."""
    found = []
    for name in _COMMAND.findall(help_of(above)):
        words = (*above, name)
        found += _commands(words) or [words]
    return found


def data_dictionary() -> str:
    """What every column of every result file means, a table for each file."""
    from dashjax.report.dictionary import FRAMES

    return FRAMES
