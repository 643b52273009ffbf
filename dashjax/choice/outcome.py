"""What came of a choice, and the sentences that say so."""

from dataclasses import dataclass
from typing import Any

from dashjax.choice.check import Check
from dashjax.study.certainty import StudyCertainty
from dashjax.wording import chance, counted, listed, the_best


@dataclass(frozen=True)
class Choice:
    """What to take, how sure that is, and what it adds.

    Attributes:
        target: name of the target.
        selection: the datasets to take, best first; empty where none helps.
        certainty: how sure that is, in units of `metric`.
        stopped: whether a rule held; else the budget ended it.
        why: which rule has held, or what was missing.
        metric: what is measured, as a sentence calls it.
        looks: looks that were made.
        failed: looks that came to nothing.
        saved: looks that this is fewer than giving each dataset as many as got most.
        check: what the selection adds when it is trained on as a whole; None where nothing is
            selected, or the reward is the caller's own.
        study: name of the study that holds the looks.
        about: what was done, by name: task, model, rows of the parts, tolerance, and so on.
        notes: what was noticed on the way, a sentence each.

    Example:
        >>> import numpy as np, pyarrow as pa
        >>> import dashjax as dj
        >>> x = np.random.default_rng(0).normal(size=(40, 2))
        >>> rows = pa.table({"x": x[:, 0], "y": x.sum(1) > 0})
        >>> mine, a, b = (dj.LazyDataset(name, f"of {name}", lambda: rows) for name in "mab")
        >>> dj.choose(mine, [a, b], take=1, budget=6, checks=2).looks
        6
    """

    target: str
    selection: tuple[str, ...]
    certainty: StudyCertainty
    stopped: bool
    why: str
    metric: str
    looks: int
    failed: int
    saved: int
    check: Check | None
    study: str
    about: dict[str, Any]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"For '{self.target}', {self._what()}, {self._after()}."]
        if self.check is not None:
            parts += [_adds(self.check, self.metric), *_useless(self.check)]
            parts += _untold(self.check)
        return " ".join(parts)

    def _what(self) -> str:
        """What to take, and how sure that is."""
        tolerance = f"{self.about['tolerance']:g} {self.metric}".strip()
        sure = f"{self._by_what()}it is {chance(self.certainty.chance_good)} sure that"
        if not self.selection:
            return f"take nothing: {sure} no selection is worth {tolerance} a dataset"
        one = len(self.selection) == 1
        best = the_best(len(self.selection))
        which = "this is" if one else "these are"
        return f"take {listed(self.selection)}: {sure} {which} within {tolerance} of {best}"

    def _by_what(self) -> str:
        """What the promise is about: the target's own rows, which mislead where they are few."""
        if "rows_trained" not in self.about:
            return ""
        rows = self.about["rows_trained"] + self.about["rows_validated"]
        return f"judged by {rows:,} rows of its own, "

    def _after(self) -> str:
        made = self.looks + self.failed
        text = f"after {counted(made, 'look')} at {counted(self.about['candidates'], 'dataset')}"
        text += f", of which {self.failed} failed" * (self.failed > 0)
        if self.saved > 0:
            text += f" ({self.saved} fewer than giving each as many as the one with most)"
        return text if self.stopped else f"{text}, when the budget was spent"


def _adds(check: Check, metric: str) -> str:
    """What a selection adds on validation and test rows."""
    whose = "Together they change" if len(check.each) > 1 else "It changes"
    text = f"{whose} {metric} from {check.local:.3g} by {check.together} on validation rows"
    if check.test is None:
        return f"{text}; there are no test rows."
    return f"{text} and, tried once, from {check.test_local:.3g} by {check.test} on test rows."


def _useless(check: Check) -> list[str]:
    """Which datasets could be left."""
    names = [f"{name} ({check.each[name]})" for name in check.useless]
    if not names:
        return []
    return [f"Without {' or '.join(names)} the others did as well."]


def _untold(check: Check) -> list[str]:
    """A warning where the target's rows are too few to say that the selection helps."""
    if check.together.mean > 2 * check.together.error:
        return []
    return [
        "Beware: the target has too few rows to tell this from no gain; what looks good on them "
        "may do harm on others."
    ]
