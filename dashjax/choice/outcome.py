"""What came of a choice, and the sentences that say so."""

from dataclasses import dataclass

from dashjax.choice.check import Check
from dashjax.study.certainty import StudyCertainty
from dashjax.wording import chance, listed


@dataclass(frozen=True)
class Choice:
    """What to take, how sure that is, and what it adds.

    Attributes:
        target: name of the target.
        selection: the datasets to take, best first; empty where none helps.
        certainty: how sure that is, in units of `metric`.
        why: which stop rule has held.
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
    why: str
    metric: str
    looks: int
    failed: int
    saved: int
    check: Check | None
    study: str
    about: dict[str, object]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [self._what() + self._after() + "."]
        if self.check is not None:
            parts.append(_adds(self.check, self.metric))
            parts += [
                f"{name} adds nothing that could be seen to the others "
                f"({self.check.each[name]} {self.metric})."
                for name in self.check.useless
            ]
        return " ".join(parts)

    def _what(self) -> str:
        """What to take, and how sure that is."""
        tolerance = f"{self.about['tolerance']:g} {self.metric}"
        sure = chance(self.certainty.chance_good)
        if not self.selection:
            return (
                f"For '{self.target}', take nothing: it is {sure} sure that no dataset adds more "
                f"than {tolerance} to the local model"
            )
        best = "the best" if len(self.selection) == 1 else f"the best {len(self.selection)}"
        return (
            f"For '{self.target}', take {listed(self.selection)}: it is {sure} sure that "
            f"{'this is' if len(self.selection) == 1 else 'these are'} within {tolerance} of {best}"
        )

    def _after(self) -> str:
        failed = f", {self.failed} of which failed" if self.failed else ""
        made = self.looks + self.failed
        saved = f" ({self.saved} fewer than if each had got as many as the first)"
        return f", after {made} looks{failed}{saved if self.saved > 0 else ''}"


def _adds(check: Check, metric: str) -> str:
    """What a selection adds on validation and test rows."""
    whose = "Together they lift" if check.each else "It lifts"
    added = f"from {check.local:.3g} by {check.together} on validation rows"
    text = f"{whose} {metric} {added} (a mean over trainings, ± its standard error)"
    if check.test is None:
        return f"{text}; there are no test rows."
    return f"{text} and, tried once, from {check.test_local:.3g} by {check.test} on test rows."
