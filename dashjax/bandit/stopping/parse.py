"""Stop rules as they are written on a command line.

A rule is a name and its numbers, `good-selection:.95:.01`; a tolerance may be a share of the spread
between datasets, `good-selection:.95:5%`. Rules joined by `+` must all hold, rules
joined by `,` one of them; `+` binds first: `good-selection:.95:.01+each-once,budget:120`.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

from dashjax.bandit.stopping import rules
from dashjax.bandit.stopping.rules import Rule, all_of, any_of
from dashjax.bandit.stopping.scores import Share, Tolerance
from dashjax.errors import InputError, closest


class _Number(NamedTuple):
    """One number of a rule: what it is called, and the range that makes sense."""

    name: str
    says: str
    allows: Callable[[float], bool]
    may_be_share: bool = False  # written as 5%


class _Kind(NamedTuple):
    numbers: tuple[_Number, ...]
    build: Callable[..., Rule]


_PROBABILITY = _Number("PROBABILITY", "above 0 and below 1", lambda value: 0 < value < 1)
_AMOUNT = ("0 or more", lambda value: 0 <= value < float("inf"))
_WIDTH, _LOSS, _PRICE = (_Number(n, *_AMOUNT) for n in ("TOLERANCE", "LOSS", "COST"))
_TOLERANCE = _WIDTH._replace(may_be_share=True)
_STEPS = _Number(
    "STEPS", "a whole number, 1 or more", lambda value: 1 <= value < 2**31 and value % 1 == 0
)
_SPENT = _Number("COST", "above 0", lambda value: 0 < value < float("inf"))

RULES: dict[str, _Kind] = {
    "budget": _Kind((_STEPS,), lambda steps: rules.budget(int(steps))),
    "cost": _Kind((_SPENT,), rules.cost),
    "good-selection": _Kind((_PROBABILITY, _TOLERANCE), rules.good_selection),
    "good-selection-unconfirmed": _Kind(
        (_PROBABILITY, _TOLERANCE), rules.good_selection_unconfirmed
    ),
    "good-selection-bound": _Kind((_PROBABILITY, _WIDTH), rules.good_selection_bound),
    "calibrated": _Kind((_PROBABILITY, _TOLERANCE), rules.calibrated),
    "value": _Kind((_LOSS,), rules.value_of_information),
    "gain": _Kind((_PRICE, _LOSS), rules.knowledge_gradient_pays),
    "stable": _Kind((_STEPS,), lambda steps: rules.stable(int(steps))),
    "each-once": _Kind((), rules.each_once),
}


@functools.cache
def rule(text: str) -> Rule:
    """The rule that a text names; the same text gives the same rule.

    Raises:
        InputError: if a name is unknown, or a number missing, superfluous or out of range.
    """
    ways = (all_of(*map(_single, part.split("+"))) for part in text.split(","))
    return any_of(*ways)._replace(name=text)


def for_tolerance(own: Rule, tolerance: float) -> Rule:
    """The same rule for another tolerance, where it asks for a good selection and nothing else."""
    name, *values = own.name.split(":")
    known = name in RULES and RULES[name].numbers == (_PROBABILITY, _TOLERANCE)
    if not known or len(values) != len(RULES[name].numbers) or {"+", ","} & set(own.name):
        return own
    if _number(values[1]) == tolerance:
        return own
    return rule(f"{name}:{values[0]}:{tolerance:g}")


def explained() -> str:
    """All rules with their numbers, for messages."""
    return ", ".join(":".join([name, *(n.name for n in RULES[name].numbers)]) for name in RULES)


def promised(text: str, tolerance: float, share: float | None = None) -> float | None:
    """The probability that a selection is good where the rule holds, if the rule asks for one.

    None where it asks for none, or where it calls good what lies outside the tolerance.

    Args:
        text: the rule's name.
        tolerance: what counts as good, in units of reward.
        share: of which share of the spread that is, where it was given as one.
    """
    within = tolerance, 0.0 if share is None else share
    ways = [
        [_promise(part.split(":"), *within) for part in way.split("+")] for way in text.split(",")
    ]
    return min(max(way) for way in ways) or None


def _promise(words: list[str], tolerance: float, share: float) -> float:
    """What one rule promises; 0 for nothing."""
    name, *values = words
    if not name.strip().startswith(("good-selection", "calibrated")):
        return 0.0
    width = _number(values[1])
    most = share if isinstance(width, Share) else tolerance
    return float(values[0]) if _size(width) <= most else 0.0


def _single(text: str) -> Rule:
    name, *values = text.strip().split(":")
    if name not in RULES:
        raise InputError(
            f"unknown stop rule '{name}'{closest(name, RULES)}; choose from {explained()}"
        )
    kind = RULES[name]
    if len(values) != len(kind.numbers):
        usual = ":".join([name, *(number.name for number in kind.numbers)])
        raise InputError(f"stop rule '{text}' does not read as {usual}; give it that way")
    return kind.build(*(_value(text, *pair) for pair in zip(kind.numbers, values, strict=True)))


def _value(text: str, number: _Number, value: str) -> Tolerance:
    found = _number(value)
    wrong = isinstance(found, Share) and not number.may_be_share
    if wrong or not number.allows(_size(found)):
        raise InputError(f"stop rule '{text}': {number.name} is {value}; it must be {number.says}")
    return found


def _number(text: str) -> Tolerance:
    """A number, or a share where it is written with a per cent sign; nan if it is neither."""
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        return float("nan")
    return Share(value / 100) if text.strip().endswith("%") else value


def _size(tolerance: Tolerance) -> float:
    return tolerance.value if isinstance(tolerance, Share) else tolerance
