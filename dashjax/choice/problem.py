"""A target and its candidates, read and checked; nothing is trained yet."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from dashjax.choice.settings import ChooseSettings
from dashjax.errors import InputError, closest, unknown
from dashjax.pools.datasets import read_datasets
from dashjax.pools.lazy import LazyDataset, ReadingOptions, checked
from dashjax.pools.readers.table_file import read_table, version_of
from dashjax.rewards.columns import columns_of
from dashjax.rewards.gain import Gain, Learner, sample_of
from dashjax.rewards.metrics import METRICS, kind_of_metric, metric_named
from dashjax.rewards.models import model_named
from dashjax.rewards.target_rows import Shares, read_target, split_of

_READ_AT_ONCE = 1 << 28  # bytes of candidates that are all read, and so checked, before any look
_LOCAL_SCORES = 5  # replicates whose local scores say what 1 % of them is


@dataclass(frozen=True)
class Problem:
    """What is to be chosen from, for what.

    Attributes:
        name: of the target.
        candidates: the datasets, without the target.
        version: a text that changes when the target's data do.
    """

    name: str
    table: pa.Table
    where: str
    label: str | None
    candidates: tuple[LazyDataset, ...]
    version: str


def read_problem(
    target: str | os.PathLike[str] | LazyDataset,
    candidates: str | os.PathLike[str] | Sequence[LazyDataset],
    options: ReadingOptions,
) -> Problem:
    """A target, from a file or by its name among the candidates, and the other candidates.

    Raises:
        InputError: if one cannot be read, there is no such target, or its file is a candidate too.
    """
    pool = read_candidates(candidates, options)
    if isinstance(target, LazyDataset):
        return _of_dataset(target, pool)
    name, path = os.fspath(target), Path(target)
    named = [one for one in pool if one.name == name]
    if named:
        return _of_dataset(named[0], pool)
    if not path.is_file():
        hint = closest(name, [one.name for one in pool])
        raise InputError(
            f"there is no target '{name}'{hint}: no file, and no dataset of the pool, is called so"
        )
    for one in pool:
        if one.where and Path(one.where).exists() and path.samefile(one.where):
            raise InputError(
                f"target {path} is also the candidate '{one.name}'; give --target {one.name}, or "
                f"move the file out of the pool"
            )
    return Problem(path.stem, read_table(path), str(path), None, pool, version_of(path))


def read_candidates(
    candidates: str | os.PathLike[str] | Sequence[LazyDataset], options: ReadingOptions
) -> tuple[LazyDataset, ...]:
    """The candidates, from files or as they are given.

    Raises:
        InputError: if they cannot be read, or two share a name.
    """
    if isinstance(candidates, str | os.PathLike):
        return read_datasets(candidates, options)
    return checked(candidates, "the pool")


def _of_dataset(target: LazyDataset, pool: tuple[LazyDataset, ...]) -> Problem:
    others = tuple(one for one in pool if one.name != target.name)
    others = checked(others, f"the pool without its target '{target.name}'")
    return Problem(target.name, target.read(), target.place, target.label, others, target.version)


def learner_of(problem: Problem, settings: ChooseSettings) -> Learner:
    """The target in parts, its metric and its model.

    Raises:
        InputError: if the target, metric or model is not as needed.
    """
    if settings.metric is not None and settings.metric not in METRICS:
        raise unknown("metric", settings.metric, METRICS)
    table, parts = problem.table, None
    if settings.split_column is not None:
        parts = split_of(table, settings.split_column, problem.where)
        table = table.drop_columns([settings.split_column])
    label = settings.label or problem.label
    kind = kind_of_metric(settings.metric)
    columns = columns_of(table, problem.where, label, settings.ignore, kind)
    cuts = Shares(settings.validation_share, settings.test_share), settings.seed
    target = read_target(table, problem.name, columns, parts, cuts)
    metric = metric_named(settings.metric, columns.kind, len(columns.classes))
    return Learner(target, model_named(settings.model, columns.kind, len(columns.classes)), metric)


def gain_of(problem: Problem, learner: Learner, settings: ChooseSettings) -> Gain:
    """The reward; where the candidates are not large, all have been read and checked.

    Raises:
        InputError: if a candidate that was read is not like the target.
    """
    gain = Gain(learner, sample_of(settings.candidate_sample))
    if sum(one.bytes for one in problem.candidates) <= _READ_AT_ONCE:
        for one in problem.candidates:
            gain.rows(one)
    return gain


def tolerance_of(gain: Gain, settings: ChooseSettings) -> float:
    """How far a good selection may fall short, in units of the metric."""
    if settings.tolerance is not None:
        return settings.tolerance
    if gain.learner.metric.bounded:
        return 0.01
    scores = [gain.local(number) for number in range(_LOCAL_SCORES)]
    return float(f"{0.01 * sum(scores) / len(scores):.2g}")


def fingerprint(
    candidates: Sequence[LazyDataset], settings: ChooseSettings, target: str, version: str
) -> str:
    """A short text that changes when rewards would: data, metric, model, sample, cuts, seed."""
    asked = {"take": 1, "budget": None, "study": None, "workers": 1, "checks": 1, "tolerance": None}
    data = [
        f"{one.name} {one.version} {one.size} {one.label} {dict(one.classes)}" for one in candidates
    ]
    text = json.dumps([repr(replace(settings, **asked)), target, version, sorted(data)])
    return hashlib.sha256(text.encode()).hexdigest()[:8]
