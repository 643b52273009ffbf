"""The generator's words as raw 32-bit numbers without end, for a public battery of tests to read.

    python -m benchmarks.generator | dieharder -a -g 200             # one key's, one after another
    python -m benchmarks.generator --by-run | dieharder -a -g 200    # those of runs side by side
    python -m benchmarks.generator --rounds 20 | dieharder -a -g 200
    python -m benchmarks.generator --battery short    # some tests, in minutes; needs dieharder
    python -m benchmarks.generator --battery whole    # all of its tests, in hours

One after another: the numbers of `threefry.key(0)` and, after the last of its 2^30, of `key(1)` and
so on. By run: 512 runs at a time, whose keys are `fold_in(threefry.key(0), run)`; in each of 200
steps 16 numbers of `fold_in(run's key, step)`: the first of all runs, the second of all runs, ...
The short battery reads both orders from their beginning in every test, the whole one reads on from
test to test; a row a p-value goes to `generator.json`, with dieharder's own assessment.
"""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from rich.table import Table

from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.engine import threefry
from dashjax.errors import InputError
from dashjax.store.machine import keep
from dashjax.store.results import Row

RUNS, STEPS, NUMBERS = 512, 200, 16  # of a block by run
WORDS = 2**20  # of a block one after another
_OF_A_KEY = 2**30
ORDERS = ("one after another", "by run")
TESTS = {  # of a battery: what dieharder is told
    "short": (
        *(("-d", str(test)) for test in (0, 1, 2, 3, 4, 8, 9, 15, 100, 101, 102, 205, 206, 209)),
        ("-d", "200", "-n", "3", "-p", "10"),  # all of its hundred samples take minutes
    ),
    "whole": (("-a",),),
}


@dataclass(frozen=True)
class Stream:
    """Write words to stdout, or have them tested."""

    rounds: Literal[13, 20] = threefry.ROUNDS
    """Of the generator."""
    by_run: bool = False
    """Write the words of runs side by side, as a sweep uses them."""
    battery: Literal["short", "whole"] | None = None
    """Run tests of dieharder on both orders instead."""
    out: Path = Path("benchmarks/results")
    """Where the battery's results go."""


def main() -> None:
    """Writes until nobody reads, or runs the battery.

    Raises:
        InputError: if there is no dieharder, or the words would go to a terminal.
    """
    options = tyro.cli(Stream, description=__doc__)
    if options.battery:
        battery(TESTS[options.battery], options)
    elif sys.stdout.isatty():
        raise InputError("the words are not for a terminal; pipe them into a test or a file")
    else:
        write(by_run(options.rounds) if options.by_run else one_after_another(options.rounds))


def one_after_another(rounds: int) -> Iterator[np.ndarray]:
    """Blocks of one key's words, `[WORDS]`, then of the next seed's."""
    # as `jax.random.bits`, which always begins with a key's first number
    left = jax.jit(
        lambda words, first: threefry.threefry(
            (words[0], words[1]),
            (first + jnp.arange(WORDS, dtype=jnp.uint32), words[2]),
            rounds,
        )[0]
    )
    for seed in itertools.count():
        words = jax.random.key_data(threefry.key(seed, rounds))
        for first in range(0, _OF_A_KEY, WORDS):
            yield np.asarray(left(words, jnp.uint32(first)))


def by_run(rounds: int) -> Iterator[np.ndarray]:
    """Blocks of the words of runs side by side, `[step, number, run]`."""
    root = threefry.key(0, rounds)

    def drawn(number: Any, step: Any) -> Any:
        own = jax.random.fold_in(root, number)
        return jax.random.bits(jax.random.fold_in(own, step), (NUMBERS,), jnp.uint32)

    of_runs = jax.vmap(drawn, in_axes=(0, None), out_axes=1)
    block = jax.jit(jax.vmap(of_runs, in_axes=(None, 0)))
    for first in itertools.count(step=RUNS):
        numbers = jnp.arange(first, first + RUNS, dtype=jnp.uint32)
        yield np.asarray(block(numbers, jnp.arange(STEPS, dtype=jnp.uint32)))


def write(blocks: Iterator[np.ndarray]) -> None:
    """Writes blocks to stdout, in this machine's order of bytes, until its reader goes."""
    try:
        for block in blocks:
            sys.stdout.buffer.write(block.tobytes())
    except BrokenPipeError:  # what is still to be written must not fail at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def battery(tests: tuple[tuple[str, ...], ...], options: Stream) -> None:
    """Runs the tests on both orders, prints the rows and writes them.

    Raises:
        InputError: if there is no dieharder.
    """
    if not shutil.which("dieharder"):
        raise InputError("the battery needs dieharder; install it: apt-get install dieharder")
    terminal = Terminal(as_json=False)
    rows = []
    with terminal.progress() as advance:
        todo = list(itertools.product(ORDERS, tests))
        for done, (order, test) in enumerate(todo):
            advance(f"{order}: dieharder {' '.join(test)}", done, len(todo))
            rows += [{"order": order} | row for row in parsed(_tested(order, test, options.rounds))]
    version = subprocess.run(["dieharder", "-V"], capture_output=True, text=True).stdout.strip()
    path = options.out / "generator.json"
    found = {"battery": f"dieharder {version}", "rounds": options.rounds, "rows": rows}
    keep(found, path)
    terminal.show(table(rows), f"written to {path}")


def parsed(said: str) -> list[Row]:
    """The rows of what dieharder says: lines of six fields, of which the fifth is a number."""
    rows = []
    for line in said.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 6 and fields[4] != "p-value":
            name, *counts, value, assessment = fields
            row: Row = dict(zip(("size", "samples", "repeated"), map(int, counts), strict=True))
            rows.append({"test": name} | row | {"p": float(value), "assessment": assessment})
    return rows


def table(rows: list[Row]) -> Table:
    """The rows for a person."""
    shown = Table(box=None)
    for heading in ("order", "test", "size", "p", "assessment"):
        shown.add_column(heading, justify="right" if heading in ("size", "p") else "left")
    for row in rows:
        figures = str(row["size"]), f"{row['p']:.4f}"
        shown.add_row(row["order"], row["test"], *figures, row["assessment"])
    return shown


def _tested(order: str, test: tuple[str, ...], rounds: int) -> str:
    """What dieharder says of the words in that order.

    Raises:
        InputError: if it fails.
    """
    words = [sys.executable, "-m", "benchmarks.generator", "--rounds", str(rounds)]
    words += ["--by-run"] if order == "by run" else []
    reading = ["dieharder", "-g", "200", *test]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as source:
        done = subprocess.run(reading, stdin=source.stdout, capture_output=True, text=True)
        if source.stdout:
            source.stdout.close()
    if done.returncode or source.returncode:
        raise InputError(f"'{' '.join(reading)}' failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(ending(main))
