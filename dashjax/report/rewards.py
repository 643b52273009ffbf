"""Picture: what every dataset is worth for every target."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dashjax.metrics import Row
from dashjax.report import heat, style
from dashjax.report.arrays import best, distinct, grid, unit
from dashjax.results import Experiment

_ROW = 0.46  # inches


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `rewards`, a heat map of mean rewards, if the experiment has a table of them."""
    rows = experiment.frames.get("rewards")
    if rows:
        yield "rewards", _figure(rows, experiment.config)


def _figure(rows: list[Row], config: dict[str, Any]) -> Figure:
    of = heat.columns(rows)
    targets = distinct(rows, "target")
    order = [distinct(rows, "dataset").index(name) for name in of.datasets]
    values = grid(rows, "target", "dataset", "utility")[:, order]
    names = max(style.width_of(style.short(name, 28), style.TEXT) for name in targets)
    size = (max(of.total + names + 2.0, 8.0), len(targets) * _ROW + 2.0)
    count = min(config.get("select") or 0, len(of.datasets))
    detail = f"Rows: targets. Columns: datasets, under their group. Cells: {unit(config)}."
    detail += f" Outlined: the {count} best datasets for the target." if count else ""
    figure = style.page(size, "What each dataset is worth for each target", detail)
    axes = figure.add_subplot()
    scale = scale_of(values)
    mesh = heat.heat(axes, values, of, scale)
    texts = [[_text(value, values) for value in line] for line in values]
    if heat.room_for(texts, of):
        heat.write_values(axes, texts, values, scale)
    heat.name_groups(axes, of)
    heat.name_datasets(axes, of)
    for row, line in enumerate(values):
        heat.outline(axes, row, best(line, count).tolist())
    axes.set_yticks(np.arange(len(targets)) + 0.5, [style.short(name, 28) for name in targets])
    axes.tick_params(axis="y", labelsize=style.TEXT)
    _bar(figure, axes, mesh, f"mean reward: {unit(config)}")
    return figure


def scale_of(values: np.ndarray) -> heat.Scale:
    """Light to dark blue; orange below 0 if there is anything there."""
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if low < 0:
        most = max(-low, high)
        return heat.Scale(matplotlib.colormaps["PuOr"], Normalize(-most, most))
    low = 0.0 if low < high / 2 or low == high else low
    return heat.Scale(matplotlib.colormaps["GnBu"], Normalize(low, high or 1.0))


def _text(value: float, values: np.ndarray) -> str:
    """Three digits of the largest number, and as many places of all others."""
    if np.isnan(value):
        return ""
    most = float(np.nanmax(np.abs(values)))
    places = 3 if most == 0 else int(np.clip(2 - np.floor(np.log10(most)), 0, 3))
    return f"{value:.{places}f}"


def _bar(figure: Figure, axes: Axes, mesh: Any, label: str) -> None:
    bar = figure.colorbar(mesh, ax=axes, aspect=14, pad=0.015, fraction=0.03)
    bar.set_label(label, size=10, color=style.INK)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
    bar.ax.tick_params(length=0)
