"""The command line read: options of one command, or one sentence that says what is amiss."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any, Union

import tyro
from tyro import _errors as refusals  # the only door to what tyro refuses, in parts

from dashjax.cli.baseline import Baseline
from dashjax.cli.choose_options import Choose
from dashjax.cli.experiment_options import Demo, Fit, Replay, Report, Sweep
from dashjax.cli.study_options import ACTIONS, Study
from dashjax.cli.supply_options import Build, Pool, Show, Table, Verify
from dashjax.cli.table_files import Diff, Export, Import, Merge
from dashjax.cli.table_findings import Groups, Noise
from dashjax.errors import InputError, closest

_TABLE = (Build, Import, Export, Merge, Diff, Show, Noise, Groups, Verify)
COMMANDS: dict[str, dict[str, Any] | Any] = {
    one.__name__.lower(): one for one in (Demo, Choose, Pool, Fit, Replay, Sweep, Baseline, Report)
} | {"table": {one.__name__.lower(): one for one in _TABLE}, "study": ACTIONS}
# not by `|`, of which tyro asks a library that takes a sixth of a second to load
_ANY = Union[Demo, Choose, Pool, Table, Study, Fit, Replay, Sweep, Baseline, Report]  # noqa: UP007
_SHELLS = ("bash", "zsh", "tcsh", "fish")
_COMPLETIONS = ("--tyro-write-completion", "--tyro-print-completion")
_KINDS = {
    "invalid literal for int": "a whole number",
    "could not convert string to float": "a number",
}


def parse(arguments: Sequence[str]) -> Any:
    """The options of one command.

    Raises:
        InputError: if they cannot be understood.
        SystemExit: after help or a completion script was printed.
    """
    if arguments[:1] and arguments[0] in _COMPLETIONS and arguments[1:2]:
        _check_shell(arguments[1])

    def refuse(event: refusals.ParseErrorEvent) -> None:
        raise InputError(_sentence(event, arguments))

    with refusals.on_parse_error(refuse):
        options = tyro.cli(
            _ANY,
            prog="dashjax",
            description="Which datasets are worth taking? Try as few as possible, and know how "
            "sure. `dashjax --version` says which dashjax this is.",
            args=arguments,
            config=(
                tyro.conf.OmitArgPrefixes,
                tyro.conf.OmitSubcommandPrefixes,
                tyro.conf.FlagCreatePairsOff,
                tyro.conf.PositionalMetavarFromFieldName,
            ),
        )
    return options.action if isinstance(options, Table | Study) else options


def _check_shell(shell: str) -> None:
    if shell not in _SHELLS:
        raise InputError(
            f"unknown shell '{shell}'{closest(shell, _SHELLS)}; choose from {', '.join(_SHELLS)}"
        )


def _sentence(event: refusals.ParseErrorEvent, arguments: Sequence[str]) -> str:
    """What is amiss, and how to mend it."""
    words, command = _command(arguments)
    name = " ".join(["dashjax", *words])
    if isinstance(event, refusals.UnrecognizedArgs):
        return _unknown(event.tokens[0], name, command)
    if isinstance(event, refusals.MissingSubcommand):
        return f"'{name}' needs a command; choose from {', '.join(command)}"
    if isinstance(event, refusals.MissingArgs):
        missing = ", ".join(_name(one.arg) for one in event.missing_arguments)
        return f"'{name}' needs {missing}; see {name} --help"
    if isinstance(event, refusals.InvalidChoice):
        return _no_choice(event.argument.display_name(), event.value, event.choices)
    if isinstance(event, refusals.BadValue):
        return f"{event.argument.display_name()} needs a value; see {name} --help"
    if isinstance(event, refusals.InstantiationFailure) and event.argument is not None:
        return _no_value(event.argument.display_name(), event.message)
    return f"'{name}' cannot be understood; see {name} --help"


def _command(arguments: Sequence[str]) -> tuple[list[str], Any]:
    """The words that name the command, and its options; the commands there are if it has none."""
    found, words = COMMANDS, []
    for word in arguments:
        if not isinstance(found, dict) or word not in found:
            break
        found, words = found[word], [*words, word]
    return words, found


def _unknown(token: str, name: str, command: Any) -> str:
    if isinstance(command, dict):
        hint, known = closest(token, command), ", ".join(command)
        return f"unknown command '{token}' of '{name}'{hint}; choose from {known}"
    if token.startswith("-"):
        option = token.partition("=")[0]
        hint = closest(option.replace("_", "-"), _options(command))
        return f"unknown option '{option}' of '{name}'{hint}; see {name} --help"
    return f"'{token}' is a word too many for '{name}'; see {name} --help"


def _options(command: Any) -> list[str]:
    """The options of a command, and of the groups of options in it."""
    found = []
    for field in dataclasses.fields(command):
        if dataclasses.is_dataclass(field.default_factory):
            found += _options(field.default_factory)
        else:
            found.append(f"--{field.name.replace('_', '-')}")
    return found


def _no_choice(option: str, value: str, choices: Iterable[str]) -> str:
    what, choices = option.lstrip("-").replace("-", " "), list(choices)
    return f"unknown {what} '{value}'{closest(value, choices)}; choose from {', '.join(choices)}"


def _no_value(option: str, message: str) -> str:
    """A value that is of another kind than the option's."""
    for beginning, kind in _KINDS.items():
        if message.startswith(beginning) and (value := re.search(r"'(.*)'$", message, re.DOTALL)):
            return f"{option} is '{value[1]}'; give {kind}"
    if values := re.search(r"\[(.*?)\]", message, re.DOTALL):
        return f"{option} cannot be {values[1]}; give what --help says of it"
    return f"{option} cannot be understood: {' '.join(message.split())}"


def _name(argument: Any) -> str:
    """How an argument is called in the help: an option as it is, a place in large letters."""
    name = argument.display_name()
    return name if name.startswith("-") else name.upper()
