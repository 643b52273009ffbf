"""How sure a study is: of its selection, and of each dataset and group."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashjax.bandit.certainty import Certainty, certainty
from dashjax.study.advisor import Advisor
from dashjax.study.explorer import Closer
from dashjax.study.outlook import NextLook, outlook
from dashjax.study.within_budget import best_sets
from dashjax.wording import chance

Row = dict[str, Any]
_CHANCES = ("chance_best", "chance_above_floor", "rank_low", "rank_high")


@dataclass(frozen=True)
class StudyCertainty:
    """How sure a study is; rewards are in the unit in which they were told.

    Attributes:
        chance_good: that the selection is within the tolerance of the best there is.
        expected_loss: by how much it falls short of the best on average, a dataset: what all
            further looks together may be worth.
        chance_none_helps: that no dataset is worth more than the floor; None without a floor.
        next_look: what one more look is worth; None before the first, and with a budget.
        noise_sd: standard deviation of one reward, as far as it is known; None before the first.
        datasets: a row for each dataset: `dataset`, `group`, `price`, `selected`, `looks`, `mean`,
            `sd`, `chance_best` (to be among the best), `chance_above_floor`, `rank_low`,
            `rank_high` (the middle 90 %), `shrinkage` (weight of its group in its mean; None for a
            method that knows no groups), and `why_not` where it may not be taken.
        groups: a row for each group: `group`, `datasets`, `looks`, `mean` and `sd`; none where the
            method knows no groups.
    """

    chance_good: float
    expected_loss: float
    chance_none_helps: float | None
    next_look: NextLook | None
    noise_sd: float | None
    datasets: list[Row]
    groups: list[Row]

    def __str__(self) -> str:
        lost = f"{self.expected_loss:.3g}"
        text = f"{chance(self.chance_good)} sure; it falls short of the best by {lost} on average"
        if self.chance_none_helps is not None:
            text += f"; that no dataset helps has probability {chance(self.chance_none_helps)}"
        return text


def certainty_of(advisor: Advisor) -> StudyCertainty:
    """How sure one may be, by draws from the posterior."""
    verdict, settings, begun = advisor.verdict(), advisor.ledger.settings, advisor.ledger.looks
    goal, purse, draws = advisor.goal(), advisor.purse(), advisor.draws()
    found = certainty(
        draws if purse is None else draws[:1],  # each is a search of its own
        np.asarray(verdict.selection),
        goal=goal,
        tolerance=settings.tolerance,
        best_sets=None if purse is None else best_sets(purse, goal),
    )
    closer, look = outlook(advisor)
    return StudyCertainty(
        found.chance_good,
        found.expected_loss,
        None if settings.floor is None else found.chance_none_helps,
        look if begun else None,
        float(closer.noise_var) ** 0.5 if begun else None,
        _dataset_rows(advisor, found, closer),
        _group_rows(advisor, closer) if begun else [],
    )


def _dataset_rows(advisor: Advisor, found: Certainty, closer: Closer) -> list[Row]:
    verdict, ledger = advisor.verdict(), advisor.ledger
    columns = {name: advisor.at(getattr(found, name)) for name in _CHANCES}
    columns |= {"mean": advisor.at(verdict.mean), "sd": advisor.at(verdict.sd)}
    columns |= {"selected": advisor.at(verdict.selection)}
    if closer.weight is not None:
        columns["shrinkage"] = advisor.at(closer.weight)
    rows = []
    for place, entry in enumerate(ledger.entries):
        values = {name: column[place].item() for name, column in columns.items()}
        values["mean"] = advisor.outside(values["mean"]) if ledger.looks else None
        values["sd"] = values["sd"] if ledger.looks else None
        if ledger.settings.floor is None:
            values["chance_above_floor"] = None
        named = {"dataset": entry.candidate.dataset, "group": entry.candidate.group}
        named |= {"price": entry.candidate.price, "looks": entry.looks, "shrinkage": None}
        rows.append(named | values | {"why_not": ledger.why_not(entry)})
    return rows


def _group_rows(advisor: Advisor, closer: Closer) -> list[Row]:
    """The groups, in the order in which they came, which is that of the layout."""
    if closer.groups is None:
        return []
    entries = advisor.ledger.entries
    names = dict.fromkeys(entry.candidate.group for entry in entries)
    rows = []
    for place, name in enumerate(names):
        own = [entry for entry in entries if entry.candidate.group == name]
        row = {"group": name, "datasets": len(own), "looks": sum(one.looks for one in own)}
        row["mean"] = advisor.outside(float(closer.groups.mean[place]))
        rows.append(row | {"sd": float(closer.groups.var[place]) ** 0.5})
    return rows
