"""Heat maps whose columns are the datasets of a pool, group by group."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Rectangle

from dashjax.metrics import Row
from dashjax.report import style
from dashjax.report.arrays import distinct

_GAP = 5.0  # points between groups
_READABLE = 0.24  # a cell any narrower holds no number


class Columns(NamedTuple):
    """The datasets from left to right.

    Attributes:
        datasets: names, the datasets of a group side by side.
        groups: the group of each.
        width: of one column, in inches.
    """

    datasets: list[str]
    groups: list[str]
    width: float

    @property
    def spans(self) -> list[tuple[str, int, int]]:
        """Name, first column and number of columns of each group."""
        return [
            (name, self.groups.index(name), self.groups.count(name))
            for name in dict.fromkeys(self.groups)
        ]

    @property
    def total(self) -> float:
        """Width of all columns, in inches."""
        return self.width * len(self.datasets)


class Scale(NamedTuple):
    """How numbers become colours."""

    colours: Colormap
    norm: Normalize


def columns(rows: Sequence[Row]) -> Columns:
    """The datasets that the rows are about, as wide as a page of many allows."""
    group_of = {row["dataset"]: row["group"] for row in rows}
    order = distinct(rows, "group")
    datasets = sorted(group_of, key=lambda name: order.index(group_of[name]))
    width = float(np.clip(16.0 / len(datasets), 0.12, 0.62))
    return Columns(datasets, [group_of[name] for name in datasets], width)


def heat(axes: Axes, values: np.ndarray, of: Columns, scale: Scale) -> QuadMesh:
    """Draws values `[row, dataset]`, with a gap between groups; what is missing stays white."""
    rows, count = values.shape
    mesh = axes.pcolormesh(
        np.arange(count + 1),
        np.arange(rows + 1),
        np.ma.masked_invalid(values),
        cmap=scale.colours,
        norm=scale.norm,
        edgecolors=style.PAPER,
        linewidth=1.0 if of.width > 0.2 else 0.4,
    )
    for _, first, _ in of.spans[1:]:
        axes.axvline(first, color=style.PAPER, linewidth=_GAP, zorder=2)
    axes.set(xlim=(0, count), ylim=(rows, 0))
    style.bare(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    return mesh


def write_values(axes: Axes, texts: list[list[str]], values: np.ndarray, scale: Scale) -> None:
    """Writes a text into each cell, dark on light and light on dark."""
    for row, column in np.argwhere(~np.isnan(values)):
        shade = scale.colours(scale.norm(values[row, column]))
        dark = np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.55
        axes.text(
            column + 0.5,
            row + 0.52,
            texts[row][column],
            ha="center",
            va="center",
            size=style.SMALL,
            color=style.PAPER if dark else style.INK,
            zorder=4,
        )


def room_for(texts: list[list[str]], of: Columns) -> bool:
    """Whether every text fits into its cell."""
    longest = max((text for row in texts for text in row), key=len, default="")
    return of.width >= max(_READABLE, style.width_of(longest, style.SMALL) + 0.03)


def outline(axes: Axes, row: int, places: Sequence[int]) -> None:
    """Frames cells of a row."""
    for place in places:
        frame = Rectangle((place + 0.06, row + 0.06), 0.88, 0.88, fill=False)
        frame.set(edgecolor=style.INK, linewidth=1.8, zorder=5)
        axes.add_patch(frame)


def name_groups(axes: Axes, of: Columns) -> None:
    """Writes each group's name above its columns, over a bar of its colour."""
    spans = of.spans
    colours = style.group_colours([name for name, _, _ in spans])
    names = [style.short(name, 24) for name, _, _ in spans]
    room = [count * of.width for _, _, count in spans]
    flat = all(
        style.width_of(name, style.TEXT) <= width for name, width in zip(names, room, strict=True)
    )
    across = axes.get_xaxis_transform()  # x in columns, y in heights of the axes
    pad = 0.5 * _GAP / 72 / of.width
    for label, (name, first, count) in zip(names, spans, strict=True):
        ends = (first + pad, first + count - pad) if count > 2 * pad else (first, first + count)
        (bar,) = axes.plot(ends, (1, 1), color=colours[name], linewidth=7, transform=across)
        bar.set(clip_on=False, solid_capstyle="butt", zorder=3)
        axes.annotate(
            label,
            (first + count / 2, 1),
            xytext=(0, 7),
            xycoords=across,
            textcoords="offset points",
            ha="center",
            va="bottom",
            rotation=0 if flat else 90,
            size=style.TEXT if flat else style.SMALL,
            weight="bold",
        )


def name_datasets(axes: Axes, of: Columns) -> None:
    """Writes the datasets' names below their columns; upright or thinned out where space is short."""
    names = [style.short(name, 28) for name in of.datasets]
    points = float(np.clip(of.width * 72 * 0.8, 6.0, style.SMALL + 0.5))
    flat = all(style.width_of(name, points) <= of.width - 0.02 for name in names)
    every = max(1, int(np.ceil(points * 1.15 / 72 / of.width)))
    places = np.arange(0, len(names), 1 if flat else every)
    axes.set_xticks(places + 0.5, [names[place] for place in places])
    axes.tick_params(axis="x", labelsize=points, rotation=0 if flat else 90, pad=4)


def outline_column(axes: Axes, place: int) -> None:
    """Frames a column from top to bottom."""
    frame = Rectangle((place + 0.06, 0), 0.88, 1, fill=False, transform=axes.get_xaxis_transform())
    frame.set(edgecolor=style.INK, linewidth=1.4, zorder=5, clip_on=False)
    axes.add_patch(frame)
