"""What a replay or sweep will take, estimated before it starts, and refused where it is too much.

The estimates are rather too low: what they refuse cannot be done here.
"""

from typing import NamedTuple

import jax

from dashjax.engine.batches import rounds_of
from dashjax.engine.sizes import check_memory, in_words
from dashjax.errors import InputError

MOST_DATASETS = 100_000  # each has a place in the memory of every run
MOST_STEPS = 1_000_000  # so has each of them
MOST_SEEDS = 4 * 10**9  # runs are numbered with 32 bits
_MOST_WORK = 10**17  # looks of a policy at a dataset
_SPEED = 10**9  # such looks of a core in a second; see benchmarks/engine.py
_YEAR = 365 * 24 * 3600
_FRAME_ROW = 700  # bytes of a row of plain values, which a frame has for each step and dataset
_ROUNDS = 2  # that are in memory at a time, see `batches`
_SUMMED = 17  # bytes of a number of a block while it is added up, see `metrics.Tally`
_NUMBER = 4  # bytes


class Size(NamedTuple):
    """How much is asked for."""

    seeds: int
    steps: int
    arms: int
    sweeps: int = 1  # methods times targets
    rules: int = 0  # stop rules of a method
    ends_early: bool = False  # runs end when stopped
    course: bool = False  # what was pulled, and what came of it, is kept of every step


def check_datasets(groups: int, arms: int) -> None:
    """Refuses a synthetic pool of more datasets than a run has room for.

    Raises:
        InputError: with the number of datasets.
    """
    if groups * arms > MOST_DATASETS:
        raise InputError(
            f"{in_words(groups)} groups of {in_words(arms)} datasets are more than "
            f"{MOST_DATASETS:,} datasets; give fewer"
        )


def check(size: Size) -> None:
    """Refuses runs that this machine's memory cannot hold, or that would not end for years.

    Raises:
        InputError: with an estimate of memory or time.
    """
    _check_counts(size)
    work = size.seeds * size.steps * size.arms * size.sweeps
    if work > _MOST_WORK:
        raise InputError(
            f"{_asked(size)} would take at least {in_words(work // (_SPEED * _YEAR))} years of one "
            f"core; ask for fewer seeds or steps"
        )
    memory = _memory(size)
    most = max(memory, key=lambda name: memory[name])
    check_memory(sum(memory.values()), _asked(size), f"ask for fewer {most}")


def _check_counts(size: Size) -> None:
    for what, count, most in (
        ("steps", size.steps, MOST_STEPS),
        ("seeds", size.seeds, MOST_SEEDS),
    ):
        if count < 1:
            raise InputError(f"{in_words(count)} {what}: there must be at least 1")
        if count > most:
            raise InputError(f"{in_words(count)} {what} are more than {most:,}; give fewer")


def _asked(size: Size) -> str:
    """What is asked for, in words."""
    times = f"{size.sweeps:,} times (methods and targets) " if size.sweeps > 1 else ""
    return (
        f"{times}{in_words(size.seeds)} seeds of {in_words(size.steps)} steps with "
        f"{in_words(size.arms)} datasets"
    )


def _memory(size: Size) -> dict[str, int]:
    """Bytes that are held at once, by what they grow with."""
    rounds = rounds_of(size.steps, size.arms, size.seeds, ends_early=size.ends_early)
    of_step = _NUMBER * (3 if size.course else 1)
    in_flight = _ROUNDS * rounds.width * of_step + rounds.size * _SUMMED
    at_once = jax.local_device_count() * rounds.size if size.ends_early else 0
    selections = _ROUNDS * at_once * size.arms
    of_run = 2 * (2 * _NUMBER + size.arms + 3 * _NUMBER * size.rules)  # in parts, and put together
    return {
        "steps": size.steps * (in_flight + selections + size.sweeps * _FRAME_ROW),
        "datasets": size.arms * size.sweeps * _FRAME_ROW,
        "seeds": size.seeds * of_run,
    }
