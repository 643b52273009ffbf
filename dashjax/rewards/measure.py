"""Rewards and final accuracies for the cells that a table lacks.

Cells go in blocks of one fixed size, a block to each thread (XLA releases the interpreter's lock).
A finished block is handed to `commit` before the next is waited for, so that a build that is
killed loses the blocks in flight and nothing else.
"""

import os
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dashjax.errors import InputError
from dashjax.pools.examples import Examples
from dashjax.rewards.definitions import Training, dataset_rows, local_model, reward_named, selected
from dashjax.rewards.limits import BLOCK
from dashjax.rewards.networks import Parameters, network
from dashjax.rewards.settings import TrainingSettings
from dashjax.rewards.trainer import Data, Trainer, trainer
from dashjax.store.identity import Cell, Job

CommitRewards = Callable[[list[tuple[Cell, float, float]]], None]
CommitAccuracies = Callable[[list[tuple[Job, float, float]]], None]
Progress = Callable[[int, int], None]


def compute_rewards(
    examples: Examples,
    settings: TrainingSettings,
    reward: str,
    cells: Sequence[Cell],
    *,
    commit: CommitRewards,
    progress: Progress,
) -> None:
    """Commits the reward of every cell, a block at a time (docs/mathematics.md, section 1.4).

    A cell's reward depends on examples, settings, reward and its own names alone, not on the
    other cells nor on their order.

    Args:
        examples: the pool with its data.
        settings: how models are trained and rewards measured.
        reward: `gain`, `agreement` or `retrain`.
        cells: what is still missing.
        commit: gets lists of (cell, reward, seconds of one thread), in the order of `cells`.
        progress: gets how many cells are done and how many there are, after each commit.

    Raises:
        InputError: before any work if a name or a size is wrong; later if training diverges.
    """
    definition = reward_named(reward)
    check_cells(examples, settings, reward, cells)
    if not cells:
        return
    works = _works(examples, settings)
    targets = sorted({cell.target for cell in cells})
    local = _local_models(works, examples, settings, targets) if definition.from_local else None

    def measure(block: Sequence[Cell]) -> np.ndarray:
        trainings = [definition.training(examples, settings, cell) for cell in block]
        if definition.from_local:
            start = works.pick(local, [targets.index(cell.target) for cell in block])
        else:
            start = works.start(trainings)
        after = works.judge(works.fit(start, trainings), trainings)
        return after - works.judge(start, trainings) if definition.minus_start else after

    _in_blocks(measure, cells, settings, commit=commit, progress=progress)


def selection_accuracies(
    examples: Examples,
    settings: TrainingSettings,
    jobs: Sequence[Job],
    *,
    commit: CommitAccuracies,
    progress: Progress,
) -> None:
    """Commits the test accuracy of each job: trained from scratch on local and selected examples.

    No selected dataset at all is the local baseline. `commit`, `progress` and errors are as for
    `compute_rewards`.
    """
    _check_jobs(examples, jobs)
    works = _works(examples, settings)

    def measure(block: Sequence[Job]) -> np.ndarray:
        trainings = [selected(examples, settings, job) for job in block]
        return works.judge(works.fit(works.start(trainings), trainings), trainings)

    _in_blocks(measure, jobs, settings, commit=commit, progress=progress)


def check_cells(
    examples: Examples, settings: TrainingSettings, reward: str, cells: Sequence[Cell]
) -> None:
    """Refuses cells that cannot be computed.

    Raises:
        InputError: naming what is unknown, too small or too large.
    """
    _trainer_for(examples, settings)
    for dataset in sorted({cell.dataset for cell in cells}):
        dataset_rows(examples, dataset)
    for name in sorted({cell.target for cell in cells}):
        _check_local(examples, name)
        there = len(examples.target(name).validation)
        if reward != "agreement" and there < settings.validation_batch:
            raise InputError(
                f"validation_batch is {settings.validation_batch}, but target '{name}' has "
                f"{there} validation examples; give a smaller batch or more examples"
            )


class _Works(NamedTuple):
    """A trainer with its data, for blocks of up to `BLOCK` trainings."""

    trainer: Trainer
    data: Data

    def start(self, trainings: Sequence[Training]) -> Parameters:
        """Initial parameters of each training from its seed."""
        seeds = np.array([training.seed for training in trainings], np.uint32)
        return self.trainer.start(_filled(seeds), _count(trainings))

    def fit(self, start: Parameters, trainings: Sequence[Training]) -> Parameters:
        """Trained parameters of each training."""
        rows = np.stack([training.rows for training in trainings])
        return self.trainer.fit(start, _filled(rows), self.data, _count(trainings))

    def judge(self, parameters: Parameters, trainings: Sequence[Training]) -> np.ndarray:
        """Accuracy of each model before its training's judges, float64."""
        rows = np.stack([training.judges for training in trainings])
        found = self.trainer.accuracy(parameters, _filled(rows), self.data, _count(trainings))
        return np.asarray(found, np.float64)[: len(trainings)]

    def pick(self, parameters: Parameters, places: Sequence[int]) -> Parameters:
        """The models at `places` of a stack of models."""
        index = _filled(np.asarray(places, np.int32))
        return jax.tree.map(lambda leaf: leaf[index], parameters)


