"""Trials: looks that were asked for, and what became of them."""

from dataclasses import dataclass
from typing import Any

OPEN, TOLD, FAILED, RELEASED = "open", "told", "failed", "released"


@dataclass(frozen=True)
class Trial:
    """One look at one dataset, as a worker is given it.

    Attributes:
        number: counts the study's trials, from 1; also a seed for its training.
        dataset: what to train with.
        group: where the dataset comes from.
        worker: who asked, if that was said.

    Example:
        >>> import dashjax as dj
        >>> dj.Trial(1, "north-a", "north").dataset
        'north-a'
    """

    number: int
    dataset: str
    group: str
    worker: str | None = None


@dataclass
class TrialRecord:
    """A trial in a study's ledger."""

    number: int
    arm: int  # the dataset's place in the study's list
    state: str
    worker: str | None = None
    reward: float | None = None  # as it was told
    cost: float = 0.0
    reason: str | None = None  # of a failure or release
    asked: float | None = None  # seconds since 1970; None for a look that was never asked for
    heard: float = 0.0  # when it was asked for, or its lease was last renewed
    ended: float | None = None

    def row(self, dataset: str, group: str) -> dict[str, Any]:
        """The trial as a row of plain values."""
        return {
            "trial": self.number,
            "dataset": dataset,
            "group": group,
            "state": self.state,
            "reward": self.reward,
            "cost": self.cost,
            "worker": self.worker,
            "reason": self.reason,
            "asked": self.asked,
            "ended": self.ended,
        }
