"""Picture: how accurate the models are that are trained on what the methods select."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from dashjax.report.arrays import column, grouped, having, number
from dashjax.report.figures import lettering, style
from dashjax.report.figures.lettering import Heading
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of, percent

_LINE, _PANEL, _NAME = 0.34, 2.45, 2.2  # inches: of a model, across a target, of a name at most
_ACROSS, _TARGETS = 5, 20  # panels in a row, and in all, at most
_LOCAL, _OWN = "local", "own group"
_KINDS = {_LOCAL: "local", _OWN: "global"}  # in the frame `accuracies`


class Line(NamedTuple):
    """One model or, for a method, the mean over its runs; accuracies are shares of 1."""

    name: str
    value: float
    low: float
    high: float
    share: float  # of the runs, whose selection's accuracy is known


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `accuracy`, a panel for each target, if any selection's accuracy was measured."""
    known = experiment.frames.get("accuracies")
    if not known:
        return
    of_models, of_methods = grouped(known, "target"), grouped(experiment.rows, "target")
    panels = {
        target: _lines(of_models[target], of_methods.get(target, []))
        for target in list(of_models)[:_TARGETS]
    }
    yield "accuracy", _figure(panels, first_of(len(panels), len(of_models), "targets"))


def _lines(known: list[Row], rows: list[Row]) -> list[Line]:
    """The local model, the methods and the own group, from the top."""
    keys = ("accuracy", "accuracy_low", "accuracy_high", "accuracy_share")
    methods = [Line(row["method"], *(number(row.get(key)) for key in keys)) for row in rows]
    return [_end(_LOCAL, known), *methods, _end(_OWN, known)]


def _end(name: str, known: list[Row]) -> Line:
    """One of the two models: the mean, should it have been trained more than once."""
    values = column(having(known, "kind", _KINDS[name]), "accuracy")
    mean = float(values.mean()) if values.size else float("nan")
    return Line(name, mean, mean, mean, 1.0)


def _figure(panels: dict[str, list[Line]], left_out: str) -> Figure:
    across = min(len(panels), _ACROSS)
    titles = _titles(list(panels), across)
    down = len(titles)
    most = max(len(lines) for lines in panels.values())
    names = [_name(line) for lines in panels.values() for line in lines]
    wide = max(lettering.width_of(name, style.TEXT) for name in names)
    width = max(wide + across * _PANEL + 0.6, 9.0)
    height = down * (most * _LINE + 0.35) + 0.5 + sum(map(lettering.tallest, titles))
    figure = style.page(
        (width, height), "Test accuracy with the datasets selected", _detail(panels) + left_out
    )
    grid = figure.subplots(down, across, sharex=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    headings = [title for row in titles for title in row]
    for axes, title, lines in zip(grid.flat, headings, panels.values(), strict=False):
        _panel(axes, lines, named=axes in grid[:, 0])
        lettering.entitle(axes, title, pad=6.0)
    _limits(grid[0, 0], [line for lines in panels.values() for line in lines])
    return figure


def _name(line: Line) -> str:
    return lettering.within(line.name, _NAME, style.TEXT)


def _titles(targets: Sequence[str], across: int) -> list[list[Heading]]:
    """Of the panels, row by row."""
    titles = [lettering.heading(target, _PANEL - 0.4, style.TEXT + 1) for target in targets]
    return [titles[first : first + across] for first in range(0, len(titles), across)]


def _detail(panels: dict[str, list[Line]]) -> str:
    shares = [line.share for lines in panels.values() for line in lines if line.share < 1]
    detail = "local: trained on the target's own examples alone. own group: with all datasets of"
    detail += " its own group too. Methods: mean over runs, with 95 % interval."
    if shares:
        detail += " Grey: share of runs whose selection was trained, where it is not all."
    return detail


def _panel(axes: Axes, lines: list[Line], *, named: bool) -> None:
    """One target: a line for each model or method, drawn from where the local model is."""
    local = lines[0].value
    axes.axvline(local, color=style.FAINT, linewidth=1, zorder=1)
    for place, line in enumerate(lines):
        end = line.name in _KINDS
        colour = style.INK if end else style.pen(line.name).colour
        axes.hlines(place, local, line.value, color=colour, alpha=0.3, linewidth=9)
        axes.hlines(place, line.low, line.high, color=style.INK, linewidth=1.5, zorder=2)
        axes.plot(line.value, place, "D" if end else "o", color=colour, markersize=7, zorder=3)
        _value(axes, line, place)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_yticks(range(len(lines)), [_name(line) for line in lines])
    style.bare(axes)
    axes.tick_params(labelleft=named, labelsize=style.TEXT)
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.set_axisbelow(True)


def _value(axes: Axes, line: Line, place: int) -> None:
    """Writes the accuracy at the right and, where it is not 1, the share of runs behind it."""
    known, right = np.isfinite(line.value), axes.get_yaxis_transform()
    words = f"{100 * line.value:.1f}" if known else "–"
    text = axes.text(1.02, place, words, transform=right, va="center", weight="bold", size=10)
    if known and line.share < 1:
        beside = {"xycoords": text, "va": "center_baseline", "size": style.SMALL}
        axes.annotate(f" {percent(line.share)}", (1, 0.35), **beside, color=style.FAINT)


def _limits(axes: Axes, lines: Sequence[Line]) -> None:
    """Room for all that is drawn in any panel."""
    ends = np.array([(line.value, line.low, line.high) for line in lines]).ravel()
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (0.0, 1.0)
    edge = 0.06 * (high - low) or 0.05
    axes.set_xlim(low - edge, high + edge)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
