"""Printed tables of results: what each method comes to, and how each stop rule did."""

from collections.abc import Sequence

import numpy as np

from dashjax.report.arrays import column, distinct
from dashjax.report.text.narrow_table import Column, NarrowTable, Section
from dashjax.simulate.metrics import REGRETS
from dashjax.store.results import Row
from dashjax.wording import number, percent, shortened, spread, the_best

_RIGHT = "p_right_"
_ROUNDING = 1e-6  # of float32; what is less says nothing


def results_table(rows: Sequence[Row], over_targets: Sequence[Row] = ()) -> NarrowTable:
    """A table for printing: a line a method, target by target, and last the means over targets.

    Args:
        rows: the rows of an experiment, see `metrics.row`.
        over_targets: their means over targets, see `over_targets.over_targets`.

    Returns:
        A table that fits into 120 characters, and into fewer with fewer columns; what is not known
        is '-'.
    """
    sections, caption = _by_target(rows), _caption(rows)
    if over_targets:
        sections.append(Section(_all_targets(over_targets), over_targets))
        caption += f"; {_all_targets(over_targets)}: means, with intervals for these very targets"
    return NarrowTable(_columns(rows), sections, caption)


def stops_table(rows: Sequence[Row], over_targets: Sequence[Row] = ()) -> list[NarrowTable]:
    """How each stop rule did, a line a method and rule, target by target; none without rules.

    Args:
        rows: the frame `stops` of an experiment, see `records.stop_rows`.
        over_targets: their means over targets, see `over_targets.over_targets`; they get a table of
            their own, which names the target where each method is right least often.
    """
    if not rows:
        return []
    caption = "stops after: mean exploration steps [95 % interval]"
    if any((row["stopped_share"] or 0) < 1 for row in rows):
        caption += ", where a run that is not stopped (≥) counts as all of its steps"
    rules = distinct(rows, "stop")
    if len(rules) == 1:
        caption = f"stop rule {rules[0]}; {caption}"
    tables = [NarrowTable(_stop_columns(rows), _by_target(rows), caption)]
    return [*tables, _stops_over_targets(over_targets)] if over_targets else tables


def _stops_over_targets(rows: Sequence[Row]) -> NarrowTable:
    of_runs = ("\nmedian", "\np90")  # of one target's runs
    columns = [column for column in _stop_columns(rows) if column.heading not in of_runs]
    columns.append(Column("worst target:\nright when stopped", _worst, 1, "left"))
    caption = "means over targets; intervals are for these very targets"
    if any(row["targets_stopped"] < row["targets"] for row in rows):
        caption += "; right when stopped: over those targets on which any run stopped"
    return NarrowTable(columns, [Section(_all_targets(rows), rows)], caption)


def _all_targets(rows: Sequence[Row]) -> str:
    return f"(all {rows[0]['targets']} targets)"


def _worst(row: Row) -> str:
    """The target where fewest of the stopped runs were right, and their share."""
    if row["worst_target"] is None:
        return "-"
    return f"{shortened(row['worst_target'], 24)}: {percent(row['worst_good_when_stopped'])}"


def _by_target(rows: Sequence[Row]) -> list[Section]:
    targets = dict.fromkeys(row.get("target") for row in rows)
    return [
        Section(
            None if target is None else str(target),
            [row for row in rows if row.get("target") == target],
        )
        for target in targets
    ]


def _caption(rows: Sequence[Row]) -> str:
    best = the_best(max((row.get("select") or 0 for row in rows), default=0))
    caption = f"right: % of runs with a mean utility within the tolerance of {best}"
    caption += "; steps: until right for good"
    if _synthetic(rows):
        caption += ", or until the mean simple regret is ≤ .01, ..."
    if _partly_known(rows):
        caption += "; known %: runs whose selection was trained"
    return caption


