"""How sure a typical run is, for printing: a line and a table a target."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashjax.report.arrays import column, grouped, having
from dashjax.report.text.narrow_table import Column, NarrowTable, Section
from dashjax.report.text.reach import reachable
from dashjax.store.results import Experiment, Row
from dashjax.wording import chance, number, percent, the_best

_TARGETS, _TAKEN, _RIVALS = 12, 12, 3  # targets and datasets shown, at most


def certainty_tables(experiment: Experiment, targets: Sequence[str] = ()) -> list[Any]:
    """A sentence, a table, what it leaves out and what more looks would reach, for each target.

    Nothing if there is no such.

    Args:
        experiment: what was found.
        targets: which are shown; the first twelve if none is named, and how many there are more.
    """
    by_target = grouped(experiment.frames.get("certainty") or [], "target")
    named = list(targets) or list(by_target)[:_TARGETS]
    shown: list[Any] = []
    for target in named:
        sure = how_sure(experiment, target)
        shown += [f"\n{sure}", _table(by_target[target], experiment.config)]
        shown += [reach] if (reach := reachable(experiment, target)) else []
    more = 0 if targets else len(by_target) - len(named)
    if more:
        shown.append(f"\nhow sure a typical run is of {more:,} more targets: see --json")
    return shown


def how_sure(experiment: Experiment, target: str) -> str:
    """After how many steps one run ended, and how good its selection is then, in a sentence."""
    row = having(experiment.frames["certainty"], "target", target)[0]
    config = experiment.config
    none = row.get("chance_none_helps")
    helps = "" if none is None else f"; that none is better than nothing: {chance(none)}"
    return (
        f"{target}: one run of {row['method']}, {ending(experiment, row)}, a typical one; its "
        f"selection is within {config['tolerance']:g} of {the_best(config['select'])} with "
        f"probability {chance(row['chance_good'])}, expected loss "
        f"{number(row['expected_loss'], '.2g')}{helps}"
    )


def ending(experiment: Experiment, row: Row) -> str:
    """After how many steps that run ended, and why."""
    same = [
        stop["stop"]
        for stop in experiment.frames.get("stops") or []
        if (stop["target"], stop["method"]) == (row["target"], row["method"])
    ]
    if row["stopped"] and same:
        return f"after {row['step']} steps (stopped by {same[0]})"
    return f"after all {row['step']} steps" + (f" ({same[0]} did not stop it)" if same else "")


def nearest(rows: Sequence[Row], taken: int, rivals: int) -> list[Row]:
    """The rows about the boundary, the largest mean first.

    Those selected and, of the others, those likeliest to be among the best. Where there are too
    many selected, those of them that are least sure.
    """
    ordered = sorted(rows, key=lambda row: -_known(row["chance_best"]))
    inside = [row for row in ordered if row["selected"]][-taken:]
    outside = [row for row in ordered if not row["selected"]][:rivals]
    return sorted([*inside, *outside], key=lambda row: (not row["selected"], -_known(row["mean"])))


def _known(value: float | None) -> float:
    return -np.inf if value is None or np.isnan(value) else float(value)


def _table(rows: Sequence[Row], config: dict[str, Any]) -> NarrowTable:
    shown = nearest(rows, _TAKEN, _RIVALS)
    return NarrowTable(
        _columns(rows, config), [Section(None, shown)], _left_out(rows, shown, config)
    )


def _columns(rows: Sequence[Row], config: dict[str, Any]) -> list[Column]:
    places = _places(column(rows, "sd"))
    floor = [Column("helps", lambda row: chance(row["chance_above_floor"]))]
    floored = any(row.get("chance_above_floor") is not None for row in rows)
    return [
        Column("dataset", lambda row: row["dataset"]),
        Column("take", lambda row: "yes" if row["selected"] else "no"),
        Column("group", lambda row: row["group"], 3, "left"),
        Column("pulls", lambda row: number(row["pulls"], "d")),
        Column("mean ± sd", lambda row: f"{_of(row, 'mean', places)} ± {_of(row, 'sd', places)}"),
        Column(f"in {the_best(config['select'])}", lambda row: chance(row["chance_best"])),
        *floor * floored,
        Column("rank (90 %)", _ranks, 1),
        Column("weight of group", lambda row: percent(row["shrinkage"]), 2),
    ]


def _places(sd: np.ndarray) -> int:
    """Decimal places that show two digits of the smallest standard deviation."""
    known = sd[np.isfinite(sd) & (sd > 0)]
    return int(np.clip(1 - np.floor(np.log10(known.min())), 0, 6)) if known.size else 3


def _of(row: Row, key: str, places: int) -> str:
    return number(row[key], f".{places}f")


def _ranks(row: Row) -> str:
    low, high = row["rank_low"], row["rank_high"]
    if low is None or high is None:
        return "-"
    return f"{low}" if low == high else f"{low} to {high}"


def _left_out(rows: Sequence[Row], shown: Sequence[Row], config: dict[str, Any]) -> str:
    """What the table has no line for."""
    names = {row["dataset"] for row in shown}
    rest = [row for row in rows if row["dataset"] not in names]
    taken = [row["chance_best"] for row in rest if row["selected"]]
    others = [row["chance_best"] for row in rest if not row["selected"]]
    among = f"in {the_best(config['select'])} with probability"
    said = []
    if taken:
        least = chance(min(map(_known, taken)))
        said.append(f"{len(taken)} more to take, each {among} {least} or more")
    if others:
        most = chance(max(map(_known, others)))
        said.append(f"{len(others)} more not to take, each {among} {most} or less")
    return "; ".join(said).replace("<1% or less", "below 1%").replace(">99% or more", "above 99%")
