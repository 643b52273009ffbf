"""What a study decides where taking datasets has a price and a budget: by draws from the posterior.

The stop rules' scores are counted for the sets that can be paid for. One look in
four is the method's. Two are at what decides between the best such set and its rival (CLUCB of
Chen, Lin, King, Lyu and Chen, Combinatorial Pure Exploration of Multi-Armed Bandits, NeurIPS 2014,
with posterior widths), and one is at what leads and was seen too seldom for the stop rule.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dashjax.bandit.base import Goal
from dashjax.bandit.certainty import losses, rounding
from dashjax.bandit.knapsack import Purse, fits, most_valuable
from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.stopping.scores import Score, chance_good, expected_loss, fewest_looks
from dashjax.errors import InputError
from dashjax.study.candidates import Candidate
from dashjax.study.settings import StudySettings

_GOOD = ("good-selection", "good-selection-unconfirmed")
_KINDS = (*_GOOD, "value", "each-once", "budget", "cost")
_WIDTH = 2.0  # standard deviations by which a rival may be better than it looks


class Seen(NamedTuple):
    """What a study knows, by arm."""

    mean: np.ndarray  # [arm]
    sd: np.ndarray  # [arm]
    pulls: np.ndarray  # [arm]


def check(settings: StudySettings, pool: Sequence[Candidate]) -> None:
    """Refuses what a budget for the selection does not go with.

    Raises:
        InputError: if no dataset can be paid for, or the stop rule says nothing of such sets.
    """
    if settings.budget is None:
        return
    cheapest = min(pool, key=lambda one: one.price)
    if not fits(cheapest.price, settings.budget):
        raise InputError(
            f"budget is {settings.budget:g}, and the cheapest dataset, '{cheapest.dataset}', has "
            f"price {cheapest.price:g}; give more"
        )
    for kind, _ in _parts(settings.stop or _GOOD[0]):
        if kind not in _KINDS:
            raise InputError(
                f"stop rule '{kind}' cannot be used with a budget for the selection; choose from "
                f"{', '.join(_KINDS)}"
            )


def best_set(values: np.ndarray, purse: Purse, goal: Goal) -> np.ndarray:
    """The set of largest total value that can be paid for, as a mask `[arm]`."""
    return best_sets(purse, goal)(values[None])[0]


def best_sets(purse: Purse, goal: Goal) -> Callable[[np.ndarray], np.ndarray]:
    """The best set of each draw: masks of values, `[draw, arm]` both."""
    floor = 0.0 if purse.fill else float(goal.floor)
    return lambda values: most_valuable(np.where(goal.available, values - floor, -np.inf), purse)


def scores(
    settings: StudySettings, purse: Purse, goal: Goal, seen: Seen, draws: np.ndarray
) -> dict[Score, float]:
    """All that the stop rules may ask for, from joint draws `[arm, draw]`."""
    selected, values = best_set(seen.mean, purse, goal), draws.T
    lost = losses(values, best_sets(purse, goal)(values), selected, goal)
    found = {expected_loss(): float(lost.mean())}
    found[fewest_looks(RIVALS)] = _fewest_looks(selected, goal, seen)
    tolerances = [float(numbers[1]) for kind, numbers in _parts(settings.stop or "") if numbers[1:]]
    usual = settings.tolerance, float(f"{settings.tolerance:g}")  # as rules are written
    for tolerance in {*usual, *tolerances}:
        found[chance_good(tolerance)] = float(np.mean(lost <= tolerance + rounding(values)))
    return found


def deciding(purse: Purse, goal: Goal, seen: Seen) -> int | None:
    """The least known of the arms in which the best set and its rival differ; None if none does.

    The rival is the best set if what is in the first were worse than it looks, and all else better.
    """
    selected = best_set(seen.mean, purse, goal)
    width = np.where(selected, -_WIDTH, _WIDTH) * seen.sd
    differ = selected != best_set(seen.mean + width, purse, goal)
    return int(np.argmax(np.where(differ, seen.sd, -np.inf))) if differ.any() else None


def unconfirmed(purse: Purse, goal: Goal, seen: Seen) -> int | None:
    """The least looked at of the arms that lead; None if all have as many looks as they need."""
    leading = _leading(best_set(seen.mean, purse, goal), goal, seen)
    looks = np.where(leading, seen.pulls, LOOKS)
    return int(np.argmin(looks)) if looks.min() < LOOKS else None


def _fewest_looks(selected: np.ndarray, goal: Goal, seen: Seen) -> float:
    leading = _leading(selected, goal, seen)
    return float(seen.pulls[leading].min()) if leading.any() else float(seen.pulls.max())


def _leading(selected: np.ndarray, goal: Goal, seen: Seen) -> np.ndarray:
    """The selection and the next few by their mean, as a mask `[arm]`."""
    others = np.where(goal.available & ~selected, seen.mean, -np.inf)
    next_few = np.argsort(-others, kind="stable")[:RIVALS]
    leading = selected.copy()
    leading[next_few[np.isfinite(others[next_few])]] = True
    return leading


def _parts(rule: str) -> list[tuple[str, list[str]]]:
    """The kinds and numbers of the rules that one is put together from."""
    parts = [part.strip().split(":") for part in re.split(r"[+,]", rule) if part.strip()]
    return [(kind, numbers) for kind, *numbers in parts]
