"""`choose`: from a target and candidates to what should be taken, and what that adds."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from dashjax.choice.check import check
from dashjax.choice.looks import Reward, reward_looks
from dashjax.choice.outcome import Choice
from dashjax.choice.problem import (
    Problem,
    fingerprint,
    gain_of,
    learner_of,
    read_problem,
    tolerance_of,
)
from dashjax.choice.settings import ChooseSettings
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.gain import Gain
from dashjax.rewards.models import MODELS
from dashjax.study.candidates import Candidate
from dashjax.study.study import Study
from dashjax.study.worker_names import WorkerNames
from dashjax.study.workers import Done, Workers, take_over

_LOOKS_EACH, _LOOKS = 20, 200  # the budget where none is given


class Told(NamedTuple):
    """Who is told what happens: of each look with the study so far, and of each training."""

    look: Callable[[Study, Done], None]
    training: Callable[[int, int], None]


_SILENT = Told(lambda study, done: None, lambda done, total: None)


def choose(
    target: str | os.PathLike[str] | LazyDataset,
    candidates: str | os.PathLike[str] | Sequence[LazyDataset],
    *,
    told: Told = _SILENT,
    **settings: Any,
) -> Choice:
    """Which datasets to take for a target, how sure that is, and what they add to its model.

    A look trains a model on the target's rows and a sample of a dataset, and measures how much
    better that is than the target's rows alone. Looks are made where they tell most, until the
    selection is good with 95 % or nothing helps. Then the selection is trained on as a whole, and
    judged once by the target's test rows.

    Args:
        target: a file of its rows (CSV, Parquet, npz, JSON lines), or the name of one of the
            candidates, which then is none.
        candidates: a folder `group/dataset.csv`, a list `pool.csv` or `pool.toml`, a file with a
            column of datasets, or the datasets.
        told: who is told of progress.
        **settings: `take` (3), `label`, `metric`, `model` ("linear"), `candidate_sample` ("2000"),
            `tolerance`, `budget`, `study`, `workers` (1), `checks` (10), `dataset_column`,
            `group_column`, `split_column`, `ignore`, `validation_share` (.3), `test_share` (.25)
            and `seed` (0); docs/choose.md says of each what it is.

    Raises:
        InputError: if something cannot be read, or is not as needed.

    Example:
        >>> import numpy as np, pyarrow as pa
        >>> import dashjax as dj
        >>> draw = np.random.default_rng(0)
        >>> def rows(sign, count):
        ...     x = draw.normal(size=count)
        ...     return pa.table({"x": x, "y": sign * x + draw.normal(0, 0.3, count) > 0})
        >>> mine = dj.LazyDataset("mine", "mine", lambda: rows(1, 20))
        >>> good = dj.LazyDataset("good", "north", lambda: rows(1, 200))
        >>> bad = dj.LazyDataset("bad", "south", lambda: rows(-1, 200))
        >>> choice = dj.choose(mine, [good, bad], take=1, budget=6, checks=2)
        >>> "bad" in choice.selection
        False
    """
    given = ChooseSettings.of(settings)
    problem = read_problem(target, candidates, given)
    gain = gain_of(problem, learner_of(problem, given), given)
    with _study_file(given.study) as store, _threads(given.model):
        study = _open(store, problem, gain, given)
        _search(study, problem, gain, given, told)
        return _choice(study, problem, gain, given, told)


def _threads(model: str) -> AbstractContextManager:
    """One thread for the algebra of small models, which more only keep waiting for each other."""
    return threadpool_limits(1) if model in MODELS else nullcontext()


@contextmanager
def _study_file(path: str | os.PathLike[str] | None) -> Iterator[str | os.PathLike[str]]:
    """Where looks are kept; a file that goes away afterwards if none is given."""
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="dashjax-") as folder:
        yield Path(folder) / "study.sqlite"


def _open(
    store: str | os.PathLike[str], problem: Problem, gain: Gain, settings: ChooseSettings
) -> Study:
    """The study, made or gone on with; its name says which data and settings its looks are of."""
    pool = [
        Candidate(one.name, one.group, one.cost, one.price, one.size) for one in problem.candidates
    ]
    return Study.open(
        store,
        pool,
        name=f"{problem.name}-{fingerprint(problem, settings)}",
        target=problem.name,
        select=min(settings.take, len(pool)),
        tolerance=tolerance_of(gain, settings),
        steps=settings.budget or max(_LOOKS, _LOOKS_EACH * len(pool)),
        floor=0.0,
        retries=0,
        seed=settings.seed,
    )


def _search(
    study: Study, problem: Problem, reward: Reward, settings: ChooseSettings, told: Told
) -> None:
    """Makes looks until enough is known."""
    names = WorkerNames(socket.gethostname(), study.name)
    looks = reward_looks(study, {one.name: one for one in problem.candidates}, reward)
    try:
        mine = names.claim(settings.workers)
        take_over(study, names, mine)
        Workers(study, looks, lambda done: told.look(study, done)).work(mine)
        take_over(study, names)
    finally:
        names.release()


def _choice(
    study: Study, problem: Problem, gain: Gain, settings: ChooseSettings, told: Told
) -> Choice:
    """What came of it; trains the selection as a whole."""
    looks = [row["looks"] for row in study.datasets()]
    by_name = {one.name: one for one in problem.candidates}
    taken = [by_name[name] for name in study.selection]
    return Choice(
        target=problem.name,
        selection=study.selection,
        certainty=study.certainty(),
        why=study.why,
        metric=gain.learner.metric.title,
        looks=sum(looks),
        failed=sum(row["state"] == "failed" for row in study.trials()),
        saved=len(looks) * max(looks) - sum(looks),
        check=check(gain, taken, settings.checks, told.training) if taken else None,
        study=study.name,
        about=_about(study, problem, gain, settings),
        notes=(),
    )


def _about(
    study: Study, problem: Problem, gain: Gain, settings: ChooseSettings
) -> dict[str, object]:
    """What was done, by name."""
    target = gain.learner.target
    trained, judges = target.replicate(0)
    return {
        "task": target.columns.kind,
        "label": target.columns.label,
        "classes": list(target.columns.classes),
        "features": len(target.columns.numbers) + len(target.columns.texts),
        "metric": gain.learner.metric.name,
        "model": settings.model,
        "tolerance": study.settings["tolerance"],
        "candidates": len(problem.candidates),
        "groups": len({one.group for one in problem.candidates}),
        "rows_trained": len(trained),
        "rows_validated": len(judges),
        "rows_tested": len(target.test),
        "validation_recut": target.validation is None,
    }
