"""How a study is found in its store, or made there."""

import os
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from dashjax.bandit.methods import Method
from dashjax.bandit.methods import method as named
from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import Rule
from dashjax.errors import InputError, unknown
from dashjax.pools.pool import Pool
from dashjax.store.studies import Clock, StudyStore, open_store
from dashjax.study import within_budget
from dashjax.study.advisor import Advisor
from dashjax.study.candidates import Candidate, candidates_of
from dashjax.study.ledger import Ledger
from dashjax.study.settings import StudySettings

_NAME = "study"  # where neither a name nor a target is given


class Wanted(NamedTuple):
    """A study as it is asked for; None where nothing is said."""

    name: str | None
    method: str | Method | None
    stop: str | Rule | None
    settings: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """The settings with the names of method and stop rule."""
        method = self.method.name if isinstance(self.method, Method) else self.method
        stop = self.stop.name if isinstance(self.stop, Rule) else self.stop
        given = self.settings | {"method": method, "stop": stop}
        known = [field.name for field in fields(StudySettings)]
        for name in given:
            if name not in known:
                raise unknown("setting", name, known)
        return {name: value for name, value in given.items() if value is not None}


class Waiting(NamedTuple):
    """For how long is waited, and by which clock."""

    patience: float  # seconds for a server that went away
    clock: Clock


def opened(
    store: str | os.PathLike[str],
    pool: Pool | Sequence[Candidate] | str | os.PathLike[str] | None,
    wanted: Wanted,
    waiting: Waiting,
) -> tuple[StudyStore, int, Advisor]:
    """The store, the study's number in it, and an advisor that knows nothing of it yet.

    Raises:
        InputError: see `Study.open`.
    """
    given = wanted.plain()
    settings = StudySettings(**given)
    candidates = None if pool is None else candidates_of(pool)
    if candidates is not None:
        _check(settings, wanted, candidates)
    found = open_store(store, make=candidates is not None, patience=waiting.patience)
    found.clock = waiting.clock
    name = _name(found, wanted, candidates is not None)
    if candidates is not None and name not in found.studies():
        payload = {"name": name, "settings": settings.plain()}
        number = found.create(name, payload | {"pool": [one.plain() for one in candidates]})
    else:
        number = found.number(name)
    ledger = Ledger()
    ledger.follow(found.events(number))
    ledger.settings.check_same(given, name)
    _check_pool(ledger, candidates or ())
    return found, number, Advisor(_method(ledger, wanted), _rule(ledger, wanted))


def _check(settings: StudySettings, wanted: Wanted, pool: tuple[Candidate, ...]) -> None:
    """Refuses what cannot be created, before anything is."""
    if settings.select > len(pool):
        raise InputError(
            f"cannot select {settings.select} of {len(pool)} datasets; give select 1 to {len(pool)}"
        )
    within_budget.check(settings, pool)
    method = wanted.method if isinstance(wanted.method, Method) else named(settings.method)
    if settings.stop and not isinstance(wanted.stop, Rule):
        _check_rule(rule(settings.stop))
    if settings.prior is None and method.needs_prior:
        raise InputError(
            f"method '{method.name}' must be told a prior: give group mean, group sd, arm sd and "
            f"noise sd, or take method 'best', which is told nothing"
        )


def _check_rule(own: Rule) -> None:
    if "calibrated" in own.name:
        raise InputError(
            "stop rule calibrated takes its threshold from the other targets of a table, which a "
            "study has not; give good-selection"
        )


def _name(store: StudyStore, wanted: Wanted, make: bool) -> str:
    """The study's name: as given, or that of the target, or of the only one there is."""
    name = wanted.name or wanted.settings.get("target")
    if name:
        return name
    there = list(store.studies())
    if len(there) == 1:
        return there[0]
    if not there and make:
        return _NAME
    if not there:
        raise InputError(f"{store.name} holds no study yet; make one with 'dashjax study create'")
    raise InputError(f"{store.name} holds {len(there)} studies; name one of {', '.join(there)}")


def _check_pool(ledger: Ledger, candidates: tuple[Candidate, ...]) -> None:
    """Refuses a pool that is not the study's."""
    for one in candidates:
        if not ledger.has(one.dataset):
            raise InputError(
                f"dataset '{one.dataset}' is not in the pool of study '{ledger.name}'; add it to "
                f"the study, or create one of another name"
            )
        there = ledger.entry(one.dataset).candidate
        if there.group != one.group:
            raise InputError(
                f"dataset '{one.dataset}' is in group '{there.group}' of study '{ledger.name}', "
                f"and in '{one.group}' here; create a study of another name"
            )


def _method(ledger: Ledger, wanted: Wanted) -> Method:
    if isinstance(wanted.method, Method):
        return wanted.method
    try:
        return named(ledger.settings.method)
    except InputError as error:
        raise InputError(
            f"study '{ledger.name}' uses a method of your own, '{ledger.settings.method}'; give it "
            f"again when you open the study"
        ) from error


def _rule(ledger: Ledger, wanted: Wanted) -> Rule | None:
    """The rule of the user's own; None where the settings name a known one, or none."""
    if isinstance(wanted.stop, Rule) or ledger.settings.stop is None:
        return wanted.stop if isinstance(wanted.stop, Rule) else None
    try:
        return rule(ledger.settings.stop)
    except InputError as error:
        raise InputError(
            f"study '{ledger.name}' uses a stop rule of your own, '{ledger.settings.stop}'; give "
            f"it again when you open the study"
        ) from error
