"""Whether a study has seen enough, what it would take, and why, in words."""

import numpy as np

from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.stopping.rules import Rule, scores_of
from dashjax.bandit.stopping.scores import chance_good
from dashjax.study.certain import in_percent
from dashjax.study.ledger import Entry
from dashjax.study.mind import Mind

_EARLY = 5  # looks before which not even the noise is known


def stopped(mind: Mind) -> bool:
    """Whether a rule holds, or nothing is left to decide."""
    return _settled(mind) is not None or bool(np.any(mind.verdict().holds))


def why(mind: Mind) -> str:
    """Which rule has held, or what is missing until one does."""
    settled = _settled(mind)
    if settled:
        return settled
    held = [rule for rule, holds in zip(mind.rules, mind.verdict().holds, strict=True) if holds]
    if held:
        return f"{_kept(held[0])}: {_state(mind)}"
    return f"not yet: {_state(mind)}{_missing(mind)}"


def selection(mind: Mind) -> tuple[str, ...]:
    """The datasets to take, best first; empty before the first look."""
    if not mind.ledger.looks:
        return ()
    verdict = mind.verdict()
    chosen, mean = mind.at(verdict.selection), mind.at(verdict.mean)
    order = sorted(np.flatnonzero(chosen).tolist(), key=lambda place: -float(mean[place]))
    return tuple(mind.ledger.entries[place].candidate.dataset for place in order)


def sentence(mind: Mind) -> str:
    """What to take, how sure that is, and after how many looks."""
    ledger = mind.ledger
    looks = len(ledger.looks)
    target = f"For '{ledger.settings.target}', " if ledger.settings.target else ""
    if looks < _EARLY:
        text = f"{target}it is too early to say what to take, after {_times(looks)}."
        return text[0].upper() + text[1:]
    taken = selection(mind)
    names = " and ".join([", ".join(taken[:-1]), taken[-1]] if len(taken) > 1 else taken)
    what = f"take {names}" if taken else "take nothing: no dataset is worth more than the floor"
    failed = f", {ledger.failed} failed" if ledger.failed else ""
    text = f"{target}{what}, after {_times(looks)}{failed}: {mind.certainty()}."
    return text[0].upper() + text[1:]


def _settled(mind: Mind) -> str | None:
    """Why nothing is left to decide by looking; None while something is."""
    ledger = mind.ledger
    left = sum(ledger.available())
    if left == 0:
        return "no dataset is left: all are paused, retired or failed too often"
    if left <= ledger.settings.select and ledger.settings.floor is None:
        few = "is" if left == 1 else "are"
        return f"{left} of {ledger.settings.select} datasets that are wanted {few} left: take all"
    return None


def _times(looks: int) -> str:
    return f"{looks} look{'s' * (looks != 1)}"


def _kept(rule: Rule) -> str:
    kind, _, number = rule.name.partition(":")
    if kind == "budget":
        return f"all {number} looks are made"
    if kind == "cost":
        return f"the budget of {number} is spent"
    return f"rule {rule.name} holds"


def _state(mind: Mind) -> str:
    """How good the selection is thought to be."""
    tolerance = mind.ledger.settings.tolerance
    score, scores = chance_good(tolerance), scores_of(mind.rules)
    looks = len(mind.ledger.looks)
    if looks < _EARLY or score not in scores:
        return f"{_times(looks)} so far"
    share = float(mind.verdict().scores[scores.index(score)])
    return f"the selection is within {tolerance:g} of the best with probability {in_percent(share)}"


def _missing(mind: Mind) -> str:
    """What the rule wants beside that."""
    rule = mind.rules[0].name
    if not rule.startswith("good-selection:") or len(mind.ledger.looks) < _EARLY:
        return f"; rule {rule} does not hold"
    wanted = float(rule.split(":")[1])
    text = f", and {wanted:.0%} is wanted"
    few = [entry for entry in _leading(mind) if entry.looks < LOOKS]
    if few:
        text += f"; {few[0].candidate.dataset}, among the first, has fewer than {LOOKS} looks"
    return text


def _leading(mind: Mind) -> list[Entry]:
    """The datasets whose looks confirm the selection, best first."""
    mean, ledger = mind.at(mind.verdict().mean), mind.ledger
    may = [place for place, available in enumerate(ledger.available()) if available]
    ranked = sorted(may, key=lambda place: -float(mean[place]))
    return [ledger.entries[place] for place in ranked[: ledger.settings.select + RIVALS]]
