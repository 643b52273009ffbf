"""How cost grows with the number of runs, of datasets and of steps.

    python -m benchmarks.scaling            # in minutes
    python -m benchmarks.scaling --quick    # without the largest decade of every line
    python -m benchmarks.scaling --json

Steps per second are the median of three timings after compilation, on all cores. Runs: whole sweeps
with all metrics; each in a process of its own, for `peak_bytes` is the most memory that the process
ever held, compilation included. Datasets: `joint-ts`, which looks at every dataset in
every step. Steps: `flat`. For the last two, arms and regret alone are kept, and there are as many
runs as fill every core. Rows go to `scaling.json`, and `scaling.png` shows them.
"""

import dataclasses
import functools
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from rich.table import Table

from benchmarks.engine import Case, our_sweep, problem_of
from dashjax.cli.output import Terminal
from dashjax.engine import devices
from dashjax.report.figures import style
from dashjax.store.files import write_whole
from dashjax.store.machine import keep
from dashjax.store.results import Row

_WORKER = "DASHJAX_SCALING_RUNS"  # set in a child: how many runs it measures
_TIMINGS = 3
_STEPS = 200

RUNS = tuple(Case("runs", "flat", 5, 3, _STEPS, 10**power) for power in range(2, 7))
OTHERS = (  # without runs: as many as fill every core
    *(Case("datasets", "joint-ts", *shape, _STEPS, 0) for shape in ((5, 2), (10, 10), (100, 10))),
    *(Case("steps", "flat", 5, 3, 10**power, 0) for power in range(1, 5)),
)

_SERIES = {  # what grows: the title of its panel and the label of its axis
    "runs": ("More runs", "runs, each of 200 steps on 15 datasets"),
    "datasets": ("More datasets", "datasets, explored for 200 steps"),
    "steps": ("Longer runs", "steps of a run on 15 datasets"),
}
_LINES = {  # by method: its name in the picture, where the name is from its end, and its pen
    "flat": ("flat", (0, 9), style.pen("flat")),
    "joint-ts": ("joint-ts", (9, 0), style.pen("joint-ts")),
}


@dataclass(frozen=True)
class Benchmark:
    """Measure how cost grows."""

    quick: bool = False
    """Leave out the largest decade of every line."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


def main() -> None:
    """Measures, prints the rows and writes them and the picture."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal = Terminal(options.json)
    runs, others = (smaller(c) if options.quick else c for c in (RUNS, OTHERS))
    # children first: the system counts what their parent held when they began as theirs
    rows = [*map(_in_child, runs), *(measure(_filling(case)) for case in others)]
    path, image = (options.out / f"scaling.{kind}" for kind in ("json", "png"))
    document = keep({"rows": rows}, path)
    with style.applied():
        canvas = FigureCanvasAgg(picture(rows))
        write_whole(image, lambda file: canvas.print_png(file))
    terminal.show(table(rows), f"written to {path} and {image.name}")
    terminal.document(document)


def smaller(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """The cases, without the largest of every line."""
    line = [(case.name, case.method) for case in cases]
    return tuple(case for place, case in enumerate(cases) if line[place] in line[place + 1 :])


def measure(case: Case) -> Row:
    """The row of a case, measured in this process."""
    work, compiled = _work(case)
    seconds = [_seconds(work) for _ in range(_TIMINGS)]
    row: Row = {"series": case.name, "method": case.method, "runs": case.runs}
    row |= {"datasets": case.groups * case.slots, "steps": case.steps}
    row |= {"steps_per_second": case.runs * case.steps / statistics.median(seconds)}
    return row | {"peak_bytes": None, "compile_seconds": compiled, "seconds": seconds}


def table(rows: list[Row]) -> Table:
    """The rows for a person."""
    shown = Table(box=None)
    headings = (
        "grows",
        "method",
        "runs",
        "datasets",
        "steps",
        "steps/s",
        "peak memory",
        "compiled",
    )
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="left" if place < 2 else "right")
    for row in rows:
        counts = (f"{row[key]:,}" for key in ("runs", "datasets", "steps"))
        speed, memory = f"{row['steps_per_second'] / 1e6:.2f} M", _memory(row) or "-"
        compiled = f"{row['compile_seconds']:.1f} s"
        shown.add_row(row["series"], row["method"], *counts, speed, memory, compiled)
    return shown


