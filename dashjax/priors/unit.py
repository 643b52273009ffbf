"""The unit of a fit: rewards are counted from their mean, in a unit in which they vary by `SPREAD`.

So the laws of `hyperprior` are as wide for any rewards, and a fit is the same whatever their unit
and zero (ours: docs/mathematics.md, section 4).
"""

from typing import NamedTuple

import numpy as np

from dashjax.priors.grid import Marginal, Rows
from dashjax.priors.nuts import Draws

SPREAD = 0.2  # standard deviation of all rewards, in the unit of a fit
_MEAN = "group_mean"  # the one parameter that is no spread


class Unit(NamedTuple):
    """How rewards of a fit are counted."""

    centre: float  # in units of reward
    size: float  # of the unit of the fit, in units of reward


def unit_of(rows: Rows) -> Unit:
    """From the rewards that are used: their mean, and their standard deviation over `SPREAD`."""
    count = rows.used[:, None] * rows.count
    centre = float((count * rows.mean).sum() / count.sum())
    squares = (count * (rows.mean - centre) ** 2).sum() + (rows.used * rows.squares).sum()
    return Unit(centre, float((squares / count.sum()) ** 0.5) / SPREAD)


def counted(rows: Rows, unit: Unit) -> Rows:
    """The rows as the fit counts them."""
    mean = np.where(rows.count > 0, (rows.mean - unit.centre) / unit.size, 0.0)
    return rows._replace(mean=mean, squares=rows.squares / unit.size**2)


def laws_in_rewards(laws: dict[str, Marginal], unit: Unit) -> dict[str, Marginal]:
    """The grid's laws in units of reward."""
    return {
        name: law._replace(value=_zero(name, unit) + unit.size * law.value)
        for name, law in laws.items()
    }


def draws_in_rewards(draws: Draws, unit: Unit) -> Draws:
    """NumPyro's draws in units of reward."""
    value = {name: _zero(name, unit) + unit.size * one for name, one in draws.value.items()}
    return draws._replace(value=value)


def _zero(name: str, unit: Unit) -> float:
    return unit.centre if name == _MEAN else 0.0
