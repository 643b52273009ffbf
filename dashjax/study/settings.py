"""What a study is told when it is created, and keeps; it imports nothing heavy."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from dashjax.errors import InputError, check_seed, unknown
from dashjax.priors.settings import PriorSettings

_DIRECTIONS = ("higher", "lower")
_HORIZON, _LOOKS_EACH = 200, 4  # looks that are planned for where no number is given


@dataclass(frozen=True)
class StudySettings:
    """What a study looks for, and how.

    Attributes:
        target: the task whose model is to be improved.
        select: how many datasets are wanted, at most.
        method: name of the method that asks.
        stop: the stop rule; None: the method's own, for `tolerance`.
        tolerance: how far a good selection may fall short of the best, in units of reward.
        steps: looks after which the study ends at the latest; None: as many as it takes.
        exploration_budget: cost after which it ends at the latest, in the unit of the datasets'
            costs.
        budget: what the prices of the selection may add up to; None: prices do not matter.
        direction: `higher` or `lower`, whichever reward is better.
        floor: the reward of taking nothing; None where there is none.
        retries: failures in a row after which a dataset is not asked again.
        lease: hours after which a trial that nothing was heard of is given to another worker; None:
            it waits for its own.
        seed: decides everything that is drawn by chance.
        prior: what is known beforehand, for methods that must be told.

    Raises:
        InputError: if a value is out of range.
    """

    target: str = ""
    select: int = 3
    method: str = "best"
    stop: str | None = None
    tolerance: float = 0.01
    steps: int | None = None
    exploration_budget: float | None = None
    budget: float | None = None
    direction: str = "higher"
    floor: float | None = None
    retries: int = 2
    lease: float | None = None
    seed: int = 0
    prior: PriorSettings | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.direction not in _DIRECTIONS:
            raise unknown("direction", self.direction, _DIRECTIONS)
        for name in ("select", "steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; give 1 or more")
        for name in ("tolerance", "exploration_budget", "budget", "retries", "lease"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise InputError(f"{name} is {value}; give a number from 0")
        if self.lease == 0:
            raise InputError("lease is 0, so each trial is over at once; give hours, or none")
        if self.floor is not None and not math.isfinite(self.floor):
            raise InputError(f"floor is {self.floor}; give a finite number, or none")

    @property
    def sign(self) -> int:
        """1 where higher rewards are better, else -1."""
        return 1 if self.direction == "higher" else -1

    def horizon(self, datasets: int) -> int:
        """Looks that are planned for."""
        return self.steps or max(_HORIZON, _LOOKS_EACH * datasets)

    def plain(self) -> dict[str, Any]:
        """The settings as values that JSON has."""
        return asdict(self)

    @classmethod
    def of_plain(cls, values: dict[str, Any]) -> "StudySettings":
        """The settings that `plain` gave."""
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if given.get("prior"):
            given["prior"] = PriorSettings(**given["prior"])
        return cls(**given)

    def check_same(self, given: dict[str, Any], study: str) -> None:
        """Refuses to go on with other settings than those that the study was created with.

        Raises:
            InputError: naming the first that differs.
        """
        for name, value in given.items():
            if value is not None and value != getattr(self, name):
                raise InputError(
                    f"study '{study}' was created with {name} {getattr(self, name)}, and {value} "
                    f"is asked for; leave it out, or create a study of another name"
                )
