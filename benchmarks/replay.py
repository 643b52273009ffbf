"""How long a replay takes as one types it: the whole process, with its programs to be compiled.

    python -m benchmarks.replay --table tables/digits

Six methods of the Thompson kind, 10,000 runs of each on every target, 200 steps; once with a new
folder for what is compiled, and again with what the time before left there. Seconds go to
`replay.json`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tyro

from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.store import reward_table as table
from dashjax.store.machine import keep

METHODS = ("dash", "dash-exact", "dash-judged", "joint-ts", "flat", "thompson/paper")
STEPS = 200


@dataclass(frozen=True)
class Benchmark:
    """Time `dashjax replay`."""

    table: Path
    """A reward table, as made by `dashjax table build`."""
    seeds: int = 10_000
    """Runs of each method on each target."""
    times: int = 3
    """How often it is timed, each with a folder of its own."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


def main() -> None:
    """Times the command, prints the seconds and writes them."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal = Terminal(options.json)
    targets = len(table.load_table(options.table).built())
    pairs = [_both(options) for _ in range(options.times)]
    seconds = dict(zip(("first", "again"), map(list, zip(*pairs, strict=True)), strict=True))
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    path = options.out / "replay.json"
    runs = {"seeds": options.seeds, "steps": STEPS, "targets": targets, "methods": list(METHODS)}
    document = keep(runs | {"median": medians, "seconds": seconds}, path)
    steps = options.seeds * STEPS * targets * len(METHODS) / 1e6
    shown = ", ".join(f"{name} {median:.1f} s" for name, median in medians.items())
    terminal.show(f"{steps:,.1f} million steps: {shown}", f"written to {path}")
    terminal.document(document)


def _both(options: Benchmark) -> tuple[float, float]:
    """Seconds of the first time, and of the second."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(options, folder), _seconds(options, folder)


def _seconds(options: Benchmark, folder: str) -> float:
    words = [sys.executable, "-m", "dashjax", "replay", str(options.table), "--methods", *METHODS]
    words += ["--seeds", str(options.seeds), "--steps", str(STEPS)]
    told = os.environ | {"XDG_CACHE_HOME": folder}
    told.pop("JAX_COMPILATION_CACHE_DIR", None)
    began = time.perf_counter()
    subprocess.run(words, env=told, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(ending(main))
