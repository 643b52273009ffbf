"""Runs `dashjax study run` again and again, each killed while it works, until one ends by itself.

A script: `python killed_runs.py KILLS LONGEST STORE NAME ARGUMENT...` kills each up to LONGEST
seconds after the first that it writes to the log, by chance with a fixed seed, and prints how many
were killed. What takes long to load is loaded once, and each run is a fork of it; nothing was
computed by then.
"""

import math
import os
import random
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from dashjax.bandit.methods import method
from dashjax.cli import study_run  # noqa: F401
from dashjax.cli.main import main
from dashjax.store.studies import StudyStore, open_store
from dashjax.study.advisor import Advisor
from dashjax.study.study import Study

_SEED = 5


class Limit(NamedTuple):
    """How often runs are killed, and when at the latest."""

    kills: int
    longest: float  # seconds after the first that a run writes


def run(store: str, name: str, limit: Limit, arguments: list[str]) -> int:
    """Runs a study to its end in processes of its own; gives how many of them were killed."""
    command = [sys.executable, __file__, *map(str, limit), store, name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return int(done.stdout.splitlines()[-1])


def asked_otherwise(store: str, name: str) -> list[int]:
    """The trials of a log that one who followed it without a restart would not have asked for.

    None if restarts change nothing, whatever the number of workers: what is asked next is a
    function of the log so far.
    """
    kept = open_store(store)
    settings = Study.open(store, name=name).settings
    advisor, others, trial = Advisor(method(settings["method"]), None), [], 0
    for event in kept.events(kept.number(name)):
        if event.kind == "asked":
            trial += 1
            if advisor.next() != event.payload["arm"]:
                others.append(trial)
        advisor.follow([event])
    return others


def _attempt(store: StudyStore, study: int, arguments: list[str], delay: float | None) -> bool:
    """Whether a run ended by itself; else it was killed so long after it began to work."""
    store.close()  # so that the fork shares no connection
    last = len(store.events(study))
    store.close()
    child, until = os.fork(), math.inf
    if not child:
        os._exit(main(arguments))
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended and status != 0:
            sys.exit(f"the run ended with {status}")
        if ended:
            return True
        if delay is not None and until == math.inf and store.events(study, last):
            until = time.monotonic() + delay
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(0.01)


def _run_and_kill(limit: Limit, where: str, name: str, arguments: list[str]) -> int:
    store, draw, killed = open_store(where), random.Random(_SEED), 0
    study, words = store.number(name), ["study", "run", where, "--name", name, *arguments]
    while killed < limit.kills:
        if _attempt(store, study, words, draw.uniform(0, limit.longest)):
            return killed
        killed += 1
    _attempt(store, study, words, None)
    return killed


if __name__ == "__main__":
    kills, longest, where, name, *arguments = sys.argv[1:]
    print(_run_and_kill(Limit(int(kills), float(longest)), where, name, arguments))
