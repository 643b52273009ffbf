"""Heat maps whose columns are the datasets of a pool, group by group."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Rectangle
from matplotlib.transforms import offset_copy

from dashjax.report.arrays import distinct, leading
from dashjax.report.figures import lettering, style
from dashjax.store.results import Row

_GAP = 0.1  # inches between groups, at most
_GROUP, _DATASET = 24, 28  # most characters of a name
_LEAST = 6.5  # points that can be read
_MOST = 140  # datasets that are drawn


class Columns(NamedTuple):
    """The datasets from left to right.

    Attributes:
        datasets: names, the datasets of a group side by side.
        groups: the group of each.
        left: where each column begins, in widths of a column; there is a gap between groups.
        width: of a column, in inches.
    """

    datasets: list[str]
    groups: list[str]
    left: np.ndarray
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
        return float(self.left[-1] + 1) * self.width


class Scale(NamedTuple):
    """How numbers become colours."""

    colours: Colormap
    norm: Normalize

    @property
    def key(self) -> ScalarMappable:
        """What a colour bar is made from."""
        return ScalarMappable(self.norm, self.colours)


def columns(rows: Sequence[Row]) -> Columns:
    """The datasets that the rows are about, in columns as wide as their number allows."""
    group_of = {row["dataset"]: row["group"] for row in rows}
    order = distinct(rows, "group")
    datasets = sorted(group_of, key=lambda name: order.index(group_of[name]))
    places = np.array([order.index(group_of[name]) for name in datasets])
    width = float(np.clip(14.0 / len(datasets), 0.01, 0.9))
    left = np.arange(len(datasets)) + places * min(_GAP, 0.15 * width) / width
    return Columns(datasets, [group_of[name] for name in datasets], left, width)


def drawn(rows: Sequence[Row], key: str, why: str) -> tuple[set[str], str]:
    """The datasets that there is room for, and a sentence on what there is not.

    Args:
        rows: with a `dataset` and a number each.
        key: of the number; the datasets with the largest are drawn.
        why: what those have in common.
    """
    names, there = leading(rows, "dataset", key, _MOST), len(distinct(rows, "dataset"))
    said = f" Drawn: the {_MOST} of {there:,} datasets that are {why}." if there > _MOST else ""
    return set(names), said


def heat(axes: Axes, values: np.ndarray, of: Columns, scale: Scale) -> None:
    """Draws values `[row, dataset]`; what is missing stays white."""
    rows = len(values)
    for _, first, count in of.spans:
        axes.pcolormesh(
            of.left[first] + np.arange(count + 1),
            np.arange(rows + 1),
            np.ma.masked_invalid(values[:, first : first + count]),
            cmap=scale.colours,
            norm=scale.norm,
            edgecolors=style.PAPER,
            linewidth=1.0 if of.width > 0.2 else 0.3 if of.width > 0.05 else 0.0,
        )
    axes.set(xlim=(0, of.left[-1] + 1), ylim=(rows, 0))
    style.bare(axes)
    axes.set_xticks([])


def write_values(
    axes: Axes, texts: list[list[str]], *, values: np.ndarray, of: Columns, scale: Scale
) -> None:
    """Writes a text into each cell, dark on light and light on dark, if all can be read."""
    longest = max((text for row in texts for text in row), key=len, default="")
    points = min(style.SMALL, (of.width - 0.03) / max(lettering.width_of(longest, 1.0), 1e-3))
    if points < _LEAST:
        return
    for row, column in np.argwhere(~np.isnan(values)):
        shade = scale.colours(scale.norm(values[row, column]))
        dark = np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.55
        place = float(of.left[column]) + 0.5
        colour = style.PAPER if dark else style.INK
        text = axes.text(place, row + 0.52, texts[row][column], color=colour, zorder=4)
        text.set(ha="center", va="center", fontsize=points, in_layout=False)


def outline(axes: Axes, of: Columns, places: Sequence[int], *, rows: tuple[int, int]) -> None:
    """Frames columns from one row to before another; neighbours of a group get one frame."""
    for place in places:
        for edge in (0, 1):
            beside = place + 2 * edge - 1
            if beside in places and of.groups[beside] == of.groups[place]:
                continue
            x = of.left[place] + edge
            axes.plot((x, x), rows, **_FRAME)
        for y in rows:
            axes.plot((of.left[place], of.left[place] + 1), (y, y), **_FRAME)


_FRAME: dict[str, Any] = {
    "color": style.INK,
    "linewidth": 2.0,
    "solid_capstyle": "projecting",
    "zorder": 5,
    "clip_on": False,
}


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Writes the rows' names at their left."""
    axes.set_yticks(np.arange(len(names)) + 0.5, [lettering.short(name, 28) for name in names])


def name_groups(axes: Axes, of: Columns) -> None:
    """Writes each group's name above its columns, over a bar of its colour."""
    colours = style.group_colours([name for name, _, _ in of.spans])
    flat = _groups_lie_flat(of)
    across = axes.get_xaxis_transform()  # x in columns, y in heights of the axes
    raised = offset_copy(across, axes.get_figure(root=True), y=7, units="points")
    for name, first, count in of.spans:
        left = of.left[first]
        bar = Rectangle((left, 1), count, 0.0, transform=raised, clip_on=False)
        bar.set(edgecolor=colours[name], linewidth=5, joinstyle="miter")
        axes.add_patch(bar)
        words = lettering.short(name, int(_characters(count * of.width)) if flat else _GROUP)
        text = axes.annotate(words, (left + count / 2, 1), (0, 12), across, "offset points")
        text.set(ha="center", va="bottom", weight="bold")
        text.set(rotation=0 if flat else 90, fontsize=style.TEXT if flat else style.SMALL)


def name_datasets(axes: Axes, of: Columns) -> None:
    """Writes the datasets' names below; upright, then thinned out, where space is short."""
    names, points = [lettering.short(name, _DATASET) for name in of.datasets], _points(of)
    flat = _datasets_lie_flat(of)
    every = 1 if flat else max(1, int(np.ceil(points * 1.15 / 72 / of.width)))
    axes.set_xticks(of.left[::every] + 0.5, names[::every])
    axes.tick_params(axis="x", labelsize=points, rotation=0 if flat else 90, pad=4)


def names_height(of: Columns) -> float:
    """Inches that the names of groups and datasets take, above and below."""
    groups = max(
        lettering.width_of(lettering.short(name, _GROUP), style.SMALL) for name in of.groups
    )
    datasets = max(
        lettering.width_of(lettering.short(name, _DATASET), _points(of)) for name in of.datasets
    )
    above = 0.2 if _groups_lie_flat(of) else groups
    return 0.4 + above + (0.2 if _datasets_lie_flat(of) else datasets)


def _groups_lie_flat(of: Columns) -> bool:
    """Whether there is room for each group's name, or for enough of it, above its columns."""
    return all(
        min(len(name), _GROUP / 2) <= _characters(count * of.width) for name, _, count in of.spans
    )


def _characters(width: float) -> float:
    """How many characters of a group's name that width takes."""
    return width / lettering.width_of("n", style.TEXT, bold=True)


def _datasets_lie_flat(of: Columns) -> bool:
    """Whether each dataset's name fits into its column and leaves a space to the next."""
    names = [lettering.short(name, _DATASET) for name in of.datasets]
    return all(lettering.width_of(f"{name}m", _points(of)) <= of.width for name in names)


def _points(of: Columns) -> float:
    """Size of the datasets' names."""
    return float(np.clip(of.width * 72 * 0.8, 6.0, style.SMALL))
