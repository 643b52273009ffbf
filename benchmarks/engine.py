"""How fast the simulator is, against compiled loops that do the same work.

    python -m benchmarks.engine             # in minutes; needs numba, as in dashjax[benchmarks]
    python -m benchmarks.engine --quick
    python -m benchmarks.engine --json

Rewards are Gaussian with all standard deviations 1 and utilities that are the same in every run;
every run leaves the arm and the regret of each step. Steps per second are the median of several
timings that alternate between them, after compilation, in one process: once bound to one core,
once on all. The loops are in Numba, one run after another, and, where there is a C compiler, in C,
16 runs in a vector, on one core. Rows go to `engine.json`.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import tyro
from rich.table import Table

from dashjax.cli.output import Terminal
from dashjax.engine import devices
from dashjax.errors import InputError
from dashjax.store.machine import keep
from dashjax.store.results import Row

_WORKER = "DASHJAX_ENGINE_CORES"  # set in a child: on how many cores it measures
_TIMINGS = 5


@dataclass(frozen=True)
class Benchmark:
    """Measure steps per second."""

    quick: bool = False
    """A quarter of the runs."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


@dataclass(frozen=True)
class Case:
    """One workload: a method on `groups` times `slots` datasets."""

    name: str
    method: str
    groups: int
    slots: int
    steps: int
    runs: int
    loop: str | None = None  # the yardstick's name


CASES = (
    Case("flat Thompson sampling, 15", "flat", 5, 3, 200, 262_144, "flat"),
    Case("two-level Thompson sampling, 5 x 3", "dash-exact", 5, 3, 200, 262_144, "two_level"),
    Case("two-level Thompson sampling, 100 x 100", "dash-exact", 100, 100, 1000, 2048, "two_level"),
    Case("knowledge gradient, 5 x 3", "knowledge-gradient/exact", 5, 3, 200, 2048),
    Case("knowledge gradient, 20 x 10", "knowledge-gradient/exact", 20, 10, 50, 1024),
    Case("lucb, 5 x 3", "lucb/exact", 5, 3, 200, 131_072),
    Case("lucb, 20 x 10", "lucb/exact", 20, 10, 50, 16_384),
    Case("top-two, 5 x 3", "top-two/exact", 5, 3, 200, 1024),
    Case("top-two, 20 x 10", "top-two/exact", 20, 10, 50, 1024),
    Case("best, 5 x 3", "knowledge-gradient/learned", 5, 3, 200, 2048),
)


def main() -> None:
    """Measures in children, one core and all, prints the rows and writes them."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal = Terminal(options.json)
    rows = [row for cores in _core_counts() for row in _in_child(cores, options.quick)]
    path = options.out / "engine.json"
    document = keep({"rows": rows}, path)
    terminal.show(table(rows), f"written to {path}")
    terminal.document(document)


def table(rows: list[Row]) -> Table:
    """The rows for a person."""
    shown = Table(box=None)
    for heading in ("case", "cores", "steps/s", "loop's", "ratio", "C's", "ratio", "compiled in"):
        shown.add_column(heading, justify="left" if heading == "case" else "right")
    for row in rows:
        ours, loop, c = (_or_dash(row[name], 1e-6, " M") for name in ("ours", "yardstick", "c"))
        ratio, ratio_to_c = _or_dash(row["ratio"]), _or_dash(row["ratio_to_c"])
        label, compiled = (row["case"], str(row["cores"])), f"{row['compile_seconds']:.1f} s"
        shown.add_row(*label, ours, loop, ratio, c, ratio_to_c, compiled)
    return shown


def _or_dash(value: float | None, scale: float = 1.0, unit: str = "") -> str:
    return f"{value * scale:.2f}{unit}" if value else "-"


def _core_counts() -> list[int]:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [1] if count == 1 else [1, count or 1]


def _in_child(cores: int, quick: bool) -> list[Row]:
    """The rows, measured in a process that is bound to so many cores from its start."""
    words = [sys.executable, "-m", "benchmarks.engine", *(["--quick"] if quick else [])]
    told = os.environ | {_WORKER: str(cores), "NUMBA_NUM_THREADS": str(cores)}
    done = subprocess.run(words, env=told, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _measure(cores: int, quick: bool) -> list[Row]:
    """What a child does."""
    bind(cores)
    return [
        _row(case, cores, max(case.runs // 4, min(case.runs, 512)) if quick else case.runs)
        for case in CASES
    ]


def bind(cores: int) -> None:
    """Keeps this process on so many cores; to be called before JAX first computes."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    devices.use_all_cores()


