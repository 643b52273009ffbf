"""Picture: how sure a typical run is of every dataset when it ends."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from dashjax.report.arrays import column, distinct, grouped, unit
from dashjax.report.figures import lettering, style
from dashjax.report.figures.lettering import Heading
from dashjax.report.text.certainty import nearest
from dashjax.store.results import Experiment, Row
from dashjax.wording import chance, first_of, number, percent, the_best

_LINE, _HEAD = 0.235, 0.75  # inches: of a dataset, above and below a target's datasets
_WIDTH, _GAP = 8.6, 0.1  # inches: of a target, below its heading
_TARGETS, _PAGES, _TAKEN, _DATASETS = 6, 4, 10, 15  # most on a page, pages, and of each target
_GROUPS = 8  # most that are named, for colours then come round again
_SHADE = "#f1ecdf"
_MEAN, _CHANCE, _RANK, _WEIGHT = range(4)  # a target's panels, from the left


class _Target(NamedTuple):
    """What is drawn of one target."""

    name: str
    rows: list[Row]  # of the datasets shown, from the top
    datasets: int  # in all
    colours: dict[str, str]  # of groups
    select: int


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `certainty`, and `certainty-2` and so on where there are many targets."""
    panels = list(grouped(experiment.frames.get("certainty") or [], "target").values())
    shown = panels[: _TARGETS * _PAGES]
    left_out = first_of(len(shown), len(panels), "targets")
    for page, first in enumerate(range(0, len(shown), _TARGETS)):
        name = f"certainty-{page + 1}" if page else "certainty"
        yield name, _figure(shown[first : first + _TARGETS], experiment.config, left_out)


def _figure(panels: list[list[Row]], config: dict[str, Any], left_out: str) -> Figure:
    targets = [_target(rows, int(config.get("select") or 1)) for rows in panels]
    across = min(len(targets), 2)
    most = max(len(target.rows) for target in targets)
    heads = [
        lettering.heading(_heading(target, rows[0]), _WIDTH - 0.3, 11.5)
        for target, rows in zip(targets, panels, strict=True)
    ]
    blocks = list(zip(targets, heads, strict=True))
    rows = [blocks[first : first + across] for first in range(0, len(blocks), across)]
    above = [lettering.tallest([head for _, head in row]) + _GAP for row in rows]
    height = len(rows) * (most * _LINE + _HEAD) + sum(above) + 0.4
    title = f"How sure a typical run of {panels[0][0]['method']} is when it ends"
    detail = _detail(config, left_out=any(len(one.rows) < one.datasets for one in targets))
    figure = style.page((_WIDTH * across + 0.6, height), title, detail + left_out)
    grid = figure.add_gridspec(len(rows), across, wspace=0.06)
    for down, row in enumerate(rows):
        ratios = (above[down], most * _LINE + _HEAD)
        for place, block in enumerate(row):
            _block(figure, grid[down, place].subgridspec(2, 1, height_ratios=ratios), block, most)
    _name_groups(figure, targets[0].colours)
    return figure


def _target(rows: list[Row], select: int) -> _Target:
    colours = style.group_colours(distinct(rows, "group"))
    taken = sum(bool(row["selected"]) for row in rows)
    shown = nearest(rows, _TAKEN, _DATASETS - min(taken, _TAKEN))
    return _Target(str(rows[0]["target"]), shown, len(rows), colours, select)


def _detail(config: dict[str, Any], *, left_out: bool) -> str:
    best = the_best(config.get("select"))
    return (
        f"Sure: probability that the selection (shaded) is {_good(config)}. From the left: "
        f"posterior mean of a dataset's utility ({unit(config)}) ± one standard deviation, and its "
        f"pulls in grey; the probability that it is among {best}; its rank, in 90 % of draws; and "
        "how far its mean rests on its group (dark) rather than on its own rewards."
        + " Left out: datasets far from the boundary."
        * left_out
    )


def _good(config: dict[str, Any]) -> str:
    tolerance, best = config.get("tolerance"), the_best(config.get("select"))
    return f"within {'the tolerance' if tolerance is None else f'{tolerance:g}'} of {best}"


def _name_groups(figure: Figure, colours: dict[str, str]) -> None:
    """Which colour is which group, below all."""
    if len(colours) > _GROUPS:
        return
    handles = [Patch(color=colour, label=lettering.short(n, 20)) for n, colour in colours.items()]
    legend = figure.legend(handles=handles, loc="outside lower left", ncols=_GROUPS)
    legend.set(frame_on=False)
    legend.borderaxespad = 1.5


