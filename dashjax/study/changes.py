"""What may be written into a study's log: each function decides by the events before it alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dashjax.errors import InputError
from dashjax.store.studies import Transaction
from dashjax.study.advisor import Advisor
from dashjax.study.candidates import Candidate
from dashjax.study.ledger import RETIRED, Ledger
from dashjax.study.trials import FAILED, OPEN, TOLD, Trial, TrialRecord

_HOUR = 3600.0


class Writer(NamedTuple):
    """A transaction with the ledger up to date; what is appended is entered in both."""

    advisor: Advisor
    transaction: Transaction

    @property
    def ledger(self) -> Ledger:
        """The ledger of the study."""
        return self.advisor.ledger

    def append(
        self, kind: str, payload: dict, *, worker: str | None = None, key: str | None = None
    ) -> None:
        """Writes an event, and enters it in the ledger."""
        event = self.transaction.append(kind, payload, worker=worker, key=key)
        self.advisor.ahead = True
        self.advisor.follow([event])


class Told(NamedTuple):
    """A look that was never asked for."""

    dataset: str
    reward: float
    cost: float | None = None
    key: str | None = None


def ask(writer: Writer, worker: str | None) -> Trial:
    """The worker's open trial, or a new one."""
    end_leases(writer)
    for record in writer.ledger.pending():
        if worker is not None and record.worker == worker:
            if writer.ledger.settings.lease is not None:
                renew(writer, [record.number])
            return writer.ledger.trial(record)
    writer.append("asked", {"arm": writer.advisor.next()}, worker=worker)
    return writer.ledger.trial(writer.ledger.trials[-1])


def ask_within_steps(writer: Writer, worker: str | None) -> Trial | None:
    """As `ask`; None where the looks that are out would reach the limit."""
    end_leases(writer)
    return ask(writer, worker) if is_within_steps(writer.ledger, worker) else None


def may_ask(ledger: Ledger, worker: str | None, now: float) -> bool:
    """Whether there is room for another look, or will be when leases that are over end."""
    return bool(expired(ledger, now)) or is_within_steps(ledger, worker)


def is_within_steps(ledger: Ledger, worker: str | None) -> bool:
    """Whether the worker has a trial open, or another look would not go beyond the limit."""
    pending = ledger.pending()
    mine = worker is not None and any(record.worker == worker for record in pending)
    made = len(ledger.looks) + ledger.failed + len(pending)
    return mine or ledger.settings.steps is None or made < ledger.settings.steps


def tell(writer: Writer, trial: int, reward: float, cost: float | None) -> None:
    """A reward of a trial; the same again does nothing."""
    record = writer.ledger.record(trial)
    if record.state == TOLD:
        _check_told(record, reward)
        return
    if record.state == FAILED:
        dataset = writer.ledger.entries[record.arm].candidate.dataset
        raise InputError(
            f"trial {trial} failed ({record.reason}) and cannot be told a reward; tell it as a "
            f"look at dataset '{dataset}'"
        )
    writer.append("told", {"trial": trial, "reward": reward, "cost": cost})


def tell_unasked(writer: Writer, looks: Sequence[Told]) -> int:
    """Looks that were never asked for; gives how many were new."""
    before = len(writer.ledger.looks)
    for look in looks:
        arm = writer.ledger.arm(look.dataset)
        if look.key is not None and look.key in writer.ledger.keys:
            _check_told(writer.ledger.keys[look.key], look.reward)
            continue
        payload = {"trial": None, "arm": arm, "reward": look.reward, "cost": look.cost}
        writer.append("told", payload, key=look.key)
    return len(writer.ledger.looks) - before


def fail(writer: Writer, trial: int, reason: str, infeasible: bool) -> None:
    """A trial that came to nothing."""
    record = writer.ledger.record(trial)
    if record.state == TOLD:
        raise InputError(f"trial {trial} was told reward {record.reward}, and cannot fail now")
    if record.state != FAILED:
        payload = {"trial": trial, "reason": reason, "infeasible": infeasible}
        writer.append("failed", payload)


def renew(writer: Writer, trials: Sequence[int]) -> list[int]:
    """Begins the leases of trials anew; gives those that are still out."""
    out = [trial for trial in trials if writer.ledger.record(trial).state == OPEN]
    if out:
        writer.append("renewed", {"trials": out})
    return out


def release(writer: Writer, trial: int, reason: str) -> None:
    """A trial that nobody works on."""
    if writer.ledger.record(trial).state == OPEN:
        writer.append("released", {"trial": trial, "reason": reason})


def add(writer: Writer, candidate: Candidate) -> None:
    """A dataset that joins."""
    if writer.ledger.has(candidate.dataset):
        raise InputError(
            f"study '{writer.ledger.name}' has a dataset '{candidate.dataset}' already; to begin "
            f"anew with changed data, revise it"
        )
    writer.append("added", {"candidate": candidate.plain()})


def revise(writer: Writer, dataset: str, content: str | None) -> None:
    """A dataset whose data have changed."""
    candidate = writer.ledger.entry(dataset).candidate
    writer.append("revised", {"candidate": candidate.plain(), "content": content})


def move(writer: Writer, dataset: str, state: str) -> None:
    """A dataset that is paused, resumed or retired."""
    entry = writer.ledger.entry(dataset)
    if entry.state == state:
        return
    if entry.state == RETIRED:
        raise InputError(f"dataset '{dataset}' is retired for good; add it under another name")
    writer.append("moved", {"dataset": dataset, "state": state})


def regroup(writer: Writer, groups: dict[str, str]) -> None:
    """Datasets that are thought to come from other groups."""
    moved = {}
    for dataset, group in groups.items():
        candidate = writer.ledger.entry(dataset).candidate
        if replace(candidate, group=group) != candidate:
            moved[dataset] = group
    if moved:
        writer.append("regrouped", {"groups": moved})


def end_leases(writer: Writer) -> None:
    """Releases the trials of which nothing was heard for longer than the lease."""
    for trial in expired(writer.ledger, writer.transaction.now()):
        lease = writer.ledger.settings.lease
        release(writer, trial, f"nothing was heard of it for {lease:g} hours")


def expired(ledger: Ledger, now: float) -> list[int]:
    """The trials of which nothing was heard for longer than the lease."""
    lease = ledger.settings.lease
    if lease is None:
        return []
    silent = now - _HOUR * lease
    return [record.number for record in ledger.pending() if record.heard < silent]


def _check_told(record: TrialRecord, reward: float) -> None:
    """Refuses another reward than the one that was told."""
    if record.reward != reward:
        raise InputError(
            f"trial {record.number} was told reward {record.reward} before, and {reward} now; the "
            f"first stays"
        )