def _row(case: Case, cores: int, runs: int) -> Row:
    ours, compiled = our_sweep(case, runs)
    works = {"ours": ours, "yardstick": _in_numba(case, runs), "c": _in_c(case, cores, runs)}
    timings: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_TIMINGS):
        for name, work in works.items():
            if work:
                timings[name].append(_seconds(work))
    speed = {
        name: case.steps * runs / statistics.median(spent) if spent else None
        for name, spent in timings.items()
    }
    ratios = {"ratio": _ratio(speed, "yardstick"), "ratio_to_c": _ratio(speed, "c")}
    label = {"case": case.name, "method": case.method, "cores": cores}
    return label | speed | ratios | {"compile_seconds": compiled, "seconds": timings}


def _ratio(speed: dict[str, float | None], loop: str) -> float | None:
    ours, other = speed["ours"], speed[loop]
    return ours / other if ours and other else None


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def our_sweep(case: Case, runs: int) -> tuple[Callable[[], Any], float]:
    """Our sweep of the case, compiled; and how long its first call took."""
    from dashjax.bandit.methods import method
    from dashjax.simulate import sweep
    from dashjax.simulate.plan import Plan

    problem, plan = problem_of(case), Plan(case.steps, 3)

    def work() -> None:
        kept = sweep.runs(method(case.method), problem, plan, _arms_and_regret, seeds=runs, seed=0)
        for _ in kept:
            pass

    return work, _seconds(work)


def problem_of(case: Case) -> Any:
    """Gaussian rewards around utilities that are the same in every run; all spreads are 1."""
    import jax.numpy as jnp

    from dashjax.bandit.gaussian import uniform_prior
    from dashjax.pools.grouping import Grouping
    from dashjax.simulate.sweep import Problem

    group = tuple(arm // case.slots for arm in range(case.groups * case.slots))
    grouping = Grouping(group, tuple(map(str, range(case.groups))))
    prior = uniform_prior(case.groups, group_mean=0.0, group_sd=1.0, arm_sd=1.0, noise_sd=1.0)
    utility = jnp.asarray(utilities(case).reshape(-1), jnp.float32)
    return Problem(_source, utility, prior, grouping)


def _source(utility: Any) -> Any:
    import jax.numpy as jnp

    from dashjax.bandit import environments

    return environments.gaussian(environments.fixed(utility), jnp.ones((), utility.dtype))


def _arms_and_regret(run: Any, method: Any, plan: Any) -> Any:
    return run.arm, run.regret


def _in_numba(case: Case, runs: int) -> Callable[[], Any] | None:
    if case.loop is None:
        return None
    from benchmarks.yardsticks import loops

    return _loop(case, runs, loops)


def _in_c(case: Case, cores: int, runs: int) -> Callable[[], Any] | None:
    """Nothing on several cores."""
    if case.loop is None or cores > 1 or not _compiles():
        return None
    from benchmarks.yardsticks import compiled

    return _loop(case, runs, compiled)


@functools.cache
def _compiles() -> bool:
    """Whether the loops in C can be had; says so where a compiler refuses them."""
    from benchmarks.yardsticks import compiled

    try:
        return compiled.available() and bool(compiled.library())
    except InputError as error:
        print(error, file=sys.stderr)
        return False


def _loop(case: Case, runs: int, loops: ModuleType) -> Callable[[], Any]:
    """The yardstick on the same work, compiled."""
    import numpy as np

    utility = utilities(case)
    arms = np.zeros((runs, case.steps), np.int32)
    regret = np.zeros((runs, case.steps), np.float32)

    def work(runs: int = runs) -> None:
        kept = arms[:runs], regret[:runs]
        if case.loop == "flat":
            loops.flat(utility.reshape(-1), case.steps, runs, 2**0.5, 1.0, *kept)
        else:
            loop = getattr(loops, str(case.loop))
            loop(utility, case.steps, runs, 1.0, 1.0, 1.0, *kept)

    work(1)
    return work


def utilities(case: Case) -> Any:
    """Drawn from the prior, the same for both."""
    import numpy as np

    drawn = np.random.default_rng(7)
    return drawn.normal(size=(case.groups, 1)) + drawn.normal(size=(case.groups, case.slots))


if __name__ == "__main__":
    if _WORKER in os.environ:
        found = _measure(int(os.environ[_WORKER]), "--quick" in sys.argv)
        print(json.dumps(found))
    else:
        main()