def _block(figure: Figure, parts: Any, block: tuple[_Target, Heading], most: int) -> None:
    """One target: its heading, and below it four panels that share their lines."""
    target, heading = block
    lettering.above(figure, parts[0], heading)
    inner = parts[1].subgridspec(1, 4, width_ratios=(2.4, 1.15, 1.25, 0.95), wspace=0.08)
    panels = [figure.add_subplot(inner[0, number]) for number in range(4)]
    _means(panels[_MEAN], target)
    _chances(panels[_CHANCE], target)
    _ranks(panels[_RANK], target)
    _weights(panels[_WEIGHT], target)
    for axes in panels:
        taken = sum(bool(row["selected"]) for row in target.rows)
        axes.axhspan(-0.5, taken - 0.5, color=_SHADE, linewidth=0, zorder=0)
        axes.set_ylim(most - 0.4, -0.6)
        axes.tick_params(axis="y", labelleft=axes is panels[_MEAN], labelsize=style.SMALL + 0.5)
        axes.tick_params(axis="x", labelsize=style.SMALL)
        axes.set_axisbelow(True)
        style.bare(axes)


def _heading(target: _Target, row: Row) -> str:
    """When the run ended and how good its selection then is."""
    verb = "stopped after" if row["stopped"] else "not stopped in"
    loss = number(row["expected_loss"], ".2g")
    return (
        f"{target.name}: {verb} {row['step']} steps, "
        f"{chance(row['chance_good'])} sure, expected loss {loss}"
    )


def _colour(target: _Target) -> list[str]:
    return [target.colours[row["group"]] for row in target.rows]


def _caption(axes: Axes, words: str) -> None:
    axes.annotate(words, (0, 1), (0, 4), "axes fraction", "offset points").set(
        size=style.SMALL, color=style.FAINT
    )


def _means(axes: Axes, target: _Target) -> None:
    """Mean and standard deviation; names at the left and pulls at the right."""
    place = np.arange(len(target.rows))
    mean, sd = column(target.rows, "mean"), column(target.rows, "sd")
    colour = _colour(target)
    axes.hlines(place, mean - sd, mean + sd, colors=colour, linewidth=2.4)
    axes.scatter(mean, place, s=46, c=colour, edgecolors=style.PAPER, linewidths=1, zorder=3)
    axes.set_yticks(place, [lettering.short(row["dataset"], 20) for row in target.rows])
    for row, label in zip(target.rows, axes.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if row["selected"] else "normal")
    ends = np.concatenate([mean - sd, mean + sd])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (0.0, 1.0)
    edge = 0.05 * (high - low) or 0.5
    axes.set_xlim(low - edge, high + edge)
    for down, row in enumerate(target.rows):
        words = "" if row["pulls"] is None else f"{row['pulls']:,}"
        right = axes.get_yaxis_transform()  # across in widths of the axes, down in lines
        text = axes.annotate(words, (1, down), (3, 0), right, "offset points")
        text.set(va="center_baseline", size=style.SMALL, color=style.FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.grid(axis="x", color=style.RULE, linewidth=0.8)
    _caption(axes, "utility")


def _chances(axes: Axes, target: _Target) -> None:
    """A bar, and the probability in figures behind it."""
    chances = column(target.rows, "chance_best")
    place = np.arange(len(chances))
    axes.barh(place, np.nan_to_num(chances), height=0.62, color=_colour(target))
    for down, value in zip(place, chances, strict=True):
        right = 0.0 if np.isnan(value) else float(value)
        text = axes.annotate(chance(float(value)), (right, down), (3, 0), "data", "offset points")
        text.set(va="center_baseline", size=style.SMALL, annotation_clip=False)
    axes.set_xlim(0, 1.45)
    axes.set_xticks([])
    _caption(axes, f"in {the_best(target.select)}")


def _ranks(axes: Axes, target: _Target) -> None:
    """A line from the best to the worst likely rank, and a rule where the selection ends."""
    low, high = column(target.rows, "rank_low"), column(target.rows, "rank_high")
    place = np.arange(len(low))
    axes.hlines(place, low - 0.35, high + 0.35, colors=_colour(target), linewidth=5)
    axes.axvline(target.select + 0.5, color=style.FAINT, linewidth=1, zorder=1)
    axes.set_xlim(0.3, target.datasets + 0.7)
    axes.set_xticks(_round_ranks(target))
    _caption(axes, "rank")


def _round_ranks(target: _Target) -> list[int]:
    """The first, the last selected and the last of all, as far as they can be told apart."""
    ranks = [1, target.select, target.datasets]
    least = 0.12 * target.datasets
    return [1, *(r for r, before in zip(ranks[1:], ranks, strict=False) if r - before >= least)]


def _weights(axes: Axes, target: _Target) -> None:
    """A bar of one length: dark for the dataset's group, light for its own rewards."""
    group = column(target.rows, "shrinkage")
    place = np.arange(len(group))
    axes.barh(place, np.where(np.isnan(group), 0, 1), height=0.5, color=style.RULE)
    axes.barh(place, np.nan_to_num(group), height=0.5, color=style.FAINT)
    for down, weight in enumerate(group):
        text = axes.annotate(percent(float(weight)), (1, down), (3, 0), "data", "offset points")
        text.set(va="center_baseline", size=style.SMALL, annotation_clip=False)
    axes.set_xlim(0, 1.6)
    axes.set_xticks([])
    _caption(axes, "weight of group")
