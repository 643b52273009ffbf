"""Whether a study has seen enough, what it would take, and why, in words."""

import numpy as np

from dashjax.bandit.knapsack import fits
from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.stopping.rules import Rule
from dashjax.bandit.stopping.scores import chance_good
from dashjax.study.advisor import Advisor
from dashjax.study.certainty import certainty_of
from dashjax.study.ledger import Entry, Ledger
from dashjax.study.outlook import outlook
from dashjax.wording import chance, counted, listed

EARLY = 5  # looks before which not even the noise is known


def stopped(advisor: Advisor) -> bool:
    """Whether a rule holds, or nothing is left to decide."""
    return _settled(advisor) is not None or bool(np.any(advisor.verdict().holds))


def why(advisor: Advisor) -> str:
    """Which rule has held, or what is missing until one does."""
    settled = _settled(advisor)
    if settled:
        return settled
    verdict = advisor.verdict()
    held = [rule for rule, holds in zip(advisor.rules, verdict.holds, strict=True) if holds]
    if held:
        return f"{_kept(held[0])}: {_state(advisor)}{_next_look(advisor)}"
    rule = advisor.rules[0].name
    return (
        f"rule {rule} does not hold yet: {_state(advisor)}{_missing(advisor)}{_next_look(advisor)}"
    )


def selection(advisor: Advisor) -> tuple[str, ...]:
    """The datasets to take, best first; empty before the first look."""
    if not advisor.ledger.looks:
        return ()
    verdict = advisor.verdict()
    chosen, mean = advisor.at(verdict.selection), advisor.at(verdict.mean)
    order = sorted(np.flatnonzero(chosen).tolist(), key=lambda place: -float(mean[place]))
    return tuple(advisor.ledger.entries[place].candidate.dataset for place in order)


def sentence(advisor: Advisor) -> str:
    """What to take, how sure that is, and after how many looks."""
    ledger = advisor.ledger
    looks = len(ledger.looks)
    target = f"For '{ledger.settings.target}', " if ledger.settings.target else ""
    if looks < EARLY:
        text = f"{target}it is too early to say what to take, after {counted(looks, 'look')}."
        return text[0].upper() + text[1:]
    taken = selection(advisor)
    nothing = "take nothing: no dataset is worth more than the floor"
    what = f"take {listed(taken)}{_paid(ledger, taken)}" if taken else nothing
    failed = f", {ledger.failed} failed" if ledger.failed else ""
    text = f"{target}{what}, after {counted(looks, 'look')}{failed}: {certainty_of(advisor)}."
    return text[0].upper() + text[1:]


def _settled(advisor: Advisor) -> str | None:
    """Why nothing is left to decide by looking; None while something is."""
    ledger = advisor.ledger
    left = sum(ledger.available())
    if left == 0:
        return "no dataset is left: all are paused, retired, too dear or failed too often"
    if left <= ledger.settings.select and ledger.settings.floor is None and _all_fit(ledger):
        few = "is" if left == 1 else "are"
        return f"{left} of {ledger.settings.select} datasets that are wanted {few} left: take all"
    return None


def _all_fit(ledger: Ledger) -> bool:
    """Whether all datasets that are left can be taken together."""
    pairs = zip(ledger.entries, ledger.available(), strict=True)
    prices = [entry.candidate.price for entry, available in pairs if available]
    return ledger.settings.budget is None or fits(sum(prices), ledger.settings.budget)


def _paid(ledger: Ledger, taken: tuple[str, ...]) -> str:
    """What the selection costs, where there is a budget."""
    if ledger.settings.budget is None:
        return ""
    price = sum(ledger.entry(name).candidate.price for name in taken)
    return f" for {price:g} of {ledger.settings.budget:g}"


def _kept(rule: Rule) -> str:
    kind, _, number = rule.name.partition(":")
    if kind == "budget":
        return f"all {number} looks are made"
    if kind == "cost":
        return f"the exploration budget of {number} is spent"
    return f"rule {rule.name} holds"


def _state(advisor: Advisor) -> str:
    """How good the selection is thought to be."""
    tolerance = advisor.ledger.settings.tolerance
    score, scores = chance_good(tolerance), advisor.verdict().scores
    looks = len(advisor.ledger.looks)
    if looks < EARLY or score not in scores:
        return f"{counted(looks, 'look')} so far"
    share = float(scores[score])
    return f"the selection is within {tolerance:g} of the best with probability {chance(share)}"


def _missing(advisor: Advisor) -> str:
    """What the rule wants beside that, where that can be said in words."""
    rule = advisor.rules[0].name
    if not rule.startswith("good-selection:") or len(advisor.ledger.looks) < EARLY:
        return ""
    text = f", and {float(rule.split(':')[1]):.0%} is wanted"
    few = [entry for entry in _leading(advisor) if entry.looks < LOOKS]
    if few:
        text += f"; {few[0].candidate.dataset}, among the first, has fewer than {LOOKS} looks"
    return text


def _next_look(advisor: Advisor) -> str:
    """What one more look is worth."""
    look = outlook(advisor)[1] if len(advisor.ledger.looks) >= EARLY else None
    if look is None:
        return ""
    by = look.in_words(advisor.ledger.settings.tolerance)
    return f"; one more look, at {look.dataset}, would raise its mean by {by} on average"


def _leading(advisor: Advisor) -> list[Entry]:
    """The datasets whose looks confirm the selection, best first."""
    mean, ledger = advisor.at(advisor.verdict().mean), advisor.ledger
    may = [place for place, available in enumerate(ledger.available()) if available]
    chosen = advisor.at(advisor.verdict().selection) & (ledger.settings.budget is not None)
    ranked = sorted(may, key=lambda place: (not chosen[place], -float(mean[place])))
    first = int(chosen.sum()) or ledger.settings.select
    return [ledger.entries[place] for place in ranked[: first + RIVALS]]
