"""Runs `dashjax study run` again and again, each killed after a while, until one ends by itself.

A script: `python killed_runs.py KILLS SEED ARGUMENT...`; prints how many were killed. What takes
long to load is loaded once, and each run is a fork of it; nothing was computed by then.
"""

import os
import random
import signal
import sys
import time

from dashjax.cli import study_run  # noqa: F401
from dashjax.cli.main import main
from dashjax.engine import compilation


def attempt(arguments: list[str], seconds: float | None) -> bool:
    """Whether a run ended by itself within that time; else it was killed."""
    child = os.fork()
    if not child:
        os._exit(main(arguments))
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if status != 0:
                sys.exit(f"the run ended with {status}")
            return True
        if until is not None and time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(0.01)


if __name__ == "__main__":
    compilation.keep()
    kills, draw, done = int(sys.argv[1]), random.Random(int(sys.argv[2])), 0
    while done < kills and not attempt(sys.argv[3:], draw.uniform(1.0, 4.0)):
        done += 1
    attempt(sys.argv[3:], None)
    print(done)
