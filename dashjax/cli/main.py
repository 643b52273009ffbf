"""The command line: parse, call one function, print or write."""

import gc
import importlib
import sys

import dashjax
from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.cli.parsing import parse
from dashjax.engine import compilation

_OBJECTS = 100_000  # between looks for garbage: tracing makes many objects, which stay


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line and gives its exit status: 0, or 2 for a mistake of the user's."""
    return ending(lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: list[str]) -> int | None:
    if arguments == ["--version"]:
        print(f"dashjax {dashjax.__version__}")
        return 0
    options = parse(arguments)
    gc.set_threshold(_OBJECTS)
    compilation.keep()
    module, function = options.command.split(":")
    run = getattr(importlib.import_module(f"dashjax.cli.{module}"), function)
    return run(options, Terminal(options.printing.json, options.printing.quiet))
