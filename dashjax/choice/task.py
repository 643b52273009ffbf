"""What is chosen from, for what, and how a look at it is measured."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dashjax.choice.looks import Reward
from dashjax.choice.problem import (
    Problem,
    fingerprint,
    gain_of,
    learner_of,
    read_candidates,
    tolerance_of,
)
from dashjax.choice.settings import ChooseSettings
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.gain import Gain
from dashjax.rewards.models import source_of, version_of_model


@dataclass(frozen=True)
class Task:
    """What is chosen from, and how it is measured.

    Attributes:
        name: of the target.
        candidates: the datasets.
        version: a text that changes when rewards would.
        reward: what a look measures.
        gain: that, where it is ours; None where it is the caller's.
        tolerance: how far a good selection may fall short.
    """

    name: str
    candidates: tuple[LazyDataset, ...]
    version: str
    reward: Reward
    gain: Gain | None
    tolerance: float


def task_of_tables(problem: Problem, settings: ChooseSettings) -> Task:
    """Measured by our own reward.

    Raises:
        InputError: if the target or a candidate is not as needed.
    """
    gain = gain_of(problem, learner_of(problem, settings), settings)
    version = problem.version + version_of_model(settings.model)
    return Task(
        problem.name,
        problem.candidates,
        fingerprint(problem.candidates, settings, problem.name, version),
        gain,
        gain,
        tolerance_of(gain, settings),
    )


def task_of_reward(
    target: str | os.PathLike[str] | LazyDataset,
    candidates: str | os.PathLike[str] | Sequence[LazyDataset],
    reward: Callable[[str, LazyDataset, int], float],
    settings: ChooseSettings,
) -> Task:
    """Measured by the caller's reward; the target is a name."""
    name = target.name if isinstance(target, LazyDataset) else os.fspath(target)
    pool = tuple(one for one in read_candidates(candidates, settings) if one.name != name)
    version = fingerprint(pool, settings, name, source_of(reward))
    return Task(name, pool, version, partial(reward, name), None, settings.tolerance or 0.01)


def about(task: Task, settings: ChooseSettings) -> dict[str, Any]:
    """What was done, by name."""
    found: dict[str, Any] = {
        "tolerance": task.tolerance,
        "candidates": len(task.candidates),
        "groups": len({one.group for one in task.candidates}),
    }
    if task.gain is None:
        return found
    learner = task.gain.learner
    target, columns = learner.target, learner.target.columns
    trained, judges = target.replicate(0)
    return found | {
        "task": columns.kind,
        "label": columns.label,
        "classes": list(columns.classes),
        "features": len(columns.numbers) + len(columns.texts),
        "metric": learner.metric.name,
        "model": settings.model,
        "rows_trained": len(trained),
        "rows_validated": len(judges),
        "rows_tested": len(target.test),
        "validation_recut": target.validation is None,
    }
