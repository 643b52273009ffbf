"""The study's pictures, drawn from its frames: regret curves, ratios and stop rules."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter
from matplotlib.transforms import Transform

from dashjax.report.arrays import column, having, number
from dashjax.report.figures import lines, style
from dashjax.report.figures.lines import Curve, Measure
from dashjax.store.files import write_whole
from dashjax.store.results import Experiment, Row
from dashjax.wording import percent
from sims import calibration_pictures
from sims.identification_cases import GROUPINGS, NOISES, RIVAL, STOPPED, SURE, SURE_AND_EACH_ONCE

_SHOWN = (RIVAL, "dash", "dash-exact", "flat", "round-robin", "best")  # the last on top
_SPAN = (0.1, 2.0)  # of ratios
_LINE = 0.34  # inches from one line of a list to the next
_VERDICTS = {  # colour of a claim
    "yes": "#22803c",
    "likely": "#7fb18c",
    "unlikely": "#e0913c",
    "no": "#b3261e",
    "unknown": style.FAINT,
}
_LIMIT, _AIM = style.INK, "#4477aa"


def draw(experiment: Experiment, folder: Path) -> None:
    """Writes all pictures that the frames allow."""
    with style.applied():
        for name, figure in (*_pictures(experiment), *calibration_pictures.pictures(experiment)):
            canvas = FigureCanvasAgg(figure)
            write_whole(folder / f"{name}.png", lambda path, canvas=canvas: canvas.print_png(path))


def _pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `regret-<noise>`, `ratios` and `stops`."""
    curves = _curves_on_pools(experiment)
    for noise in NOISES:
        yield f"regret-{noise:g}", _regret(having(curves, "noise", noise), noise)
    ratios = having(experiment.frames["claims"], "sense", "at most")
    if ratios:
        ratios.sort(key=lambda row: (row["against"] == RIVAL, row["noise"]))
        yield "ratios", _ratios(ratios)
    stops = [row for row in experiment.frames["stops"] if row["noise"] is not None]
    if stops:
        yield "stops", _stops(stops)


def _curves_on_pools(experiment: Experiment) -> list[Row]:
    """Each step once, where a method was also run for longer, and none beyond the others."""
    keys = ("noise", "grouping", "variances", "method", "step")
    rows = [row for row in experiment.frames["curves"] if row["noise"] is not None]
    rows = [row for row in rows if row["step"] <= experiment.config["steps"]]
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


def _regret(rows: Sequence[Row], noise: float) -> Figure:
    """A panel a grouping, the same scale in all; the names of the lines at their ends."""
    measure = Measure("simple_regret", "mean simple regret", 0.0005, 0.2, True)
    title = f"How far the selection is from the best, noise {noise:g}"
    detail = (
        "Five groups of three datasets, group spread .15, dataset spread .03; mean utility of the "
        "best three less that of the selection, with 95 % bands. Methods that are told spreads are "
        "told those that the grouping implies; best learns them. "
        f"{RIVAL} is best without groups."
    )
    figure = style.page((14.0, 9.6), title, detail)
    for place, grouping in enumerate(GROUPINGS):
        axes = figure.add_subplot(2, 2, place + 1)
        seen = [row for row in rows if row["grouping"] in (grouping, None)]
        seen = [row for row in seen if row["variances"] in ("matched", None)]
        curves = [_curve(method, seen) for method in _SHOWN if having(seen, "method", method)]
        lines.panel(axes, curves, measure)
        lines.name_curves(axes, curves, measure, height=3.9)
        axes.set(title=f"{grouping} groups", xlabel="exploration steps", ylabel=measure.label)
    return figure


def _curve(method: str, rows: Sequence[Row]) -> Curve:
    keys = ("step", "simple_regret", "simple_regret_low", "simple_regret_high")
    return Curve(method, *(column(having(rows, "method", method), key) for key in keys))


def _ratios(rows: Sequence[Row]) -> Figure:
    """A line a claim: the ratio and its interval, the limit and the goal."""
    detail = (
        "Steps of best by those of another method; dot: ratio, line: 95 % interval, from the same "
        "runs weighed anew in pairs. Arrow: the other method does not get there within the steps, "
        "so that the ratio is at most this. Upright marks: limit (black) and goal (blue). Colour: "
        "green within the limit, red beyond; pale where the interval reaches across."
    )
    size = (13.0, len(rows) * _LINE + 0.9)
    figure = style.page(size, "How many steps best needs: share of those of others", detail)
    axes = figure.add_subplot()
    for down, row in enumerate(rows):
        _ratio(axes, down, row)
    _list(axes, [_claim(row) for row in rows])
    axes.set_xscale("log")
    axes.set_xlim(*_SPAN)
    axes.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1.0, color=style.FAINT, linewidth=1, zorder=1)
    return figure


