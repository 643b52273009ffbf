"""What can be asked for, checked; it imports nothing heavy, so that `--help` is quick."""

import math
from dataclasses import asdict, dataclass, fields

from dashjax.errors import InputError

_SEEDS = 2**32  # as many as JAX tells apart
ROUNDING = 1e-6  # of float32: a loss that equals the tolerance comes out a little larger
_MOST = 1e6  # rewards are of the order of 1, and variances are held in 32 bits

METHODS_EXPLAINED = {
    "best": "knowledge gradient, exact posterior averaged over learned spreads, stops when sure",
    "dash": "DaSH as published: draws a group, then a dataset in it",
    "dash-exact": "the same rule, with the exact posterior",
    "dash-judged": "DaSH's own pulls, judged by the exact posterior",
    "joint-ts": "Thompson sampling over all datasets, exact hierarchical posterior",
    "flat": "Thompson sampling without groups (DaS)",
    "round-robin": "every dataset in turn, no groups",
    "random": "datasets by chance, no groups",
}


@dataclass(frozen=True)
class Plan:
    """How long to run and what to ask of the selection.

    Attributes:
        steps: exploration steps of each run.
        select: size of the best set that is looked for.
        selection: `top-k`, `percentile` or `group-then-arm`.
        tolerance: a selection is right if its mean utility is within this of the best set's.
        stop: stop rules by name, each by itself (see `rules.rule`); where there are none, a
            method's own.
        batch: pulls asked at once.
        until_stopped: a run ends when each of its stop rules has held; else they only say when.
    """

    steps: int
    select: int
    selection: str = "top-k"
    tolerance: float = 0.01
    stop: tuple[str, ...] = ()
    batch: int = 1
    until_stopped: bool = False


@dataclass(frozen=True)
class Settings:
    """What every experiment is told.

    Attributes:
        methods: names of the methods.
        plan: steps, size of the selection, tolerance.
        seeds: runs of each method.
        seed: decides all runs.
        grouping: how the methods see the pool's datasets grouped.

    Raises:
        InputError: if the seed is out of range.
    """

    methods: tuple[str, ...]
    plan: Plan
    seeds: int
    seed: int = 0
    grouping: str = "perfect"

    def __post_init__(self) -> None:
        _check_seed(self.seed)


@dataclass(frozen=True)
class PriorSettings:
    """A prior by numbers, in units of reward; the same for every group.

    Raises:
        InputError: if a spread is negative or the noise 0, or a number beyond what 32 bits square.
    """

    group_mean: float
    group_sd: float
    arm_sd: float
    noise_sd: float

    def __post_init__(self) -> None:
        least = {"group_mean": -_MOST, "noise_sd": 1 / _MOST}
        for name, value in asdict(self).items():
            low = least.get(name, 0.0)
            if not low <= value <= _MOST:
                option = f"--{name.replace('_', '-')}"
                raise InputError(f"{option} is {value}; it must be from {low:g} to {_MOST:g}")


@dataclass(frozen=True)
class FitPlan:
    """How hyper-parameters are sampled.

    Attributes:
        samples: draws kept of each of four chains.
        warmup: steps of each chain before them.
        seed: decides all draws.

    Raises:
        InputError: if a number is out of range.
    """

    samples: int = 1000
    warmup: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("samples", "warmup"):
            if not 10 <= getattr(self, name) <= _MOST:
                value = getattr(self, name)
                raise InputError(f"--{name} is {value}; it must be from 10 to {_MOST:,.0f}")
        _check_seed(self.seed)


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


@dataclass(frozen=True)
class TrainingSettings:
    """How models are trained and rewards are measured.

    Attributes:
        local_steps: optimiser steps of the local model, on the target's local examples.
        fine_tuning_steps: steps from the local model on (reward `gain`).
        retrain_steps: steps from scratch (reward `retrain`).
        selection_steps: steps from scratch of a final model on a selection.
        batch: examples in one step.
        learning_rate: of Adam.
        candidate_sample: examples drawn from a candidate dataset for one replicate of `gain` or
            `retrain`; all of a dataset that has no more.
        validation_batch: validation examples that judge one replicate of `gain` or `retrain`.
        agreement_batch: candidate examples that judge one replicate of `agreement`; all of a
            dataset that has no more.
        convolution_widths: channels after each convolution, for images.
        dense_width: units of the dense layer, for images.
        feature_widths: units of each hidden layer, for features.
        seed: another seed gives other rewards throughout.
    """

    local_steps: int = 300
    fine_tuning_steps: int = 60
    retrain_steps: int = 200
    selection_steps: int = 300
    batch: int = 32
    learning_rate: float = 2e-3
    candidate_sample: int = 120
    validation_batch: int = 32
    agreement_batch: int = 32
    convolution_widths: tuple[int, ...] = (12, 24)
    dense_width: int = 48
    feature_widths: tuple[int, ...] = (256, 128)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("local_steps", "fine_tuning_steps", "retrain_steps", "selection_steps"):
            _at_least(name, getattr(self, name), 0)
        for name in ("batch", "candidate_sample", "validation_batch", "agreement_batch"):
            _at_least(name, getattr(self, name), 1)
        for name in ("convolution_widths", "feature_widths"):
            for width in getattr(self, name):
                _at_least(f"a width in {name}", width, 1)
        _at_least("dense_width", self.dense_width, 1)
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate is {self.learning_rate}; give a finite number above 0")


def _check_seed(seed: int) -> None:
    if not 0 <= seed < _SEEDS:
        raise InputError(f"--seed is {seed}; give 0 to {_SEEDS - 1}")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InputError(f"{name} is {value}; it must be {least} or more")
