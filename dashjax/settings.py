"""What can be asked for, checked; it imports nothing heavy, so that `--help` is quick."""

from dataclasses import asdict, dataclass, fields

from dashjax.errors import InputError


@dataclass(frozen=True)
class Plan:
    """How long to run and what to ask of the selection.

    Attributes:
        steps: exploration steps of each run.
        select: size of the best set that is looked for.
        selection: `top-k`, `percentile` or `group-then-arm`.
        tolerance: a selection is right if its mean utility is within this of the best set's.
    """

    steps: int
    select: int
    selection: str = "top-k"
    tolerance: float = 0.01


@dataclass(frozen=True)
class Settings:
    """What every experiment is told.

    Attributes:
        methods: names of the methods.
        plan: steps, size of the selection, tolerance.
        seeds: runs of each method.
        seed: decides all runs.
        grouping: how the methods see the pool's datasets grouped.
    """

    methods: tuple[str, ...]
    plan: Plan
    seeds: int
    seed: int = 0
    grouping: str = "perfect"


@dataclass(frozen=True)
class PriorSettings:
    """A prior by numbers, in units of reward; the same for every group.

    Raises:
        InputError: if a number is not finite, a spread is negative, or the noise is 0.
    """

    group_mean: float
    group_sd: float
    arm_sd: float
    noise_sd: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least = "greater than 0" if name == "noise_sd" else "0 or more"
            good = value > 0 if name == "noise_sd" else value >= 0 or name == "group_mean"
            if not (good and abs(value) < float("inf")):
                raise InputError(f"--{name.replace('_', '-')} is {value}; it must be {least}")


@dataclass(frozen=True)
class FolderOptions:
    """How each domain of a folder is cut into a target and candidate datasets.

    Attributes:
        local: examples for the target's local training, from `x_train`.
        validation: examples for its validation, from `x_train`.
        test: examples for its test, at most; from `x_test`.
        candidates: datasets a domain, from the rest of `x_train`.
        candidate_size: examples in each of them, at most; where fewer are left, the datasets of
            that domain share them equally.
        side: images are resized to this many pixels a side; None takes the largest side for
            which no image is enlarged. Features ignore it.
        seed: decides which examples go where.
    """

    local: int = 150
    validation: int = 200
    test: int = 500
    candidates: int = 3
    candidate_size: int = 1000
    side: int | None = 16
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), 0 if field.name == "seed" else 1
            if value is not None and value < least:
                raise InputError(f"option {field.name} is {value}; give {least} or more")
