"""The study's tables, for printing."""

from collections.abc import Callable, Sequence

import numpy as np
from rich.table import Table

from dashjax.store.results import Row
from dashjax.wording import number, percent
from sims.cases import Found
from sims.identification_cases import (
    GROUPINGS,
    MISTAKEN,
    NOISES,
    STOPS,
    SURE,
    SURE_AND_EACH_ONCE,
    pick,
)

_REGRETS = {0.05: (0.005, 0.002), 0.15: (0.01, 0.005)}  # that tell methods apart, by noise
_BOUNDS = {"": "", "at most": "≤", "at least": "≥", "unknown": ""}
Rows = Sequence[Row]


def calibration(rows: Rows) -> Table:
    """docs/mathematics.md, section 2.4."""
    shown = _table(
        "Share of 90 % intervals that hold the truth",
        ("sd of datasets, noise; pulls", "group variance,\npublished / exact"),
        ("groups:\nexact", "published", "datasets:\nexact", "published", "of few pulls"),
    )
    for row in rows:
        keys = ("exact_groups", "paper_groups", "exact_arms", "paper_arms", "paper_few")
        shares = [number(row[key], ".3f") for key in keys]
        name = f"{row['arm_sd']:g}, {row['noise_sd']:g}; {row['pulls']}"
        shown.add_row(name, f"{row['variance_ratio']:.2f}", *shares)
    shown.caption = "few pulls: datasets with at most one, of groups with any; published posterior"
    return shown


def one_pull(rows: Rows) -> Table:
    """docs/mathematics.md, section 2.6."""
    noises = list(dict.fromkeys(row["noise"] for row in rows))
    title = "Share of runs in which one pull of every dataset finds the best group's three"
    shown = _table(title, ("groups", "selection"), [f"noise {noise:g}" for noise in noises])
    for grouping, way in dict.fromkeys((row["grouping"], row["way"]) for row in rows):
        same = [row for row in rows if (row["grouping"], row["way"]) == (grouping, way)]
        shown.add_row(grouping, way, *(f"{row['share']:.3f}" for row in same))
    return shown


def rules(found: Sequence[Found]) -> list[Table]:
    """docs/mathematics.md, section 2.5: a table a noise, steps to two regrets in every grouping."""
    return [_rules(found, noise) for noise in NOISES]


def perfect(found: Sequence[Found]) -> list[Table]:
    """docs/mathematics.md, section 2.5, perfect groups in more detail."""
    return [_perfect(found, noise) for noise in NOISES]


def stops(found: Sequence[Found]) -> list[Table]:
    """docs/mathematics.md, section 3.12: how each rule stops each method in perfect groups."""
    shown = []
    for noise in NOISES:
        title = f"Mean steps until stopped (simple regret then; good when stopped), noise {noise:g}"
        columns = [rule for rule in STOPS if rule != SURE_AND_EACH_ONCE]
        headings = [rule.replace(":", ":\n", 1) for rule in columns]
        table = _table(f"{title}, perfect groups", ("method",), headings)
        for one in _of(found, noise, "perfect"):
            if one.stops:
                table.add_row(one.row["method"], *(_stop(one.stop(rule)) for rule in columns))
        table.caption = "≥: some runs are not stopped, and count as all of their steps"
        shown.append(table)
    return shown


def claims(rows: Rows) -> list[Table]:
    """What must be shown, and whether it is."""
    ratios = [row for row in rows if row["claim"] != "good"]
    names = ("steps of best", "by those of", "groups", "noise")
    shown = [_claims("What it must show: steps", names, ratios)]
    good = [row for row in rows if row["claim"] == "good"]
    names = ("selections of best", "when stopped by", "groups", "noise")
    shown.append(_claims("What it must show: stopping", names, good))
    caption = "yes, no: the whole interval lies there; likely, unlikely: the figure does"
    shown[-1].caption = f"{caption}; unknown: a bound leaves it open"
    return shown


def _claims(title: str, names: Sequence[str], rows: Rows) -> Table:
    numbers = ("figure [95 %]", "limit", "holds", "goal", "reached", "beside")
    shown = _table(title, names, numbers)
    for row in rows:
        sign = "≤" if row["sense"] == "at most" else "≥"
        ends = [f"{sign}{row['limit']:g}", row["holds"]]
        ends += [f"{sign}{row['goal']:g}", row["reached"]] if row["goal"] is not None else ["", ""]
        label = row["claim"], row["against"], row["grouping"], f"{row['noise']:g}"
        shown.add_row(*label, _figure(row), *ends, row["beside"])
    return shown


def _figure(row: Row) -> str:
    value, low, high = (number(row[key], ".2f") for key in ("value", "low", "high"))
    if row["claim"] == "good":
        value, low, high = (number(row[key], ".3f") for key in ("value", "low", "high"))
    return f"{_BOUNDS[row['bound']]}{value} [{low}, {high}]"


