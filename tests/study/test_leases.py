"""Leases: a trial that nothing is heard of goes to another, and one that is renewed does not."""

import threading
from collections.abc import Callable

import pytest
from trying_studies import reward_of, study_at

from dashjax.errors import InputError
from dashjax.store.studies import open_store
from dashjax.study.program import Outcome
from dashjax.study.workers import Looks, Workers

HOUR = 3600.0


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.hours = 0.0

    def __call__(self) -> float:
        return HOUR * self.hours


@pytest.fixture
def clock():
    return Clock()


def states(study) -> list[str]:
    return [row["state"] for row in study.trials()]


def test_a_lease_that_ends_gives_the_trial_to_another(tmp_path, clock):
    study = study_at(tmp_path / "s.sqlite", lease=2.0, clock=clock)
    study.ask("w1")
    clock.hours = 1.9
    study.ask("w2")
    assert states(study) == ["open", "open"]
    clock.hours = 2.1
    study.ask("w3")

    assert states(study) == ["released", "open", "open"]
    assert study.trials()[0]["reason"] == "nothing was heard of it for 2 hours"
    study.tell(1, 0.5)  # late, and yet it counts
    assert states(study)[0] == "told"


def test_a_lease_that_is_renewed_begins_anew(tmp_path, clock):
    study = study_at(tmp_path / "s.sqlite", lease=2.0, clock=clock)
    study.ask("w1")
    clock.hours = 1.5
    assert study.renew(1) == [1]
    clock.hours = 3.0
    assert study_at(tmp_path / "s.sqlite", clock=clock).ask("w1").number == 1  # heard of again
    clock.hours = 4.9
    study.ask("w2")
    assert states(study) == ["open", "open"]
    clock.hours = 5.1
    study.ask("w3")

    assert states(study)[0] == "released"
    assert study.renew(1, 2) == [2]
    with pytest.raises(InputError, match="no trial 9"):
        study.renew(9)


def test_a_limit_that_silent_trials_would_reach_does_not_block_others(tmp_path, clock):
    study = study_at(tmp_path / "s.sqlite", lease=2.0, clock=clock)
    for number in range(55):
        study.tell(f"dataset {number % 10}", reward_of(f"dataset {number % 10}", number))
    for number in range(5):
        study.ask(f"w{number}")
    assert study.ask_within_steps("w5") is None
    clock.hours = 2.1
    trial = study.ask_within_steps("w5")

    assert trial is not None
    assert states(study) == ["told"] * 55 + ["released"] * 5 + ["open"]


def looks_by(make: Callable[[], Outcome]) -> Looks:
    """Looks that are made by a function of the test's."""
    return Looks(lambda trial: make(), lambda: None, "")


def test_a_worker_renews_the_lease_of_a_look_that_takes_long(tmp_path, clock):
    study = study_at(tmp_path / "s.sqlite", lease=2.0, stop="budget:1", clock=clock)

    def run() -> Outcome:
        for _ in range(3):  # longer than the lease
            clock.hours += 1.5
            workers.renew()
        study_at(tmp_path / "s.sqlite", clock=clock).ask("w2")
        return Outcome(0.5, "")

    workers = Workers(study, looks_by(run), lambda done: None)
    workers.work(["w1"])
    assert states(study) == ["told", "open"]


def test_workers_renew_by_themselves_and_stop_doing_so(tmp_path):
    study = study_at(tmp_path / "s.sqlite", lease=1e-5, stop="budget:1")
    store, renewed = open_store(tmp_path / "s.sqlite"), threading.Event()

    def run() -> Outcome:
        for _ in range(1000):
            if [event.kind for event in store.events(1)].count("renewed") >= 2:
                renewed.set()
                break
        return Outcome(0.5, "")

    Workers(study, looks_by(run), lambda done: None).work(["w1"])
    assert renewed.is_set()
    assert not any("_keep_leases" in thread.name for thread in threading.enumerate())
