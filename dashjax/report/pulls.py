"""Picture: where each method spends its exploration steps."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from dashjax.metrics import Row
from dashjax.report import heat, style
from dashjax.report.arrays import best, column, distinct, grid, having
from dashjax.results import Experiment

_ROW, _BETWEEN = 0.25, 0.42  # inches


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `pulls`, a heat strip for each target: methods down, datasets across."""
    rows = experiment.frames.get("pulls")
    if rows:
        yield "pulls", _figure(rows, experiment)


def _figure(rows: list[Row], experiment: Experiment) -> Figure:
    of = heat.columns(rows)
    targets, methods = distinct(rows, "target"), distinct(rows, "method")
    strip = len(methods) * _ROW
    names = max(style.width_of(style.short(name, 20), style.TEXT) for name in methods)
    size = (max(of.total + names + 0.8, 8.0), len(targets) * (strip + _BETWEEN) + 1.6)
    known = experiment.frames.get("rewards") or []
    figure = style.page(size, "Where the exploration steps go", _detail(experiment.config, known))
    strips = figure.subplots(len(targets), 1, sharex=True, squeeze=False)[:, 0]
    most = np.nanmax(np.append(column(rows, "pulls"), 1.0))
    # The square root tells few pulls from fewer, where most go to a handful of datasets.
    scale = heat.Scale(matplotlib.colormaps["Purples"], PowerNorm(0.5, 0, most))
    for axes, target in zip(strips, targets, strict=True):
        _strip(axes, having(rows, "target", target), of, scale)
        if target is not None:
            axes.set_title(f"target {style.short(target, 40)}", pad=13 if axes is strips[0] else 5)
        _outline(axes, having(known, "target", target), of, experiment.config)
    heat.name_groups(strips[0], of)
    heat.name_datasets(strips[-1], of)
    return figure


def _detail(config: dict[str, Any], known: list[Row]) -> str:
    steps = config.get("steps")
    detail = "Rows: methods. Columns: datasets, under their group. Cells: mean number of pulls"
    detail += f" in a run of {steps:,} steps." if steps else " in a run."
    if known and config.get("select"):
        detail += f" Outlined: the {config['select']} best datasets for the target."
    return detail


def _strip(axes: Axes, rows: list[Row], of: heat.Columns, scale: heat.Scale) -> None:
    """One target's methods and datasets."""
    methods = distinct(rows, "method")
    order = [distinct(rows, "dataset").index(name) for name in of.datasets]
    values = grid(rows, "method", "dataset", "pulls")[:, order]
    heat.heat(axes, values, of, scale)
    texts = [[_text(value) for value in line] for line in values]
    if heat.room_for(texts, of):
        heat.write_values(axes, texts, values, scale)
    axes.set_yticks(np.arange(len(methods)) + 0.5, [style.short(name, 20) for name in methods])


def _text(pulls: float) -> str:
    if np.isnan(pulls):
        return ""
    return f"{pulls:.1f}" if pulls < 9.95 else f"{pulls:.0f}"


def _outline(axes: Axes, known: list[Row], of: heat.Columns, config: dict[str, Any]) -> None:
    """Frames the columns of the target's best datasets."""
    values = column(known, "utility")
    for place in best(values, config.get("select") or 0):
        heat.outline_column(axes, of.datasets.index(known[place]["dataset"]))
