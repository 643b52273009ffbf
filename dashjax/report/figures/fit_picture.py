"""Picture: what a fit has learnt of each hyper-parameter, by both estimators."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dashjax.report.arrays import column, distinct, having, number, unit
from dashjax.report.figures import lettering, style
from dashjax.report.text.fit_table import NAMES
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of

_GRID, _NUMPYRO, _PRIOR = "#0072b2", "#e0a35c", "#c9cdd6"
_SYMBOLS = {"group_mean": "μ₀", "group_sd": "σ₀", "arm_sd": "σ̂", "noise_sd": "σᵣ"}
_LINE = 0.36  # inches a left-out target
_MOST = 24  # left-out targets that are drawn


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `fit`: densities above, and below them the intervals without each target."""
    rows = experiment.frames.get("densities")
    if rows:
        yield "fit", _figure(rows, experiment)


def _figure(rows: list[Row], experiment: Experiment) -> Figure:
    there = distinct(experiment.rows, "left_out")
    sets = there[: _MOST + 1]
    below = _LINE * len(sets) + 0.55
    detail = (
        f"Above: posterior density from all targets, in units of {unit(experiment.config)}. Blue "
        "line: grid, in closed form. Orange: NumPyro's draws. Grey: before any reward. Below: mean "
        "and 90 % interval from all targets and without each, the prior for the one left out; blue "
        "by the grid, orange by NumPyro."
    ) + first_of(len(sets) - 1, len(there) - 1, "targets left out")
    title = "How groups, datasets and rewards spread, as the reward table tells"
    figure = style.page((13.0, 3.4 + below), title, detail)
    panels = figure.subplots(
        2, len(NAMES), sharex="col", squeeze=False, gridspec_kw={"height_ratios": (3.4, below)}
    )
    for place, name in enumerate(NAMES):
        of_one = having(rows, "parameter", name)
        _densities(panels[0, place], of_one)
        panels[0, place].set_title(f"{NAMES[name]} {_SYMBOLS[name]}", pad=6.0)
        _intervals(panels[1, place], having(experiment.rows, "parameter", name), sets)
        panels[1, place].set_xlim(*_limits(of_one, having(experiment.rows, "parameter", name)))
    names = ["all targets", *(f"without {lettering.short(name, 16)}" for name in sets[1:])]
    panels[1, 0].set_yticks(range(len(sets)), names)
    return figure


def _densities(axes: Axes, rows: list[Row]) -> None:
    """The three laws of one parameter."""
    for kind, look in (
        ("prior", {"fill": True, "color": _PRIOR, "alpha": 0.55}),
        ("numpyro", {"fill": True, "color": _NUMPYRO, "alpha": 0.75}),
        ("numpyro", {"fill": False, "color": style.PAPER, "linewidth": 0.6}),
    ):
        one = having(rows, "kind", kind)
        low, high, density = (column(one, key) for key in ("low", "high", "density"))
        axes.stairs(density, np.append(low, high[-1:]), **look)
    grid = having(rows, "kind", "grid")
    middle = (column(grid, "low") + column(grid, "high")) / 2
    axes.plot(middle, column(grid, "density"), color=_GRID, linewidth=2.2)
    axes.set_ylim(0, None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelbottom=False, length=0)


def _intervals(axes: Axes, rows: list[Row], sets: list[str | None]) -> None:
    """Mean and interval of one parameter from each set of targets."""
    for estimator, colour, shift in (("grid", _GRID, -0.13), ("numpyro", _NUMPYRO, 0.13)):
        for down, left_out in enumerate(sets):
            (row,) = having(having(rows, "estimator", estimator), "left_out", left_out)
            place, ends = down + shift, (number(row["q05"]), number(row["q95"]))
            axes.hlines(place, *ends, colors=colour, linewidth=2.2)
            axes.scatter(
                number(row["mean"]), place, s=30, c=colour, edgecolors=style.PAPER, zorder=3
            )
    axes.axhline(0.5, color=style.RULE, linewidth=0.8)
    axes.set_ylim(len(sets) - 0.4, -0.6)
    axes.set_yticks([])
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=4)
    style.bare(axes)


def _limits(densities: list[Row], rows: list[Row]) -> tuple[float, float]:
    """Room for the densities' bulk and all intervals; spreads begin no lower than 0."""
    shown = having(densities, "kind", "numpyro")
    low = min(column(shown, "low").min(), column(rows, "q05").min())
    high = max(column(shown, "high").max(), column(rows, "q95").max())
    edge = 0.04 * (high - low) or 0.01
    least = 0.0 if low >= 0 else -np.inf
    return max(float(low - edge), least), float(high + edge)
