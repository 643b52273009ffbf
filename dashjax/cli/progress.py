"""How far the work is, on stderr: a bar on a terminal, else a plain line now and then."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashjax.engine.progress import Advance

SECONDS_BETWEEN = 10  # lines, at least; so a command that is done sooner writes none


@contextlib.contextmanager
def progress_on(console: Console) -> Iterator[Advance]:
    """Gives the function that is told (what, done, total), and shows what it is told."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bars = Progress(*columns, console=console, redirect_stdout=False)
    task = bars.add_task("", total=None)

    def advance(what: str, done: int, total: int) -> None:
        bars.update(task, description=what, completed=done, total=total)
        if done:  # with the first piece of work: what is refused before has no bar above it
            bars.start()

    try:
        yield advance
    finally:
        bars.stop()


def _lines(console: Console) -> Advance:
    last = time.monotonic()

    def advance(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done and now - last >= SECONDS_BETWEEN:
            last = now
            console.print(f"{what}: {done:,} of {total:,}", soft_wrap=True)

    return advance