def _works(examples: Examples, settings: TrainingSettings) -> _Works:
    inputs = examples.inputs
    if inputs.dtype != np.uint8:
        inputs = inputs.astype(np.float32)
    data = Data(jnp.asarray(inputs), jnp.asarray(examples.labels, jnp.int32))
    return _Works(_trainer_for(examples, settings), data)


def _trainer_for(examples: Examples, settings: TrainingSettings) -> Trainer:
    return _trainer(examples.inputs.shape[1:], examples.classes, replace(settings, seed=0))


@lru_cache(maxsize=16)
def _trainer(shape: tuple[int, ...], classes: int, settings: TrainingSettings) -> Trainer:
    """Kept, so that nothing compiles again for a second set of cells."""
    model = network(
        shape,
        classes,
        convolution_widths=settings.convolution_widths,
        dense_width=settings.dense_width,
        feature_widths=settings.feature_widths,
    )
    return trainer(model, optax.adam(settings.learning_rate))


def _local_models(
    works: _Works, examples: Examples, settings: TrainingSettings, targets: Sequence[str]
) -> Parameters:
    """The local models of those targets, stacked."""
    models = []
    for first in range(0, len(targets), BLOCK):
        block = targets[first : first + BLOCK]
        trainings = [local_model(examples, settings, target) for target in block]
        models.append(works.fit(works.start(trainings), trainings))
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *models)


def _in_blocks(
    measure: Callable[[Any], np.ndarray],
    items: Sequence[Any],
    settings: TrainingSettings,
    *,
    commit: Callable[[list[tuple[Any, float, float]]], None],
    progress: Progress,
) -> None:
    done = 0
    with closing(_in_threads(measure, items)) as results:
        for block, values, seconds in results:
            _check_finite(block, values, settings)
            commit(
                [(item, float(value), seconds) for item, value in zip(block, values, strict=True)]
            )
            done += len(block)
            progress(done, len(items))


def _in_threads(
    measure: Callable[[Any], np.ndarray], items: Sequence[Any]
) -> Generator[tuple[Sequence[Any], np.ndarray, float]]:
    """Blocks in order, each with its values and the seconds that one of its items took."""

    def timed(block: Sequence[Any]) -> tuple[Sequence[Any], np.ndarray, float]:
        began = time.perf_counter()
        values = measure(block)
        return block, values, (time.perf_counter() - began) / len(block)

    blocks = [items[first : first + BLOCK] for first in range(0, len(items), BLOCK)]
    threads = ThreadPoolExecutor(_threads())
    try:
        for future in [threads.submit(timed, block) for block in blocks]:
            yield future.result()
    finally:
        threads.shutdown(cancel_futures=True)


def _threads() -> int:
    # small matrix products leave cores idle; a second caller takes them
    return (os.cpu_count() or 1) if jax.default_backend() == "cpu" else 1


def _filled(array: np.ndarray) -> jax.Array:
    empty = [(0, BLOCK - len(array))] + [(0, 0)] * (array.ndim - 1)
    return jnp.asarray(np.pad(array, empty))


def _count(trainings: Sequence[Training]) -> jax.Array:
    return jnp.asarray(len(trainings), jnp.int32)


def _check_jobs(examples: Examples, jobs: Sequence[Job]) -> None:
    for dataset in sorted(set().union(*(job.datasets for job in jobs))):
        dataset_rows(examples, dataset)
    for name in sorted({job.target for job in jobs}):
        _check_local(examples, name)
        if not len(examples.target(name).test):
            raise InputError(f"target '{name}' has no test examples to judge a selection by")


def _check_local(examples: Examples, target: str) -> None:
    if not len(examples.target(target).local):
        raise InputError(f"target '{target}' has no local examples to train its model on")


def _check_finite(block: Sequence[Any], values: np.ndarray, settings: TrainingSettings) -> None:
    for item, value in zip(block, values, strict=True):
        if not np.isfinite(value):
            name = ", ".join(f"{field} {said}" for field, said in item._asdict().items())
            raise InputError(
                f"training diverged at {name}: its accuracy is {value}; lower learning_rate "
                f"(it is {settings.learning_rate}), or mend inputs that are not finite"
            )
