"""Studies to try things on; all of one shape, so that they share what is compiled."""

import random
from pathlib import Path

import worlds

from dashjax.study.study import Study

POOL = worlds.pool_of(2, 4, 1, 3)
UTILITY = dict(zip(POOL.datasets, (0.1, 0.4, 0.2, 0.3, 0.6, 0.0, 0.5, 0.1, 0.7, 0.3), strict=True))


def study_at(store: Path | str, **settings) -> Study:
    """The usual study, made or opened."""
    return Study.open(store, POOL, **({"target": "hand", "select": 3, "steps": 60} | settings))


def reward_of(dataset: str, number: int) -> float:
    """What a look brings; the same for the same trial."""
    return UTILITY.get(dataset, 0.35) + random.Random(f"{dataset}/{number}").gauss(0, 0.05)


def look(study: Study, worker: str | None = None) -> str:
    """Asks and tells once; gives the dataset."""
    trial = study.ask(worker)
    study.tell(trial, reward_of(trial.dataset, trial.number))
    return trial.dataset