def picture(rows: list[Row]) -> Figure:
    """A panel for each thing that grows; all share the upright axis."""
    detail = (
        "Each point: median of three timings on all cores, after compilation. Left: whole sweeps "
        "with all metrics, which never compute fewer runs than fill all cores once; beneath, the "
        "most memory that the process held. Middle: joint-ts looks at every dataset in every step."
    )
    figure = style.page((15.0, 5.0), "How cost grows", detail)
    panels = figure.subplots(1, len(_SERIES), sharey=True)
    for axes, (series, (title, label)) in zip(panels, _SERIES.items(), strict=True):
        own = [row for row in rows if row["series"] == series]
        for method in dict.fromkeys(row["method"] for row in own):
            _line(axes, [row for row in own if row["method"] == method])
        axes.set_title(title, pad=12)
        axes.set_xlabel(label)
        _scales(axes)
    panels[0].set_ylabel("steps per second")
    lowest = min(row["steps_per_second"] for row in rows)
    panels[0].set_ylim(bottom=10.0 ** math.floor(math.log10(lowest)))
    return figure


def _line(axes: Axes, rows: list[Row]) -> None:
    """One method's points, joined, with its name at the end and memory beneath where known."""
    name, offset, pen = _LINES[rows[0]["method"]]
    sizes = [row[row["series"]] for row in rows]
    speeds = [row["steps_per_second"] for row in rows]
    line: dict[str, Any] = {"color": pen.colour, "linestyle": pen.dashes, "linewidth": pen.width}
    axes.plot(sizes, speeds, marker="o", markersize=6, clip_on=False, **line)
    place: dict[str, Any] = {"xytext": offset, "textcoords": "offset points", "color": pen.colour}
    place |= {"va": "center", "ha": "left"} if offset[0] else {"va": "bottom", "ha": "center"}
    axes.annotate(name, (sizes[-1], speeds[-1]), weight="bold", **place)
    place |= {"xytext": (2, -8), "va": "top", "ha": "left", "color": style.FAINT}
    place |= {"bbox": {"facecolor": style.PAPER, "linewidth": 0, "pad": 0.5}, "zorder": 1}
    for row, size, speed in zip(rows, sizes, speeds, strict=True):
        if row["peak_bytes"]:
            axes.annotate(_memory(row), (size, speed), size=style.SMALL, **place)


def _scales(axes: Axes) -> None:
    """Both logarithmic, with a tick at every power of ten."""
    axes.set(xscale="log", yscale="log")
    axes.margins(x=0.08, y=0.08)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=99))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.grid(axis="y", color=style.RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


def _short(value: float) -> str:
    """A tick's label: 10, 1 k, 100 k, 1 M."""
    size, unit = next((x for x in ((1e6, " M"), (1e3, " k")) if value >= x[0]), (1.0, ""))
    return f"{value / size:g}{unit}"


def _memory(row: Row) -> str:
    """The most that the process held, for a person; empty where that is not known."""
    return f"{row['peak_bytes'] / 1e6:,.0f} MB" if row["peak_bytes"] else ""


def _filling(case: Case) -> Case:
    """The case with as many runs as fill every core."""
    import jax

    from dashjax.engine.batches import BLOCK

    return dataclasses.replace(case, runs=BLOCK * jax.local_device_count())


def _in_child(case: Case) -> Row:
    """The row of a case of `RUNS`, measured in a process of its own."""
    told = os.environ | {_WORKER: str(case.runs)}
    words = [sys.executable, "-m", "benchmarks.scaling"]
    done = subprocess.run(words, env=told, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _measured_alone(runs: int) -> Row:
    """What a child does."""
    (case,) = (case for case in RUNS if case.runs == runs)
    row = measure(case)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return row | {"peak_bytes": peak * (1 if sys.platform == "darwin" else 1024)}


def _work(case: Case) -> tuple[Callable[[], Any], float]:
    """The case's work, compiled; and how long its first call took."""
    if case.name == "runs":
        return _whole_sweep(case)
    return our_sweep(case, case.runs)


def _whole_sweep(case: Case) -> tuple[Callable[[], Any], float]:
    """A sweep with all metrics, compiled; and how long that took with the fewest runs."""
    from dashjax.bandit.methods import method
    from dashjax.simulate.plan import Plan
    from dashjax.simulate.sweep import sweep

    problem = problem_of(case)
    plan = Plan(case.steps, 3)
    work = functools.partial(sweep, method(case.method), problem, plan)
    compiled = _seconds(functools.partial(work, seeds=1))
    return functools.partial(work, seeds=case.runs), compiled


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    devices.use_all_cores()
    if _WORKER in os.environ:
        print(json.dumps(_measured_alone(int(os.environ[_WORKER]))))
    else:
        main()
