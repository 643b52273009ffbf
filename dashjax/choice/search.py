"""The looks of a choice, by a study that is kept."""

import os
import socket
from collections.abc import Callable
from typing import NamedTuple

from dashjax.choice.looks import reward_looks
from dashjax.choice.settings import ChooseSettings
from dashjax.choice.task import Task
from dashjax.store.studies import open_store
from dashjax.study.candidates import Candidate
from dashjax.study.study import Study
from dashjax.study.worker_names import WorkerNames
from dashjax.study.workers import Done, Workers, take_over

_LOOKS_EACH, _LOOKS = 20, 200  # the budget where none is given
_RETRIES = 2  # failures in a row of a reward of the caller's, which may fail by chance


class Told(NamedTuple):
    """Who is told what happens: of each look with the study so far, and of each training."""

    look: Callable[[Study, Done], None]
    training: Callable[[int, int], None]


def open_study(store: str | os.PathLike[str], task: Task, settings: ChooseSettings) -> Study:
    """The study, made or gone on with; a new one takes over the looks of others of its kind.

    Its name says which data and settings its looks are of, and what is asked of them: so changed
    data begin anew, and another number to take or budget goes on from the looks that there are.
    """
    pool = [
        Candidate(one.name, one.group, one.cost, one.price, one.size) for one in task.candidates
    ]
    wanted = {
        "select": min(settings.take, len(pool)),
        "tolerance": task.tolerance,
        "steps": settings.budget or max(_LOOKS, _LOOKS_EACH * len(pool)),
    }
    kind = f"{task.name}-{task.version}"
    name = f"{kind}-{'-'.join(f'{value:g}' for value in wanted.values())}"
    study = Study.open(
        store,
        pool,
        name=name,
        target=task.name,
        floor=0.0,
        retries=0 if task.gain else _RETRIES,
        seed=settings.seed,
        **wanted,
    )
    if not study.trials():
        _take_looks(study, store, kind)
    return study


def _take_looks(study: Study, store: str | os.PathLike[str], kind: str) -> None:
    """Tells the looks of the study of the same kind that has most."""
    others = [one for one in open_store(store).studies() if one.startswith(f"{kind}-")]
    told = [
        [row for row in Study.open(store, name=one).trials() if row["state"] == "told"]
        for one in others
        if one != study.name
    ]
    for row in max(told, key=len, default=[]):
        study.tell(row["dataset"], row["reward"], key=f"{kind} trial {row['trial']}")


def search(study: Study, task: Task, settings: ChooseSettings, told: Told) -> None:
    """Makes looks until enough is known."""
    names = WorkerNames(socket.gethostname(), f"{settings.study}/{study.name}")
    looks = reward_looks(study, {one.name: one for one in task.candidates}, task.reward)
    try:
        mine = names.claim(settings.workers)
        take_over(study, names, mine)
        Workers(study, looks, lambda done: told.look(study, done)).work(mine)
        take_over(study, names)
    finally:
        names.release()
