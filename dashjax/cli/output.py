"""Where a command speaks: results on stdout, progress on stderr."""

import contextlib
import json
import math
import os
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from dashjax.cli.progress import progress_on
from dashjax.engine.progress import Advance, silent

STDOUT = "stdout"
_WIDTH = 110  # what the widest table needs
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False}  # names are only names


@contextlib.contextmanager
def writing_to_stdout() -> Iterator[None]:
    """Names stdout in the error where the system refuses to take what is printed."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, STDOUT) from error


class Terminal:
    """Prints for a person, or one JSON document and nothing else on stdout."""

    def __init__(self, as_json: bool, quiet: bool = False) -> None:
        self.as_json, self._quiet = as_json, quiet
        self._out = Console(**_PLAIN)
        if not (self._out.is_terminal or _is_width(os.environ.get("COLUMNS", ""))):
            self._out.width = _WIDTH  # a file or a pipe has no width of its own
        self._side = Console(stderr=True, **_PLAIN)

    def show(self, *things: Any) -> None:
        """Prints text or tables for a person; nothing where JSON was asked for."""
        if not self.as_json:
            with writing_to_stdout():
                for thing in things:
                    self._out.print(thing)

    def note(self, text: str) -> None:
        """Prints a line beside the results, on stderr; nothing where that is to be quiet."""
        if not self._quiet:
            self._side.print(text, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Prints a line on stderr that says what is wrong, also where that is to be quiet."""
        self._side.print(text, soft_wrap=True)

    def document(self, content: dict[str, Any]) -> None:
        """Prints the JSON document where JSON was asked for; not-a-number becomes null."""
        if self.as_json:
            with writing_to_stdout():
                print(json.dumps(_plain(content), allow_nan=False), flush=True)

    @contextlib.contextmanager
    def progress(self, shown: bool = True) -> Iterator[Advance]:
        """Says on stderr how far work is, if `shown`; gives what is told (what, done, total)."""
        if not shown or self._quiet:
            yield silent
            return
        with progress_on(self._side) as advance:
            yield advance


def _is_width(columns: str) -> bool:
    return columns.isdecimal() and int(columns) > 0


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
