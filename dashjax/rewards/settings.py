"""How models are trained and rewards are measured; it imports nothing heavy."""

import math
from dataclasses import dataclass

from dashjax.errors import InputError


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

    Example:
        >>> import dashjax as dj
        >>> dj.TrainingSettings(batch=64).batch
        64
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


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise InputError(f"{name} is {value}; it must be {least} or more")
