"""Picture: what every dataset is worth for every target."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dashjax.report.arrays import best, distinct, grid, unit
from dashjax.report.figures import heat, lettering, style
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of

_ROW = 0.5  # inches
_TARGETS = 30  # drawn, at most
_NARROW = 0.5  # a column where a zero before the point takes too much room


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `rewards`, a heat map of mean rewards, if the experiment has a table of them."""
    rows = experiment.frames.get("rewards")
    if rows:
        yield "rewards", _figure(rows, experiment.config)


def _figure(rows: list[Row], config: dict[str, Any]) -> Figure:
    rows, left_out = _shown(rows)
    of = heat.columns(rows)
    targets = distinct(rows, "target")
    order = {name: place for place, name in enumerate(distinct(rows, "dataset"))}
    values = grid(rows, "target", "dataset", "utility")[:, [order[name] for name in of.datasets]]
    count = min(config.get("select") or 0, len(of.datasets))
    detail = "Rows: targets. Columns: datasets, under their group. Cells: mean reward."
    detail += f" Outlined: the {count} best datasets for the target." if count else ""
    names = max(lettering.width_of(lettering.short(name, 28), style.TEXT) for name in targets)
    size = (max(of.total + names + 1.9, 8.0), len(targets) * _ROW + heat.names_height(of))
    figure = style.page(size, "What each dataset is worth for each target", detail + left_out)
    axes = figure.add_subplot()
    scale = _scale(values)
    heat.heat(axes, values, of, scale)
    texts = [[_text(value, values) for value in line] for line in values]
    if of.width < _NARROW:
        texts = [[text.replace("0.", ".", 1) for text in line] for line in texts]
    heat.write_values(axes, texts, values=values, of=of, scale=scale)
    for row, line in enumerate(values):
        heat.outline(axes, of, best(line, count).tolist(), rows=(row, row + 1))
    heat.name_groups(axes, of)
    heat.name_datasets(axes, of)
    heat.name_rows(axes, targets)
    _bar(axes, scale, values, f"mean reward: {unit(config)}")
    return figure


def _shown(rows: list[Row]) -> tuple[list[Row], str]:
    """What there is room for, and a sentence on what there is not."""
    targets = distinct(rows, "target")
    first = targets[:_TARGETS]
    rows = [row for row in rows if row["target"] in first]
    names, said = heat.drawn(rows, "utility", "worth most to any of the targets")
    said += first_of(len(first), len(targets), "targets")
    return [row for row in rows if row["dataset"] in names], said


def _scale(values: np.ndarray) -> heat.Scale:
    """Light to dark blue; and to red below 0, if there is anything."""
    low, high = _ends(values)
    most = max(-low, high)
    if low < 0:
        return heat.Scale(matplotlib.colormaps["RdBu"], Normalize(-most, most))
    return heat.Scale(matplotlib.colormaps["Blues"], Normalize(low, high))


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Least and largest number, or 0 for the least if it lies near; never the same."""
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if low > 0 and (low < high / 2 or low == high):
        low = 0.0
    return low, high if high > low else low + 1.0


def _text(value: float, values: np.ndarray) -> str:
    """Three digits of the largest number, and as many places of all others."""
    if np.isnan(value):
        return ""
    most = float(np.nanmax(np.abs(values)))
    places = 3 if most == 0 else int(np.clip(2 - np.floor(np.log10(most)), 0, 3))
    rounded = round(float(value), places) + 0.0  # no minus before a zero
    return f"{rounded:.{places}f}".replace("-", "−")


def _bar(axes: Axes, scale: heat.Scale, values: np.ndarray, label: str) -> None:
    """The colours' meaning, as far as there are values."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(scale.key, ax=axes, aspect=14, pad=0.015, fraction=0.03)
    words = lettering.heading(label, max(len(values) * _ROW, 1.5), 10.0, bold=False)
    bar.set_label(words.text, size=words.points, color=style.INK)
    style.bare(bar.ax)
    bar.ax.set_ylim(*_ends(values))
