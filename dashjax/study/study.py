"""A live search over a pool, kept: ask, train, tell; stop today and go on tomorrow."""

import os
import time
from collections.abc import Sequence
from typing import Any

from dashjax.bandit.methods import Method
from dashjax.bandit.stopping.rules import Rule
from dashjax.pools.pool import Pool
from dashjax.store.studies import Clock, StudyStore
from dashjax.study import changes, reasons
from dashjax.study.advisor import Advisor
from dashjax.study.candidates import Candidate
from dashjax.study.certainty import StudyCertainty, certainty_of
from dashjax.study.changes import Told
from dashjax.study.checking import cost_of, finite, number_of
from dashjax.study.connection import Connection
from dashjax.study.importing import looks_of
from dashjax.study.ledger import IN_POOL, PAUSED, RETIRED
from dashjax.study.opening import Waiting, Wanted, opened
from dashjax.study.outlook import reach_rows
from dashjax.study.trials import Trial

_LONGEST = 2000  # signs of a reason


class Study:
    """A live search over a pool of datasets, kept in a file or database.

    Open one with `Study.open`. Any number of processes may ask and tell at once; each sees what the
    others wrote. What was told is on the disk when `tell` returns.

    Example:
        >>> import dashjax as dj
        >>> pool = dj.Pool(("a", "b"), ("north",), (0, 0), sizes=(100, 80), costs=(1.0, 1.0))
        >>> study = dj.Study.open("hand.sqlite", pool, target="hand", select=1)
        >>> trial = study.ask()
        >>> study.tell(trial, 0.25)
        >>> [(row["dataset"], row["reward"]) for row in study.trials()] == [(trial.dataset, 0.25)]
        True
    """

    def __init__(self, store: StudyStore, number: int, advisor: Advisor) -> None:
        """Goes on with a study of a store; see `open`."""
        self._connection = Connection(store, number, advisor)

    @classmethod
    def open(
        cls,
        store: str | os.PathLike[str],
        pool: Pool | Sequence[Candidate] | str | os.PathLike[str] | None = None,
        *,
        name: str | None = None,
        method: str | Method | None = None,
        stop: str | Rule | None = None,
        patience: float = 0.0,
        clock: Clock = time.time,
        **settings: Any,
    ) -> "Study":
        """A study: made if it is not there and a pool is given, else gone on with.

        Args:
            store: path of a file, or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
            pool: what to choose from: a `Pool`, its candidates, or a CSV file with the column
                `dataset` and, if you like, `group`, `cost` (of a look), `price` (of taking it) and
                `size`.
            name: of the study, where a store holds several; that of the target if None.
            method: name of the method that asks, or one of your own, which must be given each time
                that the study is opened; `best` if None.
            stop: the stop rule, likewise; 95 % sure to be within the tolerance if None.
            patience: for how many seconds a server that goes away is waited for.
            clock: what gives the time, in seconds since 1970; leases end by it.
            **settings: `target`, `select`, `tolerance`, `steps`, `exploration_budget`,
                `budget`, `direction`, `floor`, `retries`, `lease`, `seed` and `prior`, see
                docs/study.md.

        Raises:
            InputError: if the store cannot be used, or the study is there with other settings.
        """
        wanted = Wanted(name, method, stop, settings)
        return cls(*opened(store, pool, wanted, Waiting(patience, clock)))

    # what is done

    def ask(self, worker: str | None = None) -> Trial:
        """The look to make next.

        Looks that are out are taken into account, so ask again before telling for workers in
        parallel. A worker that is named gets the trial back that it has open.

        Args:
            worker: who asks.

        Raises:
            InputError: if no dataset is left that may be looked at.
        """
        with self._connection.lock:
            self._connection.read()
            self._connection.compile()
            return self._connection.write(lambda writer: changes.ask(writer, worker))

    def ask_within_steps(self, worker: str | None = None) -> Trial | None:
        """As `ask`; None where the looks that are out would reach `steps` if all were told."""
        connection = self._connection
        with connection.lock:
            now = connection.store.clock()
            if not connection.now(lambda advisor: changes.may_ask(advisor.ledger, worker, now)):
                return None
            connection.compile()
            return connection.write(lambda writer: changes.ask_within_steps(writer, worker))

    def tell(
        self,
        trial: Trial | int | str,
        reward: float,
        *,
        cost: float | None = None,
        key: str | None = None,
    ) -> None:
        """Says what came of a look.

        To tell the same again does nothing. A dataset's name in place of a trial tells of a look
        that was never asked for, such as an earlier run; `key` then names the look, so that it
        counts once however often it is told.

        Args:
            trial: the trial, or its number, or a dataset's name.
            reward: a finite number.
            cost: of this look, where it is not the dataset's usual one.
            key: the name of a look that was never asked for.

        Raises:
            InputError: if there is no such trial or dataset, the reward is no finite number, the
                trial has failed, or another reward was told before.
        """
        value = finite(reward, "the reward", trial)
        spent = None if cost is None else cost_of(cost)

        if isinstance(trial, str):
            look = Told(trial, value, spent, key)
            self._connection.write(lambda writer: changes.tell_unasked(writer, [look]))
        else:
            number = number_of(trial)
            self._connection.write(lambda writer: changes.tell(writer, number, value, spent))

    def fail(self, trial: Trial | int, reason: str = "failed", *, infeasible: bool = False) -> None:
        """Says that a look came to nothing; it costs, and says nothing of the dataset's worth.

        Args:
            trial: the trial, or its number.
            reason: why, in a few words.
            infeasible: whether the dataset is not to be asked for again at all; else it is, until
                it has failed more often in a row than `retries` says.

        Raises:
            InputError: if there is no such trial, or a reward was told.
        """
        number, why = number_of(trial), str(reason)[:_LONGEST]
        self._connection.write(lambda writer: changes.fail(writer, number, why, infeasible))

    def renew(self, *trials: Trial | int) -> list[int]:
        """Says that trials are still being worked on: their leases begin anew.

        Without a lease it does nothing that anyone would notice. To be called a few times in each
        lease; `dashjax study run` does so by itself.

        Returns:
            The numbers of those that are still open. One that is missing was told, failed or
            released, and may be at work elsewhere; its reward still counts if it is told.

        Raises:
            InputError: if there is no such trial.
        """
        numbers = [number_of(trial) for trial in trials]
        return self._connection.write(lambda writer: changes.renew(writer, numbers))

    def release(self, trial: Trial | int, reason: str = "released") -> None:
        """Gives a trial back that nobody works on; a reward told later still counts.

        Raises:
            InputError: if there is no such trial.
        """
        number = number_of(trial)
        self._connection.write(lambda writer: changes.release(writer, number, reason))

    def add(
        self, dataset: str, group: str = "all", *, cost: float = 1.0, price: float = 0.0
    ) -> None:
        """Adds a dataset to the pool; it begins at what is believed of its group.

        Raises:
            InputError: if there is one of that name, or a number is out of range.
        """
        candidate = Candidate(dataset, group, cost, price)

        self._connection.write(lambda writer: changes.add(writer, candidate))

    def revise(self, dataset: str, content: str | None = None) -> None:
        """Begins anew with a dataset whose data have changed; earlier looks teach its group alone.

        Args:
            dataset: its name.
            content: a hash or version of the new data, for the log.

        Raises:
            InputError: if there is no such dataset.
        """
        self._connection.write(lambda writer: changes.revise(writer, dataset, content))

    def pause(self, dataset: str) -> None:
        """A dataset is neither asked for nor selected until `resume`; it still teaches its group.

        Raises:
            InputError: if there is no such dataset, or it is retired.
        """
        self._connection.write(lambda writer: changes.move(writer, dataset, PAUSED))

    def resume(self, dataset: str) -> None:
        """A paused dataset may be asked for and selected again.

        Raises:
            InputError: if there is no such dataset, or it is retired.
        """
        self._connection.write(lambda writer: changes.move(writer, dataset, IN_POOL))

    def retire(self, dataset: str) -> None:
        """A dataset is neither asked for nor selected any more; it still teaches its group.

        Raises:
            InputError: if there is no such dataset.
        """
        self._connection.write(lambda writer: changes.move(writer, dataset, RETIRED))

    def regroup(self, groups: dict[str, str]) -> None:
        """Puts datasets into other groups; all looks then count as if it had always been so.

        Args:
            groups: the new group of each dataset that is to move.

        Raises:
            InputError: if there is no such dataset, or a group has no name.
        """
        self._connection.write(lambda writer: changes.regroup(writer, groups))

    def import_results(self, path: str | os.PathLike[str]) -> int:
        """Tells the rewards of a CSV file with the columns `dataset` and `reward`.

        A column `target`, if there is one, says which rows are this study's. To import a file again
        adds only rows that are new in it.

        Returns:
            How many rewards were added.

        Raises:
            InputError: if the file cannot be read, or names a dataset that is not in the pool; then
                nothing is added.
        """
        looks = looks_of(path, self._connection.advisor.ledger.settings.target)
        return self._connection.write(lambda writer: changes.tell_unasked(writer, looks))

    # what is known

    @property
    def name(self) -> str:
        """The study's name in its store."""
        return self._connection.advisor.ledger.name

    @property
    def settings(self) -> dict[str, Any]:
        """What it was created with, by name."""
        return self._connection.advisor.ledger.settings.plain()

    @property
    def stopped(self) -> bool:
        """Whether enough is known, or a limit is reached, or no dataset is left."""
        return self._connection.now(reasons.stopped)

    @property
    def why(self) -> str:
        """Which rule has held, or what is missing until one does."""
        return self._connection.now(reasons.why)

    @property
    def selection(self) -> tuple[str, ...]:
        """The datasets to take as far as is known, best first; empty before the first look."""
        return self._connection.now(reasons.selection)

    @property
    def summary(self) -> str:
        """A sentence: what to take, after how many looks, and how sure that is."""
        return self._connection.now(reasons.sentence)

    def certainty(self) -> StudyCertainty:
        """How sure it is, by draws from the posterior; printed it is half a sentence.

        Returns:
            `chance_good`, `expected_loss`, `chance_none_helps`, `next_look`, `noise_sd`, and rows
            by dataset (`datasets`) and by group (`groups`); what they mean is in docs/study.md.
        """
        return self._connection.now(certainty_of)

    def reach(self) -> list[dict[str, Any]]:
        """What is reached now, and what more looks would reach; a row a tolerance.

        Futures are played from what is believed now (docs/mathematics.md, section 11), which takes
        seconds. The columns are those of a replay's frame `reach`; no row before the second look,
        or with a budget.
        """
        return self._connection.now(reach_rows)

    def trials(self) -> list[dict[str, Any]]:
        """All trials as rows: trial, dataset, group, state, reward, cost, worker, reason, times."""
        return self._connection.now(lambda advisor: advisor.ledger.trial_rows())

    def datasets(self) -> list[dict[str, Any]]:
        """The pool as rows: dataset, group, cost, price, size, state, looks, failures."""
        return self._connection.now(lambda advisor: advisor.ledger.dataset_rows())

    def close(self) -> None:
        """Lets go of the file or server; the next use opens it again."""
        self._connection.store.close()
