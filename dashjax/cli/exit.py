"""How a command ends: with an exit status, and one sentence where it did not do what was asked."""

import io
import os
import sys
from collections.abc import Callable

from dashjax.cli.output import STDOUT, writing_to_stdout
from dashjax.errors import InputError


def ending(command: Callable[[], int | None]) -> int:
    """The exit status of a command: 0, or 2 for a mistake of the user's or a full disk or memory.

    Signs that stdout or stderr cannot show are spelt out there.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command() or 0
        with writing_to_stdout():  # what cannot be written is to be known now
            print(end="", flush=True)
    except InputError as error:
        return _refuse(str(error))
    except BrokenPipeError:  # the reader, like `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _refuse(_about(error))
    except KeyboardInterrupt:
        print("dashjax: stopped; what was finished is kept", file=sys.stderr)
        return 130
    except Exception as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            return _refuse("there is not enough memory for this; ask for fewer steps or datasets")
        raise
    return status


def _about(error: OSError) -> str:
    """What the system refused, and what then is on disk."""
    why = error.strerror or error
    if error.filename == STDOUT:
        return f"{STDOUT}: {why}; files that were asked for are written"
    return f"{error.filename or 'the disk'}: {why}; nothing half written is kept"


def _refuse(sentence: str) -> int:
    print(f"dashjax: {sentence}", file=sys.stderr)
    return 2
