"""What more looks would bring a study: the next one, and all that a tolerance needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashjax.bandit.futures import Known, nearest
from dashjax.bandit.next_look import look_gains
from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.reach import reach_of, reach_row
from dashjax.bandit.stopping.parse import promised
from dashjax.bandit.stopping.scores import fewest_looks
from dashjax.study.advisor import Advisor
from dashjax.study.explorer import Closer

_NEXT_TO_NOTHING = 0.001  # of the tolerance
_SURE = 0.95  # that a selection is good, where no rule says how sure one wants to be


@dataclass(frozen=True)
class NextLook:
    """What one more look is worth, at the dataset where it is worth most.

    Attributes:
        dataset: which.
        gain: by how much it raises the selection's mean utility on average, in units of reward
            (docs/mathematics.md, section 13).
    """

    dataset: str
    gain: float

    def in_words(self, tolerance: float) -> str:
        """The gain as a number or, where it is next to nothing beside the tolerance, its bound."""
        least = _NEXT_TO_NOTHING * tolerance
        return f"{self.gain:.2g}" if self.gain > least else f"less than {least:.2g}"


def outlook(advisor: Advisor) -> tuple[Closer, NextLook | None]:
    """What is believed of the datasets near the boundary, and what one more look is worth.

    None where no dataset may be looked at, and where a budget decides what can be taken.
    """
    mean, sd, goal = *advisor.moments(), advisor.goal()
    if not np.any(goal.available):
        return advisor.closer(np.zeros(1, int)), None
    arms, places = nearest(mean, sd, goal)
    closer = advisor.closer(arms)
    if advisor.purse() is not None:
        return closer, None
    cov, noise_var = np.asarray(closer.cov, float), float(closer.noise_var)
    gains = look_gains(mean[arms], cov, noise_var, goal, places)
    best = int(np.argmax(gains))
    return closer, NextLook(advisor.dataset(int(arms[best])), float(gains[best]))


def reach_rows(advisor: Advisor) -> list[dict[str, Any]]:
    """What is reached now and what more looks would reach, a row a tolerance.

    The columns are those of the frame `reach` of a replay: `tolerance`, `probability`, `chance`,
    `reached`, `more_looks` with its quantiles, `most_looks`, and the `datasets` that most of these
    looks are at. No row where nothing is known of the noise, no dataset is left, or a budget
    decides what can be taken.
    """
    goal, ledger, rule = advisor.goal(), advisor.ledger, advisor.rules[0]
    if len(ledger.looks) < 2 or not np.any(goal.available) or advisor.purse():
        return []
    sure = promised(rule.name, ledger.settings.tolerance) or _SURE
    looks = LOOKS if fewest_looks(RIVALS) in rule.scores else 0
    draws = np.concatenate(advisor.draws(), axis=1)
    noise_var = float(advisor.closer(np.zeros(1, int)).noise_var)
    if not 0 < noise_var < np.inf:
        return []
    known = Known(advisor.moments()[0], draws, noise_var, advisor.pulls())
    found = reach_of(known, goal, ledger.settings.tolerance, sure, looks)
    return [{"probability": sure} | reach_row(one, advisor.dataset) for one in found]
