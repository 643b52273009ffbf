"""Printed tables of results."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from dashjax.metrics import REGRETS, Row

_NAME_WIDTH = 16
_RIGHT = "p_right_"
_ROUNDING = 1e-6  # of float32; what is less says nothing


class _Column(NamedTuple):
    """A heading, and what stands below it for a row."""

    heading: str
    cell: Callable[[Row], str]


def results_table(rows: Sequence[Row]) -> Table:
    """A table for printing: a line a method, target by target.

    Args:
        rows: the rows of an experiment, see `metrics.row`.

    Returns:
        A table that fits into 120 characters; what is not known is '-'.
    """
    columns = _columns(rows)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left")
    table.caption = Text(_caption(rows), style="dim")
    table.add_column(Text("method"), max_width=_NAME_WIDTH, overflow="fold", vertical="bottom")
    for column in columns:
        heading = Text(column.heading)
        table.add_column(heading, justify="right", overflow="fold", vertical="bottom")
    targets = dict.fromkeys(row.get("target") for row in rows)
    for place, target in enumerate(targets):
        if place:
            table.add_row()
        if target is not None:
            table.add_row(Text(str(target), style="bold"))
        for row in (row for row in rows if row.get("target") == target):
            cells = [Text(column.cell(row)) for column in columns]
            table.add_row(Text(str(row["method"])), *cells)
    return table


def _caption(rows: Sequence[Row]) -> str:
    best = max((row.get("select") or 0 for row in rows), default=0)
    of_best = f"the best {best}" if best > 1 else "the best"
    caption = f"right: % of runs with a mean utility within the tolerance of {of_best}"
    caption += "; steps: until right for good"
    if _synthetic(rows):
        caption += ", or until the mean simple regret is ≤ .01, ..."
    if _partly_known(rows):
        caption += "; known %: runs whose selection was trained"
    return caption


def _columns(rows: Sequence[Row]) -> list[_Column]:
    """The columns that this kind of experiment has."""
    columns = [
        _Column("steps: median\n[95 % interval]", _median),
        _Column("\nmean", _mean),
        _Column("\np90", lambda row: _number(row, "steps_p90", ".0f")),
        _Column("never\n%", lambda row: _percent(row, "never")),
    ]
    columns += [_right(key, step) for step, key in sorted(_checkpoints(rows).items())]
    columns.append(_Column("simple\nregret", lambda row: _number(row, "simple_regret", ".2g")))
    columns.append(_Column("cum.\nregret", lambda row: _number(row, "cumulative_regret", ".3g")))
    if _synthetic(rows):
        columns += [_until(regret) for regret in REGRETS]
    if any(row.get("accuracy") is not None for row in rows):
        columns.append(_Column("accu-\nracy %", lambda row: _percent(row, "accuracy")))
    if _partly_known(rows):
        columns.append(_Column("known\n%", lambda row: _percent(row, "accuracy_share")))
    return columns


def _checkpoints(rows: Sequence[Row]) -> dict[int, str]:
    """Steps after which the share of right selections is known, and the key of each."""
    keys = dict.fromkeys(key for row in rows for key in row)
    endings = {key: key.removeprefix(_RIGHT) for key in keys if key.startswith(_RIGHT)}
    return {int(step): key for key, step in endings.items() if step.isdigit()}


def _synthetic(rows: Sequence[Row]) -> bool:
    return any(row.get("target") is None for row in rows)


def _partly_known(rows: Sequence[Row]) -> bool:
    shares = [row.get("accuracy_share") for row in rows if row.get("accuracy") is not None]
    return any(share is not None and share < 1 for share in shares)


def _right(key: str, step: int) -> _Column:
    return _Column(f"right\n@{step}", lambda row: _percent(row, key))


def _until(regret: float) -> _Column:
    key = f"steps_to_regret_{regret:g}"
    heading = f"steps\n≤{regret:g}".replace("0.", ".")
    return _Column(heading, lambda row: _number(row, key, ".0f"))


def _median(row: Row) -> str:
    if row.get("steps_median") is None:
        return "-"
    value, low, high = (_number(row, f"steps_median{end}", ".0f") for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _mean(row: Row) -> str:
    """A lower bound where some runs never settle: they count as the whole length."""
    bound = "≥" if row.get("steps_mean") is not None and (row.get("never") or 0) > 0 else ""
    return bound + _number(row, "steps_mean", ".1f" if (row.get("steps") or 0) < 1000 else ".0f")


def _number(row: Row, key: str, form: str) -> str:
    value = row.get(key)
    if value is None:
        return "-"
    return "<1e-6" if 0 < value < _ROUNDING else format(value, form)


def _percent(row: Row, key: str) -> str:
    value = row.get(key)
    return "-" if value is None else f"{100 * value:.1f}"
