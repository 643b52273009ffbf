"""A study's ledger and what is believed after it, kept up to date with the study's store."""

import threading
from collections.abc import Callable
from typing import TypeVar

from dashjax.store.studies import StudyStore, Transaction
from dashjax.study.advisor import Advisor
from dashjax.study.changes import Writer

_Result = TypeVar("_Result")


class Connection:
    """Reads and writes the log of one study; threads may share it.

    Args:
        store: where the log is.
        number: the study's number there.
        advisor: what follows the log.

    Attributes:
        store: the same.
        advisor: up to date with what was read last.
        lock: held while one thread reads or writes.
    """

    def __init__(self, store: StudyStore, number: int, advisor: Advisor) -> None:
        self.store, self.advisor, self.lock = store, advisor, threading.RLock()
        self._number = number
        self.read()

    def read(self) -> None:
        """Follows the log to its end."""
        self.advisor.follow(self.store.events(self._number, self.advisor.ledger.last))

    def now(self, what: Callable[[Advisor], _Result]) -> _Result:
        """What a function says of the study as it is now."""
        with self.lock:
            self.read()
            return what(self.advisor)

    def write(self, what: Callable[[Writer], _Result]) -> _Result:
        """One transaction; where it comes to nothing, the ledger is read anew."""

        def write(transaction: Transaction) -> _Result:
            if self.advisor.ahead:
                self.advisor = self.advisor.anew()
            self.advisor.follow(transaction.events(self.advisor.ledger.last))
            return what(Writer(self.advisor, transaction))

        with self.lock:
            try:
                done = self.store.write(self._number, write)
                self.advisor.ahead = False
                return done
            finally:
                if self.advisor.ahead:
                    self.advisor = self.advisor.anew()

    def compile(self) -> None:
        """Asks once for nothing, so that others need not wait while something is compiled."""
        if any(self.advisor.ledger.available()):
            self.advisor.next()
