"""Whether a folder of results can be shown: its settings, its columns, and what is in them."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashjax.errors import InputError
from dashjax.report.arrays import having
from dashjax.report.dictionary import FRAMES, Column
from dashjax.report.text.fit_table import ESTIMATORS, NAMES
from dashjax.store import results
from dashjax.store.results import Experiment, Row

_AGAIN = "run the command that made it again"
_KNOWN = {  # columns in which no row may lack a value
    "method",
    *("seeds", "steps", "select", "steps_mean", "never"),
    *("datasets", "runs", "share", "dataset", "group", "utility", "replicates"),
    *("estimator", "parameter", "mean", "q05", "q95"),
}
_NEEDED = {"replay": ("results", "rewards", "selections"), "sweep": ("results",)}
# of a replay, if models were trained, or if a rule was calibrated
_OPTIONAL = ("take", "take_share", "accuracy", "accuracy_share", "threshold")
_TEXT, _NUMBER, _TRUTH, _LIST = "text", "numbers", "true or false", "lists of text"


class _Settings(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Prior(_Settings):
    group_mean: float
    group_sd: float
    arm_sd: float
    noise_sd: float


class _Runs(_Settings):
    methods: list[str] = Field(min_length=1)
    steps: int = Field(ge=1)
    select: int = Field(ge=1)
    tolerance: float


class _Replay(_Runs):
    targets: list[str] = Field(min_length=1)
    prior: dict[str, _Prior | None]


class _Sweep(_Runs):
    groups: int = Field(ge=1)
    arms: int = Field(ge=1)
    prior: _Prior


class _Fit(_Settings):
    targets: list[str] = Field(min_length=1)


_SETTINGS: dict[str, type[_Settings]] = {"replay": _Replay, "sweep": _Sweep, "fit": _Fit}


def read_checked(folder: Path) -> Experiment:
    """The results in a folder, with all that tables and pictures need.

    Raises:
        InputError: if there are none, or a setting, a frame, a column or a row lacks or is of
            another kind than a command writes.
    """
    experiment = results.read(folder)
    wrong = _of_settings(experiment.config) or _of_frames(experiment) or _of_rows(experiment)
    if wrong:
        raise InputError(f"{folder} cannot be shown: {wrong}; {_AGAIN}")
    return experiment


def _of_settings(config: dict[str, Any]) -> str:
    """The first setting that is amiss, in words; '' if there is none."""
    command = config.get("command")
    if not isinstance(command, str) or command not in _SETTINGS:
        return "its manifest does not say which command made it"
    try:
        _SETTINGS[command].model_validate(config)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(map(str, found["loc"]))
        return f"setting '{where}' of its manifest: {found['msg'].lower()}"
    return ""


def _of_frames(experiment: Experiment) -> str:
    """The first frame or column that is amiss."""
    frames = {"results": experiment.rows} | experiment.frames
    command = experiment.config["command"]
    for name in _NEEDED.get(command, ("results",)):
        if not frames.get(name):
            return f"{name}.parquet is missing or has no rows"
    for name, rows in frames.items():
        columns = FRAMES.get(f"{name} of a fit" if command == "fit" else name)
        if rows and columns and (wrong := _of_columns(rows, columns)):
            return f"{name}.parquet {wrong}"
    return ""


def _of_columns(rows: Sequence[Row], columns: Iterable[Column]) -> str:
    """The first column that lacks, holds what it must not hold, or has a gap."""
    for one in columns:
        for name in _names(one, rows[0]):
            if any(name not in row for row in rows):
                return f"has no column '{name}'"
            found = {_kind(row[name]) for row in rows} - {"", _expected(one)}
            if found:
                held = " and ".join(sorted(found))
                return f"holds {held} in column '{name}', where {_expected(one)} belong"
            if name in _KNOWN and any(row[name] is None for row in rows):
                return f"lacks a value in column '{name}'"
    return ""


def _names(column: Column, row: Row) -> list[str]:
    """The columns that an entry of the dictionary speaks of; none of those that may lack."""
    stem, several = column.column[:-1], column.column.endswith(("_N", "_R"))
    if several:
        return [name for name in row if name.startswith(stem)]
    if column.column in _OPTIONAL and column.column not in row:
        return []
    ends = ("_low", "_high") if column.interval else ()
    return [column.column, *(f"{column.column}{end}" for end in ends)]


def _expected(column: Column) -> str:
    """What a column of that unit holds, besides nothing."""
    kinds = {"text": _TEXT, "list of text": _LIST, "true or false": _TRUTH}
    return kinds.get(column.unit, _NUMBER)


def _kind(value: object) -> str:
    """What a value is; '' for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return _LIST if all(isinstance(item, str) for item in value) else "other lists"
    kinds = {bool: _TRUTH, int: _NUMBER, float: _NUMBER, str: _TEXT}
    return kinds.get(type(value), type(value).__name__)


def _of_rows(experiment: Experiment) -> str:
    """The first row that the settings speak of and that is not there."""
    config, rows = experiment.config, experiment.rows
    if config["command"] == "fit":
        return _of_a_fit(rows)
    targets = config["targets"] if config["command"] == "replay" else [None]
    asked = [(target, method) for target in targets for method in config["methods"]]
    frames = {"results": rows}
    if config["command"] == "replay":
        frames["selections"] = experiment.frames["selections"]
    for name, own in frames.items():
        there = {(row.get("target"), row["method"]) for row in own}
        for target, method in asked:
            if (target, method) not in there:
                on = "" if target is None else f" and target '{target}'"
                return f"{name}.parquet has no row for method '{method}'{on}"
    last = f"p_right_{config['steps']}"
    return "" if last in rows[0] else f"results.parquet has no column '{last}'"


def _of_a_fit(rows: Sequence[Row]) -> str:
    there = {(row["left_out"], row["estimator"], row["parameter"]) for row in rows}
    left_out = {row["left_out"] for row in rows}
    for one, by, name in itertools.product(left_out, ESTIMATORS, NAMES):
        if (one, by, name) not in there:
            return f"results.parquet has no row for {name} by {by}"
    for row in having(rows, "estimator", "numpyro"):
        for name in ("effective_draws", "r_hat", "divergences"):
            if row[name] is None:
                return f"results.parquet lacks a value in column '{name}'"
    return ""
