"""Pictures: how good the selection is after every exploration step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import FixedLocator

from dashjax.report.arrays import column, grouped, right, runs, unit
from dashjax.report.figures import lettering, lines, style
from dashjax.report.figures.lettering import Heading
from dashjax.report.figures.lines import Curve, Measure
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of

_WIDTH, _HEIGHT, _SMALL = 12.8, 5.7, 1.1  # inches: of the page, of it, of a small panel
_SCALES = 2.5  # inches beside panels and names: margins, scales and what is written at them
_PARTS = (1.15, 1.0)  # widths of the mean over targets and of all small panels
_TARGETS = 24  # small panels, at most
_RANGE = 400  # greatest regret by least that is shown, at least


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `quality` and `regret`: a mean over targets, and a small panel for each."""
    rows = experiment.frames.get("curves")
    if not rows:
        return
    bands = f"Bands: 95 % intervals from {runs(experiment.rows)}."
    share = Measure("right", "share of runs whose selection is right", 0.0, 1.0)
    title = "How often the selection is right after each exploration step"
    yield "quality", _figure(rows, share, title, f"Right: {right(experiment.config)}. {bands}")
    regret = _regret(rows, experiment.config)
    title = "How far the selection is from the best after each exploration step"
    detail = "Simple regret: mean utility of the best datasets less that of the selection."
    yield "regret", _figure(rows, regret, title, f"{detail} {bands}")


def _regret(rows: Sequence[Row], config: dict[str, Any]) -> Measure:
    values = column(rows, "simple_regret")
    values = values[np.isfinite(values) & (values > 0)]
    high = float(values.max()) * 1.3 if values.size else 1.0
    # Zeros have no place on a logarithmic scale, and below some point there is but rounding.
    least = float(values.min()) if values.size else high / 10
    least = max(least if len(values) == len(rows) else least / 5, high / _RANGE)
    low = max(lines.round_numbers(high / 1e9, least, most=99))
    label = f"mean simple regret ({unit(config)})"
    return Measure("simple_regret", label, low, high, True, config.get("tolerance"))


def _figure(rows: list[Row], measure: Measure, title: str, detail: str) -> Figure:
    panels = {target: _curves(own, measure) for target, own in grouped(rows, "target").items()}
    shown = dict(list(panels.items())[:_TARGETS]) if len(panels) > 1 else {}
    heading = lettering.heading(_heading(list(panels)), 0.6 * _WIDTH, style.TEXT + 1)
    titles = _titles(list(shown), next(iter(panels.values())))
    height = max(_HEIGHT + heading.height, sum(_SMALL + lettering.tallest(row) for row in titles))
    detail += first_of(len(shown), len(panels), "targets") if shown else ""
    figure = style.page((_WIDTH, height), title, detail)
    if shown:
        halves = figure.add_gridspec(1, 2, width_ratios=_PARTS, wspace=0.03)
        axes, curves = figure.add_subplot(halves[0]), _mean(list(panels.values()))
        _small(figure, halves[1], (shown, titles), measure)
    else:
        axes, curves = figure.add_subplot(), next(iter(panels.values()))
    lines.panel(axes, curves, measure)
    lines.name_tolerance(axes, measure)
    lines.name_curves(axes, curves, measure, height=height - 0.8 - heading.height)
    lettering.entitle(axes, heading, pad=6.0)
    label = lettering.heading(measure.label, height - 1.5, style.TEXT, bold=False)
    axes.set_xlabel("exploration steps")
    axes.set_ylabel(label.text, size=label.points)
    return figure


def _heading(targets: Sequence[str | None]) -> str:
    """Of the large panel."""
    if len(targets) > 1:
        return f"mean over {len(targets)} targets"
    return "" if targets[0] is None else f"target {targets[0]}"


def _titles(targets: Sequence[str | None], curves: list[Curve]) -> list[list[Heading]]:
    """Of the small panels, row by row; what the large one and its curves' names leave is theirs."""
    count = len(targets)
    across = 1 if count <= 3 else 2 if count <= 8 else 3 if count <= 15 else 4
    names = [lettering.within(one.method, lines.NAME, style.TEXT, bold=True) for one in curves]
    wide = max(lettering.width_of(name, style.TEXT, bold=True) for name in names)
    width = (_WIDTH - wide - _SCALES) * _PARTS[1] / sum(_PARTS) / across - 0.15
    titles = [lettering.heading(target, width, style.TEXT) for target in targets]
    return [titles[first : first + across] for first in range(0, count, across)]


def _small(
    figure: Figure,
    half: SubplotSpec,
    shown: tuple[dict[Any, list[Curve]], list[list[Heading]]],
    measure: Measure,
) -> None:
    """A panel for each target; the upright scale is written at the left only."""
    panels, titles = shown
    across = len(titles[0])
    grid = half.subgridspec(len(titles), across)
    steps = max(float(curve.step[-1]) for curves in panels.values() for curve in curves)
    for place, curves in enumerate(panels.values()):
        axes = figure.add_subplot(grid[place // across, place % across])
        lines.panel(axes, curves, measure)
        lettering.entitle(axes, titles[place // across][place % across], pad=6.0)
        axes.tick_params(labelsize=style.SMALL, labelleft=place % across == 0)
        axes.xaxis.set_major_locator(FixedLocator(lines.round_numbers(1.0, steps, most=3)))
        ticks = [0.0, 0.5, 1.0]
        if measure.log:
            ticks = [measure.low, *lines.round_numbers(measure.low, measure.high, most=4)]
        axes.yaxis.set_major_locator(FixedLocator(ticks))


def _curves(rows: list[Row], measure: Measure) -> list[Curve]:
    """The methods' curves for one target."""
    names = ("step", measure.key, f"{measure.key}_low", f"{measure.key}_high")
    return [
        Curve(method, *(column(own, name) for name in names))
        for method, own in grouped(rows, "method").items()
    ]


def _mean(panels: list[list[Curve]]) -> list[Curve]:
    """Each method's mean over targets.

    The band joins the targets' bands as `over_targets` does.
    """
    means = []
    for method in dict.fromkeys(curve.method for curves in panels for curve in curves):
        own = [curve for curves in panels for curve in curves if curve.method == method]
        length = min(len(curve.step) for curve in own)
        stacked = np.array([[line[:length] for line in curve[1:]] for curve in own])
        step, value = stacked[:, :2].mean(axis=0)
        halves = np.linalg.norm(stacked[:, 2:] - stacked[:, 1:2], axis=0) / len(own)
        means.append(Curve(method, step, value, value - halves[0], value + halves[1]))
    return means
