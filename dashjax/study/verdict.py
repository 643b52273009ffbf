"""What a study thinks after the looks so far, and which of its stop rules hold."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dashjax.bandit.stopping.rules import Progress, Rule
from dashjax.bandit.stopping.scores import Score
from dashjax.study.explorer import Measured


class Verdict(NamedTuple):
    """What is thought; rewards are counted from the centre."""

    holds: list[bool]  # [rule]
    scores: dict[Score, Any]
    mean: np.ndarray  # [arm]
    sd: np.ndarray  # [arm]
    selection: np.ndarray  # [arm]


def verdict(
    rules: Sequence[Rule], found: Measured, done: tuple[int, float], available: np.ndarray
) -> Verdict:
    """What is thought, and which rules hold.

    Args:
        rules: the stop rules, whose scores were measured.
        found: what is thought.
        done: how many looks were told or failed, and what they cost.
        available: which arms may be looked at, `[arm]`.
    """
    finished, spent = np.int32(done[0]), np.float32(done[1])
    unseen = np.sum(available & (found.pulls == 0), dtype=np.int32)
    # numbers in place of arrays, which rules work on alike
    progress: Any = (finished, spent, found.unchanged_for, unseen, found.scores)
    holds = [bool(rule.holds(Progress(*progress))) for rule in rules]
    return Verdict(holds, found.scores, found.mean, found.sd, found.selection)
