"""What a caller gives, checked: trials, rewards and costs."""

import math
from typing import Any

from dashjax.errors import InputError
from dashjax.study.trials import Trial


def number_of(trial: Trial | int) -> int:
    """The number of a trial that is given as such, or by its number."""
    number = trial.number if isinstance(trial, Trial) else trial
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError(f"'{trial}' is no trial; give the trial that ask gave, or its number")
    return number


def finite(value: Any, what: str, trial: Any) -> float:
    """A number that is finite; `what` of `trial` names it where it is not."""
    of = f"trial {trial.number}" if isinstance(trial, Trial) else f"'{trial}'"
    try:
        number = float(value) if not isinstance(value, str | bytes | bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e30:
        raise InputError(
            f"{what} of {of} is {value!r}; give a finite number, or fail the trial with a reason"
        )
    return number


def cost_of(value: float) -> float:
    """The cost of a look."""
    if not 0 <= value < math.inf:
        raise InputError(f"the cost of a look is {value}; give a number from 0")
    return float(value)