def replays(found: Sequence[Found]) -> list[Table]:
    """Two tables a reward table and grouping: until right, and until stopped."""
    shown = []
    replayed = [one for one in found if one.row["target"] is not None]
    for pool, grouping in dict.fromkeys((one.row["pool"], one.row["grouping"]) for one in replayed):
        name = f"table {pool}, {grouping} groups"
        same = [
            one for one in replayed if (one.row["pool"], one.row["grouping"]) == (pool, grouping)
        ]
        title = f"Mean steps until right for good (share never), {name}"
        shown.append(_by_target(title, same, _settles, "steps_mean"))
        for rule in (SURE, SURE_AND_EACH_ONCE):
            title = f"Mean steps until {rule} (good when stopped), {name}"
            ends = [one for one in same if one.stops]
            shown.append(
                _by_target(title, ends, lambda one, rule=rule: _ends(one.stop(rule)), None)
            )
    return shown


def _rules(found: Sequence[Found], noise: float) -> Table:
    regrets = _REGRETS[noise]
    title = " / ".join(f"{regret:g}" for regret in regrets)
    columns = [*GROUPINGS, *(f"{grouping},\ntold wrong" for grouping in MISTAKEN)]
    shown = _table(f"Steps to mean simple regret {title}, noise {noise:g}", ("method",), columns)
    here = [one for one in found if one.row["noise"] == noise]
    for name in dict.fromkeys(one.row["method"] for one in here):
        cells = [_first(pick(here, name, noise, grouping)) for grouping in GROUPINGS]
        cells += [_told_wrong(here, name, grouping) for grouping in MISTAKEN]
        shown.add_row(name, *(_both(one, regrets) for one in cells))
    shown.caption = "told wrong: the variances of perfect groups; -: never within the steps"
    return shown


def _perfect(found: Sequence[Found], noise: float) -> Table:
    regrets = _REGRETS[noise]
    columns = [f"steps to {regret:g} [95 %]" for regret in regrets]
    columns += ["right\n@15", "@60", "never", "cum.\nregret", "runs"]
    shown = _table(f"Perfect groups, noise {noise:g}", ("method",), columns)
    for one in _of(found, noise, "perfect"):
        row = one.row
        keys = [f"steps_to_regret_{regret:g}" for regret in regrets]
        cells = [_between(row, key) for key in keys]
        cells += [number(row.get(key), ".3f") for key in ("p_right_15", "p_right_60", "never")]
        cells.append(f"{row['cumulative_regret']:.1f}")
        shown.add_row(row["method"], *cells, f"{row['seeds']:,}")
    return shown


def _by_target(
    title: str, found: Sequence[Found], cell: Callable[[Found], str], mean: str | None
) -> Table:
    targets = list(dict.fromkeys(one.row["target"] for one in found))
    shown = _table(title, ("method",), [*targets, *(["mean"] if mean else [])])
    for name in dict.fromkeys(one.row["method"] for one in found):
        same = [one for one in found if one.row["method"] == name]
        cells = [cell(one) for one in same]
        cells += [f"{np.mean([one.row[mean] for one in same]):.1f}"] if mean else []
        shown.add_row(name, *cells)
    return shown


def _table(title: str, names: Sequence[str], numbers: Sequence[str]) -> Table:
    shown = Table(
        title=f"\n{title}",
        title_style="bold",
        box=None,
        title_justify="left",
        caption_justify="left",
    )
    for heading in names:
        shown.add_column(heading, vertical="bottom", no_wrap=True)
    for heading in numbers:
        shown.add_column(heading, justify="right", vertical="bottom")
    return shown


def _of(found: Sequence[Found], noise: float, grouping: str) -> list[Found]:
    """What was run there, each method once."""
    names = dict.fromkeys(one.row["method"] for one in found)
    return [one for name in names for one in pick(found, name, noise, grouping)[:1]]


def _first(found: Sequence[Found]) -> Found | None:
    return found[0] if found else None


def _told_wrong(found: Sequence[Found], name: str, grouping: str) -> Found | None:
    wanted = name, grouping, "given"
    for one in found:
        if (one.row["method"], one.row["grouping"], one.row["variances"]) == wanted:
            return one
    return None


def _both(one: Found | None, regrets: tuple[float, ...]) -> str:
    if one is None:
        return ""
    steps = (one.row[f"steps_to_regret_{regret:g}"] for regret in regrets)
    return " / ".join(number(step, ".0f") for step in steps)


def _between(row: Row, key: str) -> str:
    value, low, high = (number(row[key + end], ".0f") for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def _stop(row: Row) -> str:
    then = f"{row['stopped_regret']:.4f}".removeprefix("0")
    return f"{_ends(row)[: _ends(row).index(' ')]} ({then}; {percent(row['good_when_stopped'])})"


def _ends(row: Row) -> str:
    bound = "≥" * (row["stopped_share"] < 1)
    return f"{bound}{row['stopped_mean']:.1f} ({percent(row['good_when_stopped'])})"


def _settles(one: Found) -> str:
    return f"{one.row['steps_mean']:.1f} ({percent(one.row['never'])})"
