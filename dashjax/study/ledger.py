"""The ledger of a study: its state, as a function of its settings and the events of its log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dashjax.bandit.knapsack import fits
from dashjax.errors import InputError, unknown
from dashjax.store.studies import Event
from dashjax.study.candidates import Candidate
from dashjax.study.settings import StudySettings
from dashjax.study.trials import FAILED, OPEN, RELEASED, TOLD, Trial, TrialRecord

IN_POOL, PAUSED, RETIRED, REVISED = "in pool", "paused", "retired", "revised"


class Look(NamedTuple):
    """A reward that counts."""

    arm: int
    reward: float


@dataclass
class Entry:
    """A dataset in the ledger."""

    candidate: Candidate
    state: str = IN_POOL
    looks: int = 0
    failures: int = 0  # since the last look that succeeded
    infeasible: bool = False


class Ledger:
    """What the events of a study amount to.

    Attributes:
        settings: what the study was created with.
        first: how many datasets it was created with.
        as_created: whether no dataset has joined, was revised or moved to another group.
        entries: its datasets, in the order in which they came; a revised one is another.
        trials: all trials; number n at place n - 1.
        looks: the rewards, in the order in which they were told.
        last: number of the last event that is in the ledger.
        spent: cost of all looks that were told or failed.
        failed: number of failed looks.
    """

    def __init__(self) -> None:
        self.settings = StudySettings()
        self.name = ""
        self.first, self.as_created = 0, True
        self.entries: list[Entry] = []
        self.trials: list[TrialRecord] = []
        self.looks: list[Look] = []
        self.last, self.spent, self.failed = 0, 0.0, 0
        self.keys: dict[str, TrialRecord] = {}
        self._at: dict[str, int] = {}
        self._open: dict[int, TrialRecord] = {}

    def follow(self, events: Sequence[Event]) -> None:
        """Enters further events, which must come next in the log."""
        for event in events:
            getattr(self, f"_{event.kind}")(event)
            self.last = event.number

    # what the ledger says

    def arm(self, dataset: str) -> int:
        """The place of a dataset, of its latest revision.

        Raises:
            InputError: if the study has none of that name.
        """
        if dataset not in self._at:
            raise unknown("dataset", dataset, self._at)
        return self._at[dataset]

    def entry(self, dataset: str) -> Entry:
        """A dataset of the ledger; raises as `arm` does."""
        return self.entries[self.arm(dataset)]

    def has(self, dataset: str) -> bool:
        """Whether the study has a dataset of that name."""
        return dataset in self._at

    def record(self, trial: int) -> TrialRecord:
        """A trial in the ledger.

        Raises:
            InputError: if the study has none of that number.
        """
        if not 1 <= trial <= len(self.trials):
            raise InputError(
                f"study '{self.name}' has no trial {trial}; it has {len(self.trials)} so far"
            )
        return self.trials[trial - 1]

    def pending(self) -> list[TrialRecord]:
        """Trials that are out, in the order in which they were asked for."""
        return list(self._open.values())

    def trial(self, record: TrialRecord) -> Trial:
        """A trial as a worker is given it."""
        candidate = self.entries[record.arm].candidate
        return Trial(record.number, candidate.dataset, candidate.group, record.worker)

    def available(self) -> list[bool]:
        """Which datasets may be asked for and selected, in the order of `entries`."""
        return [self.why_not(entry) is None for entry in self.entries]

    def why_not(self, entry: Entry) -> str | None:
        """Why a dataset is neither asked for nor selected; None if it may be."""
        if entry.state != IN_POOL:
            return entry.state
        if entry.infeasible or entry.failures > self.settings.retries:
            return "failed too often"
        budget = self.settings.budget
        return None if budget is None or fits(entry.candidate.price, budget) else "too dear"

    def trial_rows(self) -> list[dict[str, Any]]:
        """All trials as rows of plain values."""
        of = [entry.candidate for entry in self.entries]
        return [record.row(of[record.arm].dataset, of[record.arm].group) for record in self.trials]

    def dataset_rows(self) -> list[dict[str, Any]]:
        """All datasets as rows of plain values."""
        return [
            entry.candidate.plain()
            | {"state": self.why_not(entry) or IN_POOL}
            | {"looks": entry.looks, "failures": entry.failures}
            for entry in self.entries
        ]

    # one method for each kind of event

    def _created(self, event: Event) -> None:
        self.settings = StudySettings.of_plain(event.payload["settings"])
        self.name = event.payload["name"]
        for row in event.payload["pool"]:
            self._enter(Candidate(**row))
        self.first, self.as_created = len(self.entries), True

    def _added(self, event: Event) -> None:
        self._enter(Candidate(**event.payload["candidate"]))

    def _revised(self, event: Event) -> None:
        candidate = Candidate(**event.payload["candidate"])
        self.entries[self._at[candidate.dataset]].state = REVISED
        self._enter(candidate)

    def _regrouped(self, event: Event) -> None:
        self.as_created = False
        for dataset, group in event.payload["groups"].items():
            entry = self.entries[self._at[dataset]]
            entry.candidate = replace(entry.candidate, group=group)

    def _enter(self, candidate: Candidate) -> None:
        self.as_created = False
        self._at[candidate.dataset] = len(self.entries)
        self.entries.append(Entry(candidate))

    def _moved(self, event: Event) -> None:
        """A dataset was paused, resumed or retired."""
        self.entries[self._at[event.payload["dataset"]]].state = event.payload["state"]

    def _asked(self, event: Event) -> None:
        arm = int(event.payload["arm"])
        cost = self.entries[arm].candidate.cost
        number, when = len(self.trials) + 1, event.time
        record = TrialRecord(number, arm, OPEN, event.worker, cost=cost, asked=when, heard=when)
        self.trials.append(record)
        self._open[record.number] = record

    def _renewed(self, event: Event) -> None:
        for trial in event.payload["trials"]:
            self.trials[trial - 1].heard = event.time

    def _told(self, event: Event) -> None:
        record = self._record_of(event)
        record.reward = float(event.payload["reward"])
        self._end(record, event, TOLD)
        entry = self.entries[record.arm]
        entry.looks, entry.failures = entry.looks + 1, 0
        self.spent += record.cost
        self.looks.append(Look(record.arm, record.reward))

    def _failed(self, event: Event) -> None:
        record = self._record_of(event)
        self._end(record, event, FAILED)
        entry = self.entries[record.arm]
        entry.failures += 1
        entry.infeasible |= bool(event.payload.get("infeasible"))
        self.spent, self.failed = self.spent + record.cost, self.failed + 1

    def _released(self, event: Event) -> None:
        self._end(self._record_of(event), event, RELEASED)

    def _record_of(self, event: Event) -> TrialRecord:
        """The trial that an event is about: one that was asked for, or else a new one."""
        payload: dict[str, Any] = event.payload
        if payload.get("trial") is not None:
            return self.trials[payload["trial"] - 1]
        arm = int(payload["arm"])
        record = TrialRecord(
            len(self.trials) + 1, arm, OPEN, event.worker, cost=self.entries[arm].candidate.cost
        )
        self.trials.append(record)
        if event.key is not None:
            self.keys[event.key] = record
        return record

    def _end(self, record: TrialRecord, event: Event, state: str) -> None:
        self._open.pop(record.number, None)
        record.state, record.ended = state, event.time
        record.reason = event.payload.get("reason")
        if event.payload.get("cost") is not None:
            record.cost = float(event.payload["cost"])
