"""The command `dashjax`, and `python -m dashjax`."""

import os

from dashjax.cli.main import main


def run() -> None:
    """Runs the command line, and ends the process with its exit status.

    At once: to free piece by piece what it holds would take a third of a second. What was said is
    out by then (see `ending`).
    """
    os._exit(main())


if __name__ == "__main__":
    run()
