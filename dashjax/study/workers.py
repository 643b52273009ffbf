"""Workers that make look after look, until enough is known."""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from dashjax.errors import InputError
from dashjax.study.program import Outcome, Program
from dashjax.study.study import Study
from dashjax.study.trials import Trial
from dashjax.study.worker_names import WorkerNames

_HOUR = 3600.0
_POLL = 0.2  # seconds between looks at whether there is something to do
_RENEWALS = 4  # how often in each lease a worker says that it is still at work
_HOPELESS = 5  # looks that fail, and none that succeeds, after which nothing more is tried


class Done(NamedTuple):
    """A look that a worker has finished."""

    trial: Trial
    reward: float | None
    reason: str
    seconds: float


class Looks(NamedTuple):
    """How looks are made.

    Attributes:
        make: what comes of a trial; several may be under way at once.
        end_all: ends those that are under way, where that can be done.
        about: where to find more if they fail.
    """

    make: Callable[[Trial], Outcome]
    end_all: Callable[[], None]
    about: str


def program_looks(program: Program, logs: Path, target: str) -> Looks:
    """Looks by a program; what each prints is in its own log.

    Args:
        program: what is run.
        logs: folder for the logs.
        target: the study's target.
    """

    def make(trial: Trial) -> Outcome:
        values = {"dataset": trial.dataset, "group": trial.group, "target": target}
        values |= {"trial": trial.number, "seed": trial.number}
        return program.run(values, logs / f"trial-{trial.number:06d}.out")

    return Looks(make, program.end_all, f"logs are in {logs}")


class Workers:
    """Workers in threads.

    Args:
        study: what they work on.
        looks: how they make a look.
        said: is told of every look that is finished.
    """

    def __init__(self, study: Study, looks: Looks, said: Callable[[Done], None]) -> None:
        self._study, self._looks, self._said = study, looks, said
        self._stop, self._failed_first = threading.Event(), 0
        self._succeeded = any(row["state"] == "told" for row in study.trials())
        self._busy, self._out = 0, set[int]()  # workers, and trials that are theirs
        self._busy_lock = threading.Lock()
        self._lease = study.settings["lease"]
        self._error: BaseException | None = None

    def work(self, names: list[str]) -> None:
        """Makes looks under these names until the study has stopped.

        Raises:
            InputError: if nothing but failures came of the first looks, or the store cannot be
                used; what was told is kept.
        """
        threads = [threading.Thread(target=self._serve, args=(name,)) for name in names]
        renewing = [threading.Thread(target=self._keep_leases)] if self._lease else []
        for thread in threads + renewing:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(_POLL)
        finally:
            self._stop.set()
            self._looks.end_all()
            for thread in threads + renewing:
                thread.join()
        if self._error is not None:
            raise self._error

    def renew(self) -> None:
        """Begins the leases of the trials anew that our workers have out."""
        out = sorted(self._out)
        if out:
            self._study.renew(*out)

    def _keep_leases(self) -> None:
        pause = _HOUR * self._lease / _RENEWALS
        with self._ending_all_where_it_fails():
            while not self._stop.wait(pause):
                self.renew()

    def _serve(self, name: str) -> None:
        with self._ending_all_where_it_fails():
            while not self._stop.is_set():
                trial = self._next(name)
                if trial is None:
                    break
                try:
                    self._out.add(trial.number)
                    self._look(trial)
                finally:
                    self._out.discard(trial.number)
                    self._count_busy(-1)

    @contextlib.contextmanager
    def _ending_all_where_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._error = self._error or error
            self._stop.set()

    def _next(self, name: str) -> Trial | None:
        """The look to make; None where no more are wanted, or all that are wanted are out.

        Where the last looks are made by other workers of ours it waits: one of them may fail. So
        it does where they are made elsewhere and have a lease, which may end.
        """
        while not self._stop.is_set():
            if self._study.stopped:
                return None
            self._count_busy(1)
            trial = self._study.ask_within_steps(name)
            if trial is not None:
                return trial
            if self._count_busy(-1) == 0 and not self._lease:
                return None
            self._stop.wait(_POLL)
        return None

    def _count_busy(self, more: int) -> int:
        """Enters that so many more of our workers are busy; gives how many are."""
        with self._busy_lock:
            self._busy += more
            return self._busy

    def _look(self, trial: Trial) -> None:
        began = time.monotonic()
        outcome = self._looks.make(trial)
        if self._stop.is_set() and outcome.reward is None:
            return  # ended by us: the trial stays open for the next time
        if outcome.reward is None:
            self._study.fail(trial, outcome.reason)
        else:
            self._study.tell(trial, outcome.reward)
        self._said(Done(trial, outcome.reward, outcome.reason, time.monotonic() - began))
        self._count(outcome.reward is not None, outcome.reason)

    def _count(self, succeeded: bool, reason: str) -> None:
        self._succeeded |= succeeded
        self._failed_first += not succeeded
        if not self._succeeded and self._failed_first >= _HOPELESS:
            raise InputError(
                f"the first {self._failed_first} looks failed, the last: {reason}; mend that and "
                f"give the command again ({self._looks.about})"
            )


def take_over(study: Study, names: WorkerNames, mine: Collection[str] = ()) -> None:
    """Releases the trials that workers of this machine have left behind, but for `mine`."""
    for row in study.trials():
        worker = row["worker"]
        left = row["state"] == "open" and worker and worker not in mine
        if left and names.is_mine_or_free(worker):
            study.release(row["trial"], "its worker was stopped")
