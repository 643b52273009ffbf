"""Over all cases of a suite: interquartile mean of the steps, and performance profiles.

After Agarwal et al. (NeurIPS 2021); every case counts the same, and intervals at 95 % come from
runs drawn anew within each case.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from dashjax.report.arrays import column, distinct, having
from dashjax.report.figures import lines, style
from dashjax.report.figures.lines import Curve, Measure
from dashjax.simulate import bootstrap
from dashjax.store.results import Row

SHOWN = (  # in the picture, where they were run; all methods if none was
    *("best", "lucb/learned", "lucb/learned-flat", "knowledge-gradient/exact"),
    *("dash", "dash-exact", "joint-ts", "flat", "round-robin"),
)


class Scored(NamedTuple):
    """A method on a case of a suite."""

    suite: str
    case: str
    method: str
    row: Row
    settled: np.ndarray  # [run], step from which it is right for good, or one more than there are


def summary(scored: Sequence[Scored]) -> list[Row]:
    """A row a suite and method: `interquartile_mean` of the steps until right for good.

    A run that is never right counts as the whole length, so that the figure is a lower bound
    (`bound` is `at least`) where `never`, the share of such runs, is a quarter or more.
    """
    found = []
    for suite, method, own in _by_method(scored):
        steps = own[0].row["steps"]
        figure = bootstrap.interquartile_mean([np.minimum(one.settled, steps) for one in own])
        never = float(np.mean([one.row["never"] for one in own]))
        row: Row = {"suite": suite, "method": method, "cases": len(own)}
        row |= {"interquartile_mean": figure.value, "interquartile_mean_low": figure.low}
        row |= {"interquartile_mean_high": figure.high, "never": never}
        found.append(row | {"bound": "at least" if never >= 0.25 else ""})
    return found


def rows(scored: Sequence[Scored], steps: int) -> list[Row]:
    """A row a suite, method and step: `done`, the share of runs that are right for good by then."""
    found = []
    for suite, method, own in _by_method(scored):
        profile = bootstrap.profile([one.settled for one in own], steps)
        for step, (done, low, high) in enumerate(zip(*profile, strict=True), 1):
            row: Row = {"suite": suite, "method": method, "step": step, "done": float(done)}
            found.append(row | {"done_low": float(low), "done_high": float(high)})
    return found


def tables(summaries: Sequence[Row]) -> list[Table]:
    """The summary for a person, the fewest steps first."""
    shown = []
    for suite in distinct(summaries, "suite"):
        own = having(summaries, "suite", suite)
        table = Table(title=f"{suite}: steps until right for good, over {own[0]['cases']} cases")
        for heading in ("method", "interquartile mean [95 %]", "never"):
            table.add_column(heading, justify="left" if heading == "method" else "right")
        for row in sorted(own, key=lambda row: row["interquartile_mean"]):
            value, low, high = (row[f"interquartile_mean{end}"] for end in ("", "_low", "_high"))
            bound = "≥" * bool(row["bound"])
            cells = f"{bound}{value:.1f} [{low:.1f}, {high:.1f}]", f"{row['never']:.1%}"
            table.add_row(row["method"], *cells)
        shown.append(table)
    return shown


def picture(profiles: Sequence[Row], scored: Sequence[Scored]) -> Figure:
    """A panel a suite with the profiles of some methods."""
    suites = distinct(profiles, "suite")
    measure = Measure("done", "share of runs that are right for good", 0.0, 1.0)
    detail = (
        "Right: mean utility of the selection within .01 of that of the best three, until the last "
        "step. Every case of a suite (noise or target, by grouping) counts the same; bands: 95 %."
    )
    figure = style.page((10.6 * len(suites), 5.8), "Who is done after how many steps", detail)
    for place, suite in enumerate(suites):
        own = having(profiles, "suite", suite)
        axes = figure.add_subplot(1, len(suites), place + 1)
        curves = [_curve(method, own) for method in _shown(distinct(own, "method"))]
        lines.panel(axes, curves, measure)
        lines.name_curves(axes, curves, measure, height=4.9)
        count = len({one.case for one in scored if one.suite == suite})
        title = f"{suite}, {count} cases"
        axes.set(title=title, xlabel="exploration steps", ylabel=measure.label)
    return figure


def _by_method(scored: Sequence[Scored]) -> list[tuple[str, str, list[Scored]]]:
    """Suite, method, and its cases there."""
    return [
        (suite, method, [one for one in scored if (one.suite, one.method) == (suite, method)])
        for suite, method in dict.fromkeys((one.suite, one.method) for one in scored)
    ]


def _shown(methods: Sequence[str]) -> list[str]:
    return [method for method in methods if method in SHOWN] or list(methods)


def _curve(method: str, profiles: Sequence[Row]) -> Curve:
    own = having(profiles, "method", method)
    return Curve(method, *(column(own, key) for key in ("step", "done", "done_low", "done_high")))
