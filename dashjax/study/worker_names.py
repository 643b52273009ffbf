"""Names of workers on one machine: the same after a restart, and never two at a time."""

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO


class WorkerNames:
    """Names such as `host-0` that this process alone uses, until it ends, however it does.

    Args:
        host: the machine's name in the study.
        study: what the names are for: a text that is the same for the same study.
    """

    def __init__(self, host: str, study: str) -> None:
        whose = hashlib.sha256(f"{host}\0{study}".encode()).hexdigest()[:16]
        self._host = host
        self._folder = Path(tempfile.gettempdir()) / f"dashjax-{os.getuid()}" / whose
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held: dict[str, IO[str]] = {}

    def claim(self, count: int) -> list[str]:
        """The first so many names that no other process uses."""
        number = 0
        while len(self._held) < count:
            self._take(number)
            number += 1
        return list(self._held)

    def is_mine_or_free(self, name: str) -> bool:
        """Whether a name is of this machine, and no other process uses it."""
        host, _, number = name.rpartition("-")
        if host != self._host or not number.isdecimal():
            return False
        return name in self._held or self._take(int(number))

    def release(self) -> None:
        """Gives all names back."""
        for lock in self._held.values():
            lock.close()
        self._held.clear()

    def _take(self, number: int) -> bool:
        name = f"{self._host}-{number}"
        lock = (self._folder / f"{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._held[name] = lock
        return True
