"""How long tables take: to be imported, loaded, shown and replayed, and how much memory.

    python -m benchmarks.tables

Each figure is of a process of its own, the quickest of a few. Beside the seconds stand those of the
processors: on a machine that others use, the first count their work too. Figures, and the most that
each may be, go to `tables.json`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal

_TIMED = """
import json, time
import dashjax as dj
dj.load_table, dj.import_table  # whatever they need is loaded now
{first}
began, worked = time.perf_counter(), time.process_time()
{work}
print(json.dumps([time.perf_counter() - began, time.process_time() - worked]))
"""
_PARTS = 2000


@dataclass(frozen=True)
class Benchmark:
    """Time what is done with tables."""

    times: int = 3
    """How often each is timed."""
    small: bool = False
    """Leave out five million rewards, ten million rows of one cell, and the replay."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


@dataclass(frozen=True)
class Task:
    """What is timed.

    Attributes:
        name: what it is called.
        work: lines of Python that are timed, or the words of a command, timed as a whole process.
        seconds: the most that it should take; None where that is not said.
        first: lines of Python before that, which are not timed.
        megabytes: the most memory that its process should have; None where that is not said.
    """

    name: str
    work: str | list[str]
    seconds: float | None = None
    first: str = ""
    megabytes: float | None = None


@dataclass(frozen=True)
class Figure:
    """What a task took.

    Attributes:
        seconds: by the clock.
        worked: seconds of the processors.
        megabytes: the most memory that its process had.
    """

    seconds: float
    worked: float
    megabytes: float


def main() -> None:
    """Times each task, prints a line for each and writes them all."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal, rows = Terminal(options.json), []
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(Path(folder), options.small):
            took = min((measure(task) for _ in range(options.times)), key=lambda it: it.seconds)
            most = {"most_seconds": task.seconds, "most_megabytes": task.megabytes}
            rows.append({"task": task.name} | asdict(took) | most)
            terminal.show(in_words(rows[-1]))
    from dashjax.store.machine import keep  # loads JAX, whose memory a process below would inherit

    terminal.document(keep({"times": options.times, "tasks": rows}, options.out / "tables.json"))


def tasks(folder: Path, small: bool) -> Iterator[Task]:
    """All that is timed; the files that a task needs are made before it."""
    middle, many, large = (str(folder / name) for name in ("middle", "many", "large"))
    yield imported("200,000 rewards", middle, (10, 200, 100), 2.0)
    yield Task("200,000 rewards, loaded", f"dj.load_table({middle!r})", 0.5)
    yield Task("200,000 rewards, table show", ["table", "show", middle], 1.0)
    yield Task("200,000 rewards, table diff", ["table", "diff", middle, middle])
    yield imported("10,000 datasets", many, (2, 10_000, 10))
    yield Task("10,000 datasets, table show", ["table", "show", many], 1.0)
    in_parts(Path(middle))
    yield Task(f"{_PARTS:,} parts, loaded", f"dj.load_table({middle!r})")
    if small:
        return
    yield replayed(many)
    yield imported("5,000,000 rewards", large, (10, 1000, 500), 20.0, 1500.0)
    yield Task("5,000,000 rewards, loaded", f"dj.load_table({large!r})")
    yield one_cell(folder / "cell.csv")


def imported(
    name: str,
    out: str,
    shape: tuple[int, int, int],
    seconds: float | None = None,
    megabytes: float | None = None,
) -> Task:
    """The import of a file with the columns that need no options.

    Args:
        name: of the task.
        out: folder of the table; the file lies beside it.
        shape: targets, datasets and replicates.
        seconds: the most that it should take.
        megabytes: the most memory that it should have.
    """
    source = f"{out}.csv"
    targets, datasets, replicates = shape
    draw = np.random.default_rng(0)
    with open(source, "w") as file:
        file.write("target,group,dataset,replicate,reward\n")
        for target in range(targets):
            for dataset in range(datasets):
                head = f"target-{target},group-{dataset % 20},dataset-{dataset}"
                rewards = enumerate(draw.normal(size=replicates).tolist())
                file.writelines(f"{head},{number},{reward}\n" for number, reward in rewards)
    work = f"dj.import_table({source!r}, {out!r})"
    anew = f"import shutil; shutil.rmtree({out!r}, ignore_errors=True)"
    return Task(f"{name}, imported", work, seconds, anew, megabytes)


def replayed(table: str) -> Task:
    """A replay in a process that has compiled its programs."""
    work = f"dj.replay(dj.load_table({table!r}), ['dash'], seeds=10, plan=plan)"
    first = f"dj.use_all_cores()\nplan = dj.Plan(steps=20, select=3)\n{work}"
    return Task("10,000 datasets, replayed", work, 10.0, first)


def in_parts(table: Path) -> None:
    """Adds a part with a single reward many times, as a build does that is not finished."""
    import pyarrow as pa

    from dashjax.store.cells import REWARDS
    from dashjax.store.files import write_part

    cell = {"target": "target-0", "dataset": "dataset-0", "seconds": 0.0}
    for number in range(_PARTS):
        row = cell | {"replicate": 100 + number, "reward": 0.5}
        write_part(table / "rewards", pa.Table.from_pylist([row], schema=REWARDS))


def one_cell(source: Path) -> Task:
    """A file with ten million rewards of one cell, which is to be refused."""
    with source.open("w") as file:
        file.write("target,dataset,reward\nhand,b,0.5\n")
        for _ in range(100):
            file.write("hand,a,0.5\n" * 100_000)
    work = f"try: dj.import_table({str(source)!r}, {str(source) + '-table'!r})\n"
    work += "except dj.InputError: pass\nelse: raise SystemExit('ten million rewards of one cell')"
    return Task("10,000,000 rewards of one cell, refused", work)


def measure(task: Task) -> Figure:
    """What a task took, in a process of its own."""
    words = [sys.executable, "-m", "dashjax", *task.work]
    if isinstance(task.work, str):
        words = [sys.executable, "-c", _TIMED.format(first=task.first, work=task.work)]
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    seconds, worked = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    if isinstance(task.work, str):
        seconds, worked = json.loads(said.splitlines()[-1])
    return Figure(seconds, worked, usage.ru_maxrss / 1024)


def in_words(row: dict[str, Any]) -> str:
    """A line for a task; it says so where a figure is above the most that it should be."""
    shown = f"{row['task']}: {row['seconds']:.2f} s ({row['worked']:.2f} s of the processors)"
    shown += f", {row['megabytes']:,.0f} MB"
    for key, unit in (("seconds", "s"), ("megabytes", "MB")):
        most = row[f"most_{key}"]
        if most is not None:
            verdict = "at most" if row[key] <= most else "ABOVE"
            shown += f"; {verdict} {most:g} {unit}"
    return shown


if __name__ == "__main__":
    raise SystemExit(ending(main))
