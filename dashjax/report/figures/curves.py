"""Pictures: how good the selection is after every exploration step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import FixedLocator

from dashjax.report.arrays import column, distinct, having, right, runs, unit
from dashjax.report.figures import lines, style
from dashjax.report.figures.lines import Curve, Measure
from dashjax.store.results import Experiment, Row

_WIDTH, _HEIGHT = 12.8, 5.7  # inches
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
    targets = distinct(rows, "target")
    panels = {target: _curves(having(rows, "target", target), measure) for target in targets}
    figure = style.page((_WIDTH, _HEIGHT), title, detail)
    if len(targets) == 1:
        axes, curves = figure.add_subplot(), panels[targets[0]]
        heading = "" if targets[0] is None else f"target {style.short(targets[0], 60)}"
    else:
        halves = figure.add_gridspec(1, 2, width_ratios=(1.15, 1), wspace=0.03)
        axes, curves = figure.add_subplot(halves[0]), _mean(list(panels.values()))
        heading = f"mean over {len(panels)} targets"
        _small(figure, halves[1], panels, measure)
    lines.panel(axes, curves, measure)
    lines.name_tolerance(axes, measure)
    lines.name_curves(axes, curves, measure, height=_HEIGHT - 0.8)
    axes.set(title=heading, xlabel="exploration steps", ylabel=measure.label)
    return figure


def _small(
    figure: Figure, half: SubplotSpec, panels: dict[str, list[Curve]], measure: Measure
) -> None:
    """A panel for each target; the upright scale is written at the left only."""
    across = 1 if len(panels) <= 3 else 2 if len(panels) <= 8 else 3 if len(panels) <= 15 else 4
    grid = half.subgridspec(-(-len(panels) // across), across)
    steps = max(float(curve.step[-1]) for curves in panels.values() for curve in curves)
    for place, (target, curves) in enumerate(panels.items()):
        axes = figure.add_subplot(grid[place // across, place % across])
        lines.panel(axes, curves, measure)
        axes.set_title(style.short(target, 40 // across), size=style.TEXT)
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
        Curve(method, *(column(having(rows, "method", method), name) for name in names))
        for method in distinct(rows, "method")
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
