"""Runs a program that the kernel ends when the process that started it is killed (Linux).

Used as a script, `python child_process.py PARENT PROGRAM ARGUMENT...`, by the standard library
alone: it takes the place of code that would run between fork and exec, which is not safe beside
threads.
"""

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
NOT_FOUND = 127


def main(parent: int, program: list[str]) -> None:
    """Becomes the program."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):  # not Linux: the program ends by itself
        pass
    if os.getppid() != parent:  # killed before the kernel was told
        sys.exit(1)
    try:
        os.execvp(program[0], program)
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
