"""The command line: parse, call one function, print or write."""

import gc
import importlib
from typing import Any

import tyro

from dashjax.cli.exit import ending
from dashjax.cli.experiment_options import Demo, Fit, Replay, Report, Sweep
from dashjax.cli.output import Terminal
from dashjax.cli.supply_options import Pool, Table
from dashjax.engine import compilation

_OBJECTS = 100_000  # between looks for garbage: tracing makes many objects, which stay

Command = Demo | Pool | Table | Fit | Replay | Sweep | Report


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line and gives its exit status: 0, or 2 for a mistake of the user's."""
    return ending(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int | None:
    options = _parse(arguments)
    gc.set_threshold(_OBJECTS)
    compilation.keep()
    module, function = options.command.split(":")
    run = getattr(importlib.import_module(f"dashjax.cli.{module}"), function)
    return run(options, Terminal(options.json))


def _parse(arguments: list[str] | None) -> Any:
    """The options of one command."""
    options = tyro.cli(
        Command,
        prog="dashjax",
        description="Which datasets are worth taking? Try as few as possible, and know how sure.",
        args=arguments,
        config=(
            tyro.conf.OmitArgPrefixes,
            tyro.conf.OmitSubcommandPrefixes,
            tyro.conf.FlagCreatePairsOff,
            tyro.conf.PositionalMetavarFromFieldName,
        ),
    )
    return options.action if isinstance(options, Table) else options
