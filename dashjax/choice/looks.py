"""Looks at datasets by a reward of Python's, for the workers of a study."""

import math
from collections.abc import Callable, Mapping

from dashjax.errors import InputError
from dashjax.pools.lazy import LazyDataset
from dashjax.study.program import Outcome
from dashjax.study.study import Study
from dashjax.study.trials import Trial
from dashjax.study.workers import Looks

# What a look measures: of a dataset and the number of the replicate, from 0.
Reward = Callable[[LazyDataset, int], float]


def reward_looks(study: Study, datasets: Mapping[str, LazyDataset], reward: Reward) -> Looks:
    """Looks by a function; one of Python's cannot be ended, and is waited for.

    The n-th look at any dataset is replicate n, so what a replicate has in common for all datasets
    cancels where they are compared. It follows from the study's trials alone: a look that was cut
    off is made again as it was.

    Args:
        study: whose looks they are.
        datasets: by name.
        reward: what is measured.
    """

    def make(trial: Trial) -> Outcome:
        try:
            value = float(reward(datasets[trial.dataset], _replicate(study, trial)))
        except InputError as error:
            return Outcome(None, str(error))
        except Exception as error:  # the user's own code: a failed look, not the end of the study
            return Outcome(None, f"{type(error).__name__}: {error}")
        if not math.isfinite(value):
            return Outcome(None, f"the reward is {value}, which is no finite number")
        return Outcome(value, "")

    return Looks(make, lambda: None, "nothing was measured yet")


def _replicate(study: Study, trial: Trial) -> int:
    """How many trials of the same dataset came before."""
    earlier = (row for row in study.trials() if row["trial"] < trial.number)
    return sum(row["dataset"] == trial.dataset for row in earlier)
