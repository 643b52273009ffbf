"""How a command ends: with an exit status, and one sentence where it did not do what was asked."""

import io
import os
import sys
from collections.abc import Callable

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
        print(end="", flush=True)  # what cannot be written is to be known now
    except InputError as error:
        return _refuse(str(error))
    except BrokenPipeError:  # the reader, like `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where, why = error.filename or "the disk", error.strerror or error
        return _refuse(f"{where}: {why}; nothing half written is kept")
    except KeyboardInterrupt:
        print("dashjax: stopped; what was finished is kept", file=sys.stderr)
        return 130
    except Exception as error:
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            return _refuse("there is not enough memory for this; ask for fewer steps or datasets")
        raise
    return status


def _refuse(sentence: str) -> int:
    print(f"dashjax: {sentence}", file=sys.stderr)
    return 2
