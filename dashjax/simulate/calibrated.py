"""Thresholds calibrated on a table's other targets, each target left out in its turn (ours).

A rule `calibrated:P:TOLERANCE` stands for `good-selection` at the smallest threshold whose stopped
runs were good in a share P on the *other* targets; at the largest there is, where none was. Rules
only look on, so that all thresholds are tried in one run; before them comes `good-selection` at P
itself, by which the run that is shown ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import Rule
from dashjax.errors import InputError
from dashjax.simulate.metrics import Results
from dashjax.simulate.plan import Plan

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.965, 0.98)
_NAME = "calibrated"


def is_calibrated(one: Rule) -> bool:
    """Whether a rule, or a part of one, is to be calibrated."""
    return _NAME in one.name


def tried(plan: Plan, targets: int) -> Plan:
    """The plan with each calibrated rule as the rules that it is chosen from.

    Raises:
        InputError: if such a rule is joined with others, or there is one target alone.
    """
    if not any(map(is_calibrated, plan.stop)):
        return plan
    joined = [one.name for one in plan.stop if is_calibrated(one) and {"+", ","} & set(one.name)]
    if joined:
        raise InputError(f"stop rule '{joined[0]}': {_NAME} cannot be joined; give it by itself")
    if targets < 2:
        raise InputError(
            f"stop rule {_NAME} takes its threshold from a table's other targets, and there is "
            f"only one; replay several targets, or give good-selection"
        )
    return replace(plan, stop=tuple(part for one in plan.stop for part in _parts(one)))


def chosen(plan: Plan, found: Mapping[Any, Results]) -> dict[Any, Results]:
    """Each target's results with the rules that were asked for, from those of the tried ones.

    Args:
        plan: as it was asked for.
        found: of one method, by target; None in a sweep.
    """
    if not any(map(is_calibrated, plan.stop)):
        return dict(found)
    return {target: _of_target(plan, target, found) for target in found}


def _of_target(plan: Plan, target: Any, found: Mapping[Any, Results]) -> Results:
    others = [results for name, results in found.items() if name != target]
    columns, thresholds, first = [], [], 0
    for one in plan.stop:
        tries = range(first, first + len(_parts(one)))
        first = tries.stop
        columns.append(_smallest(others, tries[1:], one) if is_calibrated(one) else tries[0])
        thresholds.append(THRESHOLDS[columns[-1] - tries[1]] if is_calibrated(one) else None)
    own = found[target]
    return own._replace(
        rules=tuple(one.name for one in plan.stop),
        thresholds=tuple(thresholds),
        stopped=own.stopped[:, columns],
        stopped_regret=own.stopped_regret[:, columns],
        stopped_cost=own.stopped_cost[:, columns],
    )


def _parts(one: Rule) -> tuple[Rule, ...]:
    """The rules that a rule is chosen from: itself, if it is not to be calibrated."""
    if not is_calibrated(one):
        return (one,)
    _, wanted, tolerance = one.name.split(":")
    return tuple(
        rule(f"good-selection:{each:g}:{tolerance}") for each in (float(wanted), *THRESHOLDS)
    )


def _smallest(others: Sequence[Results], tries: range, one: Rule) -> int:
    """The first of the rules whose stopped runs were good often enough; else the last."""
    wanted = float(one.name.split(":")[1])
    for column in tries:
        stopped = np.concatenate([own.stopped[:, column] <= own.steps for own in others])
        good = np.concatenate([own.stopped_regret[:, column] <= own.tolerance for own in others])
        if stopped.any() and good[stopped].mean() >= wanted:
            return column
    return tries[-1]
