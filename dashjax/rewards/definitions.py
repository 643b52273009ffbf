"""What a reward is: which rows are trained on, and which rows judge (docs/mathematics.md,
section 1.4).

Everything here is row numbers drawn from generators that are named, not shared: a cell's draws
depend on its target, dataset and replicate alone, never on which other cells are asked for.
"""

import hashlib
import json
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dashjax.errors import InputError, unknown
from dashjax.pools.examples import Examples
from dashjax.rewards.settings import TrainingSettings
from dashjax.store.identity import Cell, Job


class Training(NamedTuple):
    """One training of one model and its judgement, as integers.

    Attributes:
        seed: of the initial weights; not used where the local model is the start.
        rows: `[step, batch]` examples of each step.
        judges: `[row]` examples on which accuracy is taken; -1 is padding.
    """

    seed: int
    rows: np.ndarray
    judges: np.ndarray


class Reward(NamedTuple):
    """A reward definition.

    Attributes:
        training: what a cell trains and who judges it.
        from_local: it starts from the target's local model, else from its own initial weights.
        minus_start: the accuracy before training is taken off that after it.
        steps: the setting that says how many steps a cell trains; empty if it does not train.
    """

    training: Callable[[Examples, TrainingSettings, Cell], Training]
    from_local: bool
    minus_start: bool
    steps: str


def local_model(examples: Examples, settings: TrainingSettings, target: str) -> Training:
    """The training of a target's local model, one for each target and settings; no judges."""
    draw, rows = generator(settings.seed, "local model", target), examples.target(target).local
    seed = _seed(draw)
    steps = batches(draw, rows, settings.local_steps, settings.batch)
    return Training(seed, steps, np.empty(0, np.int32))


def selected(examples: Examples, settings: TrainingSettings, job: Job) -> Training:
    """Training from scratch on local and all selected examples, judged by the whole test part.

    Initial weights are a function of target and replicate, so that two selections differ by what
    they hold and not by their start. Test parts are padded to the longest of all targets.
    """
    owner, names = examples.target(job.target), sorted(job.datasets)
    rows = np.concatenate([owner.local, *(dataset_rows(examples, name) for name in names)])
    draw = generator(settings.seed, "selection", job.target, *names, job.replicate)
    start = generator(settings.seed, "selection's start", job.target, job.replicate)
    longest = max(len(target.test) for target in examples.targets)
    return Training(
        _seed(start),
        batches(draw, rows, settings.selection_steps, settings.batch),
        _padded(owner.test, longest),
    )


def _gain(examples: Examples, settings: TrainingSettings, cell: Cell) -> Training:
    return _mixture(examples, settings, cell, steps=settings.fine_tuning_steps)


def _retrain(examples: Examples, settings: TrainingSettings, cell: Cell) -> Training:
    return _mixture(examples, settings, cell, steps=settings.retrain_steps)


def _mixture(examples: Examples, settings: TrainingSettings, cell: Cell, *, steps: int) -> Training:
    """Training on local examples and a sample of the candidate's, judged by validation ones."""
    owner, draw = examples.target(cell.target), generator(settings.seed, "cell", *cell)
    candidates = _sample(draw, dataset_rows(examples, cell.dataset), settings.candidate_sample)
    judges = _sample(draw, owner.validation, settings.validation_batch)
    rows, seed = np.concatenate([owner.local, candidates]), _seed(draw)
    return Training(seed, batches(draw, rows, steps, settings.batch), judges)


def _agreement(examples: Examples, settings: TrainingSettings, cell: Cell) -> Training:
    """No training; the candidate's own examples judge."""
    draw = generator(settings.seed, "cell", *cell)
    judges = _sample(draw, dataset_rows(examples, cell.dataset), settings.agreement_batch)
    no_steps = np.empty((0, settings.batch), np.int32)
    return Training(0, no_steps, _padded(judges, settings.agreement_batch))


REWARDS: dict[str, Reward] = {
    "gain": Reward(_gain, from_local=True, minus_start=True, steps="fine_tuning_steps"),
    "agreement": Reward(_agreement, from_local=True, minus_start=False, steps=""),
    "retrain": Reward(_retrain, from_local=False, minus_start=False, steps="retrain_steps"),
}


def reward_named(name: str) -> Reward:
    """The reward definition of that name.

    Raises:
        InputError: if there is none.
    """
    if name not in REWARDS:
        raise unknown("reward", name, REWARDS)
    return REWARDS[name]


def dataset_rows(examples: Examples, name: str) -> np.ndarray:
    """The rows of the dataset of that name.

    Raises:
        InputError: if there is none, or it is empty.
    """
    if name not in examples.pool.datasets:
        known = ", ".join(examples.pool.datasets)
        raise InputError(f"unknown dataset '{name}'; the pool has {known}")
    rows = examples.candidates[examples.pool.datasets.index(name)]
    if not len(rows):
        raise InputError(f"dataset '{name}' has no examples; leave it out or add some")
    return rows


def generator(*names: str | int) -> np.random.Generator:
    """Random numbers that depend on these names and numbers alone, in every process alike."""
    digest = hashlib.sha256(json.dumps(names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def batches(draw: np.random.Generator, rows: np.ndarray, steps: int, batch: int) -> np.ndarray:
    """`[step, batch]` of `rows`: one shuffle after another, each read to its end."""
    shuffles = math.ceil(steps * batch / len(rows))
    order = [draw.permutation(rows) for _ in range(shuffles)]
    flat = np.concatenate([np.empty(0, np.int32), *order])[: steps * batch]
    return flat.reshape(steps, batch).astype(np.int32)


def _sample(draw: np.random.Generator, rows: np.ndarray, count: int) -> np.ndarray:
    return draw.permutation(rows)[:count].astype(np.int32)


def _padded(rows: np.ndarray, length: int) -> np.ndarray:
    return np.pad(rows.astype(np.int32), (0, length - len(rows)), constant_values=-1)


def _seed(draw: np.random.Generator) -> int:
    return int(draw.integers(2**32))
