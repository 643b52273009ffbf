"""`choose`: from a target and candidates to what should be taken, and what that adds."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from dashjax.choice.check import Check, check
from dashjax.choice.inspection import warnings
from dashjax.choice.outcome import Choice
from dashjax.choice.problem import read_problem
from dashjax.choice.search import Told, open_study, search
from dashjax.choice.settings import ChooseSettings
from dashjax.choice.task import Task, about, task_of_reward, task_of_tables
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.models import MODELS
from dashjax.study.study import Study

_SILENT = Told(lambda study, done: None, lambda done, total: None)


def choose(
    target: str | os.PathLike[str] | LazyDataset,
    candidates: str | os.PathLike[str] | Sequence[LazyDataset],
    *,
    reward: Callable[[str, LazyDataset, int], float] | None = None,
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
        reward: your own measure of what a dataset adds, above 0 where it helps: of the target's
            name, the dataset and the number of the replicate, a seed that is the same for all
            datasets. `target` then is a name alone, and nothing is checked in the end.
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
    if reward is None:
        task = task_of_tables(read_problem(target, candidates, given), given)
    else:
        task = task_of_reward(target, candidates, reward, given)
    with _study_file(given.study) as store, _threads(given.model):
        study = open_study(store, task, given)
        search(study, task, given, told)
        return _choice(study, task, given, told)


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


def _choice(study: Study, task: Task, settings: ChooseSettings, told: Told) -> Choice:
    """What came of it; trains the selection as a whole."""
    looks, certainty = [row["looks"] for row in study.datasets()], study.certainty()
    return Choice(
        target=task.name,
        selection=study.selection,
        certainty=certainty,
        stopped=not study.why.startswith("all "),
        why=study.why,
        metric=task.gain.learner.metric.title if task.gain else "",
        looks=sum(looks),
        failed=sum(row["state"] == "failed" for row in study.trials()),
        saved=len(looks) * max(looks) - sum(looks),
        check=_check(study.selection, task, settings, told),
        study=study.name,
        about=about(task, settings),
        notes=_notes(task),
    )


def _notes(task: Task) -> tuple[str, ...]:
    """What is amiss with datasets that are in memory."""
    if task.gain is None:
        return ()
    target = task.gain.learner.target
    return tuple(warnings(task.gain.in_memory(), target.columns, target))


def _check(
    selection: tuple[str, ...], task: Task, settings: ChooseSettings, told: Told
) -> Check | None:
    by_name = {one.name: one for one in task.candidates}
    if task.gain is None or not selection:
        return None
    return check(task.gain, [by_name[name] for name in selection], settings.checks, told.training)
