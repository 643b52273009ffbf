"""Anyone's program as a look: its arguments, its log, and the reward that it prints."""

import contextlib
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from dashjax.errors import InputError, closest
from dashjax.study import child_process

_NAMES = ("dataset", "group", "target", "seed", "trial")
_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z_]+)\}")
_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?)(?!\w)", re.IGNORECASE
)
_LAST = 1 << 20  # bytes of what a program printed that a reward is looked for in
_GRACE = 5.0  # seconds that a program is given to end


class Outcome(NamedTuple):
    """What came of a look."""

    reward: float | None
    reason: str  # why there is no reward


class Program:
    """A command line with places for a look's dataset and number.

    Args:
        template: as a person writes it, with {dataset}, {group}, {target}, {seed} and {trial};
            {{ and }} stand for braces.
        timeout: seconds after which it is stopped; None: never.

    Raises:
        InputError: if it cannot be read, names what there is not, or does not name the dataset.
    """

    def __init__(self, template: str, timeout: float | None = None) -> None:
        try:
            self._words = shlex.split(template)
        except ValueError as error:
            raise InputError(f"--command cannot be read: {error}; check its quotes") from error
        if not self._words:
            raise InputError("--command is empty; give your program and its arguments")
        if timeout is not None and not timeout > 0:
            raise InputError(f"--timeout is {timeout}; give a number above 0")
        self._timeout = timeout
        self._running: set[subprocess.Popen] = set()
        self._ended = False
        named = {name for word in self._words for name in _PLACE.findall(word) if name}
        for name in sorted(named - set(_NAMES)):
            raise InputError(
                f"--command has {{{name}}}{closest(name, _NAMES)}, which stands for nothing; "
                f"there are {{{'}, {'.join(_NAMES)}}}, and {{{{ for a brace"
            )
        if "dataset" not in named:
            raise InputError(
                "--command does not say where the dataset goes; put {dataset} into an argument"
            )

    def arguments(self, values: dict[str, Any]) -> list[str]:
        """The program and its arguments; values are put in as they are, read by no shell."""

        def value(match: re.Match[str]) -> str:
            return str(values[match[1]]) if match[1] else match[0][0]

        return [_PLACE.sub(value, word) for word in self._words]

    def run(self, values: dict[str, Any], log: Path) -> Outcome:
        """Runs it once, with its output in `log` and its errors beside it, in `.err`.

        Args:
            values: by name; the program also finds them in its environment, as DASHJAX_DATASET.
            log: the file; what it held is replaced.
        """
        more = {f"DASHJAX_{name.upper()}": str(values[name]) for name in _NAMES}
        errors = log.with_suffix(".err")
        command = [sys.executable, "-I", "-S", child_process.__file__, str(os.getpid())]
        with log.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                [*command, *self.arguments(values)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=os.environ | more,
                start_new_session=True,
            )
            self._running.add(process)
            try:
                status = process.wait(0 if self._ended else self._timeout)
            except subprocess.TimeoutExpired:
                end(process)
                limit = "with the run" if self._ended else f"after {self._timeout:g} s"
                return Outcome(None, f"stopped {limit}")
            finally:
                self._running.discard(process)
                if process.poll() is None:
                    end(process)
        if status != 0:
            return Outcome(None, _failure(status, log, errors))
        return reward_in(_tail(log))

    def end_all(self) -> None:
        """Ends what is running now, what that started, and what is yet to be started."""
        self._ended = True
        for process in list(self._running):
            _signal(process, signal.SIGTERM)
        for process in list(self._running):
            end(process)


def end(process: subprocess.Popen) -> None:
    """Ends a program and what it started: first politely."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    """Sends a signal to a program and what it started; nothing if all have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def reward_in(text: str) -> Outcome:
    """The reward in what a program printed: of the last line {"reward": NUMBER}, else the last
    number of all.
    """
    for line in reversed(text.splitlines()):
        if line.lstrip().startswith("{") and '"reward"' in line:
            try:
                found = json.loads(line)["reward"]
            except (ValueError, KeyError, TypeError):
                continue
            return _finite(found, f"the reward {found!r}")
    numbers = _NUMBER.findall(text)
    if not numbers:
        return Outcome(None, f"printed no number{_last_line(text)}")
    return _finite(numbers[-1], f"'{numbers[-1]}'")


def _finite(found: Any, what: str) -> Outcome:
    try:
        value = math.nan if isinstance(found, bool) else float(found)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        return Outcome(None, f"printed {what}, which is no finite number")
    return Outcome(value, "")


def _failure(status: int, log: Path, errors: Path) -> str:
    """How it ended, and the last that it said."""
    said = _last_line(_tail(errors)) or _last_line(_tail(log))
    if status == child_process.NOT_FOUND:
        return f"could not be started{said}"
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}{said}"
    return f"ended with status {status}{said}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f": {lines[-1][:300]}" if lines else ""


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST))
        return file.read().decode(errors="replace")
