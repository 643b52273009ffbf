"""What every experiment is told; it imports nothing heavy."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dashjax.errors import check_seed

if TYPE_CHECKING:
    from dashjax.bandit.methods import Method
    from dashjax.bandit.stopping.rules import Rule


@dataclass(frozen=True)
class Plan:
    """How long to run and what to ask of the selection.

    Attributes:
        steps: exploration steps of each run.
        select: size of the best set that is looked for.
        selection: `top-k`, `percentile` or `group-then-arm`.
        tolerance: a selection is right if its mean utility is within this of the best set's.
        tolerance_share: in place of a tolerance, a share of the spread between datasets, or of how
            far the best lies above the floor (see `simulate.tolerance`).
        stop: stop rules, each by itself (see `bandit.stopping`); where there are none, a method's
            own.
        batch: pulls asked at once.
        until_stopped: a run ends when each of its stop rules has held; else they only say when.

    Example:
        >>> import dashjax as dj
        >>> plan = dj.Plan(steps=60, select=3, stop=(dj.stopping.rule("good-selection:.9:.02"),))
        >>> plan.described()["stop"]
        ['good-selection:.9:.02']
    """

    steps: int
    select: int
    selection: str = "top-k"
    tolerance: float = 0.01
    stop: "tuple[Rule, ...]" = ()
    batch: int = 1
    until_stopped: bool = False
    tolerance_share: float | None = None

    def described(self) -> dict[str, Any]:
        """The plan as plain values, stop rules by their names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"stop": [rule.name for rule in self.stop]}


@dataclass(frozen=True)
class Settings:
    """What every experiment is told.

    Attributes:
        methods: names of methods, or methods.
        plan: steps, size of the selection, tolerance.
        seeds: runs of each method.
        seed: decides all runs.
        grouping: how the methods see the pool's datasets grouped.

    Raises:
        InputError: if the seed is out of range.
    """

    methods: "tuple[str | Method, ...]"
    plan: Plan
    seeds: int
    seed: int = 0
    grouping: str = "perfect"

    def __post_init__(self) -> None:
        check_seed(self.seed)