def _ratio(axes: Axes, down: int, row: Row) -> None:
    colour = _VERDICTS[row["holds"]]
    for key, mark in (("limit", _LIMIT), ("goal", _AIM)):
        if row[key] is not None:
            axes.plot([row[key]] * 2, [down - 0.34, down + 0.34], color=mark, linewidth=2.2)
    value, low, high = (number(row[key]) for key in ("value", "low", "high"))
    ends = max(low, _SPAN[0]), min(np.nan_to_num(high, nan=_SPAN[1]), _SPAN[1])
    axes.hlines(down, *ends, colors=colour, lw=4)
    marker = {"at most": "<", "at least": ">"}.get(row["bound"], "o")
    axes.plot(value, down, marker, color=colour, markersize=9, mec=style.PAPER, zorder=3)
    text = axes.annotate(row["beside"], (1, down), (8, 0), _right(axes), "offset points")
    text.set(va="center_baseline", size=style.SMALL, color=style.FAINT)


def _claim(row: Row) -> str:
    what = "stopped" if row["claim"] == "stopped" else f"{row['claim']} regret"
    against = "best without groups" if row["against"] == RIVAL else row["against"]
    return f"{row['grouping']}, noise {row['noise']:g}: {what}, by {against}"


def _stops(rows: Sequence[Row]) -> Figure:
    """A column a rule: the share of good selections held against what is promised."""
    detail = (
        "Share of good selections (mean utility within .01 of that of the best three) among the "
        "runs that the rule stopped within the steps, with 95 % interval; dashed: what the rule "
        "promises, dotted: .92. In grey: mean steps until it stops, and the share of runs that it "
        "does not stop, which count as all of their steps."
    )
    methods = [method for method in STOPPED if having(rows, "method", method)]
    places = [(noise, grouping) for noise in NOISES for grouping in GROUPINGS]
    size = (14.0, len(places) * len(methods) * _LINE + 1.2)
    figure = style.page(size, "Promised and realised: good selections when stopped", detail)
    for column_number, rule in enumerate((SURE, SURE_AND_EACH_ONCE)):
        axes = figure.add_subplot(1, 2, column_number + 1)
        names = []
        for noise, grouping in places:
            for method in methods:
                found = _stop(rows, (method, rule, noise, grouping))
                if found is not None:
                    _good(axes, len(names), found)
                    names.append(f"{method}   {grouping}, {noise:g}")
        _list(axes, names)
        axes.tick_params(axis="y", labelleft=column_number == 0)
        axes.set_xlim(0.85, 1.003)
        axes.xaxis.set_major_locator(FixedLocator([0.85, 0.9, 0.95, 1.0]))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.axvline(0.95, color=style.INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
        axes.axvline(0.92, color=style.FAINT, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1)
        axes.set_title(rule)
    return figure


def _stop(rows: Sequence[Row], wanted: tuple[str, str, float, str]) -> Row | None:
    keys = ("method", "stop", "noise", "grouping")
    return next((row for row in rows if tuple(row[key] for key in keys) == wanted), None)


def _good(axes: Axes, down: int, row: Row) -> None:
    colour = style.pen(row["method"]).colour
    value, low, high = (number(row[f"good_when_stopped{end}"]) for end in ("", "_low", "_high"))
    axes.hlines(down, low, high, colors=colour, lw=4)
    axes.plot(value, down, "o", color=colour, markersize=9, mec=style.PAPER, zorder=3)
    words = f"{row['stopped_mean']:.0f} steps, {percent(1 - row['stopped_share'])} not stopped"
    text = axes.annotate(words, (1, down), (8, 0), _right(axes), "offset points")
    text.set(va="center_baseline", size=style.SMALL, color=style.FAINT)


def _list(axes: Axes, names: Sequence[str]) -> None:
    """Names down the left, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    style.bare(axes)


def _right(axes: Axes) -> Transform:
    """Across as a share of the axes, upright in units of the data."""
    return axes.get_yaxis_transform()
