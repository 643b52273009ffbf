"""When to stop: rules, the scores they look at, and how they are written.

Example:
    >>> import dashjax as dj
    >>> dj.stopping.rule("good-selection:.95:.01+each-once").name
    'good-selection:.95:.01+each-once'
"""

from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import (
    Progress,
    Rule,
    all_of,
    any_of,
    budget,
    calibrated,
    cost,
    each_once,
    good_selection,
    good_selection_bound,
    good_selection_unconfirmed,
    knowledge_gradient_pays,
    stable,
    value_of_information,
)
from dashjax.bandit.stopping.scores import (
    Measure,
    Score,
    Share,
    best_gain,
    bound_good,
    chance_good,
    expected_loss,
    fewest_looks,
)

__all__ = [
    "Measure",
    "Progress",
    "Rule",
    "Score",
    "Share",
    "all_of",
    "any_of",
    "best_gain",
    "bound_good",
    "budget",
    "calibrated",
    "chance_good",
    "cost",
    "each_once",
    "expected_loss",
    "fewest_looks",
    "good_selection",
    "good_selection_bound",
    "good_selection_unconfirmed",
    "knowledge_gradient_pays",
    "rule",
    "stable",
    "value_of_information",
]
