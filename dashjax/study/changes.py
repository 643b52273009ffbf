"""What may be written into a study's log: each function decides by the events before it alone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dashjax.errors import InputError
from dashjax.store.studies import Transaction
from dashjax.study.candidates import Candidate
from dashjax.study.ledger import RETIRED, Ledger
from dashjax.study.mind import Mind
from dashjax.study.trials import FAILED, OPEN, TOLD, Trial, TrialRecord

_HOUR = 3600.0


class Desk(NamedTuple):
    """The books, up to date, within a transaction; what is appended is entered in both."""

    mind: Mind
    transaction: Transaction

    @property
    def ledger(self) -> Ledger:
        """The books."""
        return self.mind.ledger

    def append(
        self, kind: str, payload: dict, *, worker: str | None = None, key: str | None = None
    ) -> None:
        """Writes an event, and enters it in the books."""
        event = self.transaction.append(kind, payload, worker=worker, key=key)
        self.mind.ahead = True
        self.mind.follow([event])


class Told(NamedTuple):
    """A look that was never asked for."""

    dataset: str
    reward: float
    cost: float | None = None
    key: str | None = None


def ask(desk: Desk, worker: str | None) -> Trial:
    """The worker's open trial, or a new one."""
    _end_leases(desk)
    for record in desk.ledger.pending():
        if worker is not None and record.worker == worker:
            return desk.ledger.trial(record)
    desk.append("asked", {"arm": desk.mind.next()}, worker=worker)
    return desk.ledger.trial(desk.ledger.trials[-1])


def ask_within_steps(desk: Desk, worker: str | None) -> Trial | None:
    """As `ask`; None where the looks that are out would reach the limit."""
    return ask(desk, worker) if is_within_steps(desk.ledger, worker) else None


def is_within_steps(ledger: Ledger, worker: str | None) -> bool:
    """Whether the worker has a trial open, or another look would not go beyond the limit."""
    pending = ledger.pending()
    mine = worker is not None and any(record.worker == worker for record in pending)
    made = len(ledger.looks) + ledger.failed + len(pending)
    return mine or ledger.settings.steps is None or made < ledger.settings.steps


def tell(desk: Desk, trial: int, reward: float, cost: float | None) -> None:
    """A reward of a trial; the same again does nothing."""
    record = desk.ledger.record(trial)
    if record.state == TOLD:
        _check_told(record, reward)
        return
    if record.state == FAILED:
        dataset = desk.ledger.entries[record.arm].candidate.dataset
        raise InputError(
            f"trial {trial} failed ({record.reason}) and cannot be told a reward; tell it as a "
            f"look at dataset '{dataset}'"
        )
    desk.append("told", {"trial": trial, "reward": reward, "cost": cost})


def tell_unasked(desk: Desk, looks: Sequence[Told]) -> int:
    """Looks that were never asked for; gives how many were new."""
    before = len(desk.ledger.looks)
    for look in looks:
        arm = desk.ledger.arm(look.dataset)
        if look.key is not None and look.key in desk.ledger.keys:
            _check_told(desk.ledger.keys[look.key], look.reward)
            continue
        payload = {"trial": None, "arm": arm, "reward": look.reward, "cost": look.cost}
        desk.append("told", payload, key=look.key)
    return len(desk.ledger.looks) - before


def fail(desk: Desk, trial: int, reason: str, infeasible: bool) -> None:
    """A trial that came to nothing."""
    record = desk.ledger.record(trial)
    if record.state == TOLD:
        raise InputError(f"trial {trial} was told reward {record.reward}, and cannot fail now")
    if record.state != FAILED:
        payload = {"trial": trial, "reason": reason, "infeasible": infeasible}
        desk.append("failed", payload)


def release(desk: Desk, trial: int, reason: str) -> None:
    """A trial that nobody works on."""
    if desk.ledger.record(trial).state == OPEN:
        desk.append("released", {"trial": trial, "reason": reason})


def add(desk: Desk, candidate: Candidate) -> None:
    """A dataset that joins."""
    if desk.ledger.has(candidate.dataset):
        raise InputError(
            f"study '{desk.ledger.name}' has a dataset '{candidate.dataset}' already; to begin "
            f"anew with changed data, revise it"
        )
    desk.append("added", {"candidate": candidate.plain()})


def revise(desk: Desk, dataset: str, content: str | None) -> None:
    """A dataset whose data have changed."""
    candidate = desk.ledger.entry(dataset).candidate
    desk.append("revised", {"candidate": candidate.plain(), "content": content})


def move(desk: Desk, dataset: str, state: str) -> None:
    """A dataset that is paused, resumed or retired."""
    entry = desk.ledger.entry(dataset)
    if entry.state == state:
        return
    if entry.state == RETIRED:
        raise InputError(f"dataset '{dataset}' is retired for good; add it under another name")
    desk.append("moved", {"dataset": dataset, "state": state})


def regroup(desk: Desk, groups: dict[str, str]) -> None:
    """Datasets that are thought to come from other groups."""
    moved = {}
    for dataset, group in groups.items():
        candidate = desk.ledger.entry(dataset).candidate
        if replace(candidate, group=group) != candidate:
            moved[dataset] = group
    if moved:
        desk.append("regrouped", {"groups": moved})


def _end_leases(desk: Desk, now: Callable[[], float] = time.time) -> None:
    """Releases the trials of which nothing was heard for longer than the lease."""
    lease = desk.ledger.settings.lease
    if lease is None:
        return
    for record in desk.ledger.pending():
        if record.asked is not None and record.asked + _HOUR * lease < now():
            release(desk, record.number, f"nothing was heard of it for {lease:g} hours")


def _check_told(record: TrialRecord, reward: float) -> None:
    """Refuses another reward than the one that was told."""
    if record.reward != reward:
        raise InputError(
            f"trial {record.number} was told reward {record.reward} before, and {reward} now; the "
            f"first stays"
        )