def _columns(rows: Sequence[Row]) -> list[Column]:
    """The columns that this kind of experiment has."""
    columns = [
        Column("method", _method),
        Column("steps: median\n[95 % interval]", lambda row: _interval(row, "steps_median")),
        Column("\nmean", _mean),
        Column("\np90", lambda row: _number(row, "steps_p90", ".0f"), 7),
        Column("never\n%", lambda row: _percent(row, "never"), 3),
    ]
    checkpoints = sorted(_checkpoints(rows).items())
    last = len(checkpoints) - 1
    columns += [_right(*pair, place - last) for place, pair in enumerate(checkpoints)]
    columns.append(Column("simple\nregret", lambda row: _number(row, "simple_regret", ".2g"), 4))
    columns.append(Column("cum.\nregret", lambda row: _number(row, "cumulative_regret", ".3g"), 9))
    if _synthetic(rows):
        columns += [_until(regret) for regret in REGRETS]
    if any(row.get("accuracy") is not None for row in rows):
        columns.append(Column("accu-\nracy %", lambda row: _percent(row, "accuracy"), 1))
    if _partly_known(rows):
        columns.append(Column("known\n%", lambda row: _percent(row, "accuracy_share"), 6))
    return columns


def _stop_columns(rows: Sequence[Row]) -> list[Column]:
    columns = [
        Column("method", _method),
        Column("stops after:\nmean [95 %]", _stops_after),
        Column("\nmedian", lambda row: _stop_quantile(row, "median"), 3),
        Column("\np90", lambda row: _stop_quantile(row, "p90"), 5),
        Column("runs\nstopped", lambda row: percent(row["stopped_share"])),
        Column("right when\nstopped [95 %]", _right_when_stopped),
        Column("\npromised", lambda row: percent(row["promised"]), 2),
        Column("simple\nregret", lambda row: _number(row, "stopped_regret", ".2g"), 4),
    ]
    cost, steps = column(rows, "stopped_cost"), column(rows, "stopped_mean")
    if not np.allclose(cost, steps, rtol=1e-3, equal_nan=True):
        columns.insert(4, Column("\ncost", lambda row: number(row["stopped_cost"], ".0f"), 1))
    if len(distinct(rows, "stop")) > 1:
        columns.insert(1, Column("stop rule", lambda row: row["stop"], justify="left"))
    return columns


def _method(row: Row) -> str:
    return str(row["method"])


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


def _right(step: int, key: str, from_last: int) -> Column:
    """The last checkpoint stays; before it, the earliest goes first, after what says little."""
    rank = {0: 0, -1: 2, -2: 5}.get(from_last, 8)
    return Column(f"right\n@{step}", lambda row: _percent(row, key), rank)


def _until(regret: float) -> Column:
    key = f"steps_to_regret_{regret:g}"
    heading = f"steps\n≤{regret:g}".replace("0.", ".")
    return Column(heading, lambda row: _number(row, key, ".0f"), 5)


def _interval(row: Row, key: str) -> str:
    if row.get(key) is None:
        return "-"
    value, low, high = (_number(row, f"{key}{end}", ".0f") for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _mean(row: Row) -> str:
    """A lower bound where some runs never settle: they count as the whole length."""
    bound = "≥" if row.get("steps_mean") is not None and (row.get("never") or 0) > 0 else ""
    return bound + _number(row, "steps_mean", ".1f" if (row.get("steps") or 0) < 1000 else ".0f")


def _stops_after(row: Row) -> str:
    mean, low, high = (row[f"stopped_mean{end}"] for end in ("", "_low", "_high"))
    return "≥" * ((row["stopped_share"] or 0) < 1) + spread(mean, low, high, ".0f")


def _stop_quantile(row: Row, name: str) -> str:
    """Within the steps, or a word that it lies beyond."""
    value = row[f"stopped_{name}"]
    return "never" if value is None else f"{value:.0f}"


def _right_when_stopped(row: Row) -> str:
    share, *ends = (row[f"good_when_stopped{end}"] for end in ("", "_low", "_high"))
    if share is None:
        return "-"
    low, high = (f"{100 * end:.0f}" for end in ends)
    return f"{percent(share)} [{low}, {high}]"


def _number(row: Row, key: str, form: str) -> str:
    value = row.get(key)
    return "<1e-6" if value is not None and 0 < value < _ROUNDING else number(value, form)


def _percent(row: Row, key: str) -> str:
    value = row.get(key)
    return "-" if value is None else f"{100 * value:.1f}"
