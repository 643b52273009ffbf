"""Picture: when each method stops by itself, and how often its selection is then right."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator, PercentFormatter

from dashjax.report.arrays import column, distinct, having, number, runs
from dashjax.report.figures import style
from dashjax.report.text.findings import broken
from dashjax.report.text.wording import percent, the_best
from dashjax.store.results import Experiment, Row

_LINE, _HEAD = 0.3, 1.0  # inches: of a method, above and below a block's methods
_BLOCKS = 6  # most on a page


class _Block(NamedTuple):
    """Lines that are compared, each with its name."""

    title: str
    names: list[str]
    rows: list[Row]


class _Scale(NamedTuple):
    """What all panels share."""

    steps: float
    least: float  # share of right selections


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `stopping`, and `stopping-2` and so on where there are many targets or rules."""
    rows = experiment.frames.get("stops") or []
    if not rows:
        return
    blocks, scale = _blocks(rows), _scale(rows, experiment)
    for page, first in enumerate(range(0, len(blocks), _BLOCKS)):
        name = f"stopping-{page + 1}" if page else "stopping"
        yield name, _figure(blocks[first : first + _BLOCKS], scale, experiment)


def _blocks(rows: list[Row]) -> list[_Block]:
    """A block a target and rule, with a line a method; one block if there is but one method."""
    rules = distinct(rows, "stop")
    if len({(row["method"], row["stop"]) for row in rows}) == 1:
        targets = ["" if row["target"] is None else str(row["target"]) for row in rows]
        return [_Block(str(rows[0]["method"]), targets, rows)]
    return [
        _Block(_title(target, rule, rules), [str(row["method"]) for row in own], own)
        for target in distinct(rows, "target")
        for rule in rules
        if (own := having(having(rows, "target", target), "stop", rule))
    ]


def _title(target: Any, rule: str, rules: list[str]) -> str:
    parts = [] if target is None else [style.short(target, 22)]
    parts += [style.short(rule, 36)] if len(rules) > 1 else []
    return ", ".join(parts)


def _scale(rows: list[Row], experiment: Experiment) -> _Scale:
    """Steps from 0 to the last; shares from somewhat below the least that is shown."""
    steps = experiment.config.get("steps")
    known = np.concatenate([column(rows, "stopped_p90"), column(rows, "stopped_mean_high")])
    known = known[np.isfinite(known)]
    last = float(steps) if steps else float(known.max(initial=1.0))
    shares = np.concatenate([column(rows, "good_when_stopped"), column(rows, "promised")])
    least = float(shares[np.isfinite(shares)].min(initial=1.0))
    return _Scale(last, min(np.floor(10 * least - 1e-9) / 10, 0.8))


def _figure(blocks: list[_Block], scale: _Scale, experiment: Experiment) -> Figure:
    across = min(len(blocks), 2)
    down = -(-len(blocks) // across)
    most = max(len(block.rows) for block in blocks)
    size = (max(7.4 * across, 11.0), down * (most * _LINE + _HEAD))
    title = "When each method stops by itself, and how often it is then right"
    figure = style.page(size, title, _detail(blocks, experiment))
    grid = figure.add_gridspec(down, across)
    for place, block in enumerate(blocks):
        _draw(figure, grid[place // across, place % across], block, scale, most)
    return figure


def _detail(blocks: list[_Block], experiment: Experiment) -> str:
    rows, config = [row for block in blocks for row in block.rows], experiment.config
    rules, tolerance = distinct(rows, "stop"), config.get("tolerance")
    worth = "the tolerance" if tolerance is None else f"{tolerance:g}"
    detail = f"Stop rule: {rules[0]}. " if len(rules) == 1 else ""
    detail += "Left: steps until it stops; dot: median, line: from the first to the ninth tenth of "
    detail += f"{runs(experiment.rows)}; in grey the share of runs that stop, where it is not all. "
    detail += f"Right: share of those whose selection is within {worth} of "
    detail += f"{the_best(config.get('select'))}, with 95 % interval"
    if any(row.get("promised") is not None for row in rows):
        detail += "; dashed: what the rule promises"
    if any(broken(row) for row in rows):
        detail += "; cross: the promise is broken"
    return f"{detail}."


def _draw(figure: Figure, place: SubplotSpec, block: _Block, scale: _Scale, most: int) -> None:
    # the third column parts what is written at the right from the block beside it
    inner = place.subgridspec(1, 3, width_ratios=(1.5, 1, 0.1), wspace=0.1)
    steps, shares = (figure.add_subplot(inner[0, side]) for side in (0, 1))
    _steps(steps, block, scale)
    _shares(shares, block, scale)
    names = [style.short(name, 24) for name in block.names]
    for axes, labelled in ((steps, True), (shares, False)):
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(most - 0.4, -0.6)
        style.bare(axes)
        axes.tick_params(axis="y", labelleft=labelled, labelsize=style.TEXT)
        axes.tick_params(axis="x", labelsize=style.SMALL)
        axes.grid(axis="x", color=style.RULE, linewidth=0.8)
        axes.set_axisbelow(True)
    for name, label in zip(block.names, steps.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if name == "best" else "normal")
    steps.set_title(block.title, size=12, pad=20)
    for axes, words in ((steps, "stops after so many steps"), (shares, "right when it stops")):
        text = axes.annotate(words, (0, 1), (0, 4), "axes fraction", "offset points")
        text.set(size=style.SMALL, color=style.FAINT)


def _steps(axes: Axes, block: _Block, scale: _Scale) -> None:
    """When the runs stop; a line that leaves at the right goes on beyond the last step."""
    for down, row in enumerate(block.rows):
        colour = style.pen(row["method"]).colour
        first, middle, last = (number(row[f"stopped_{name}"]) for name in ("p10", "median", "p90"))
        if not np.isnan(first):
            axes.hlines(down, first, np.nan_to_num(last, nan=scale.steps), colors=colour, lw=5)
        if np.isnan(last):
            axes.plot(scale.steps, down, ">", color=colour, markersize=8, clip_on=False)
        axes.plot(middle, down, "o", color=colour, markersize=10, mec=style.PAPER, zorder=3)
        if number(row["stopped_share"]) < 1:
            words = percent(row["stopped_share"])
            text = axes.annotate(words, (1, down), (9, 0), _right(axes), "offset points")
            text.set(va="center_baseline", size=style.SMALL, color=style.FAINT)
    axes.set_xlim(0, scale.steps)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))


def _shares(axes: Axes, block: _Block, scale: _Scale) -> None:
    """How often the selection is right, against what was promised."""
    for down, row in enumerate(block.rows):
        share, low, high = (number(row[f"good_when_stopped{end}"]) for end in ("", "_low", "_high"))
        colour, failed = style.pen(row["method"]).colour, broken(row)
        axes.hlines(down, max(low, scale.least), high, colors=colour, linewidth=2)
        axes.plot(share, down, "X" if failed else "o", color=colour, markersize=9, clip_on=False)
        dashes = {"colors": style.INK, "linestyles": (0, (3, 2)), "linewidth": 1.3}
        axes.vlines(number(row["promised"]), down - 0.5, down + 0.5, **dashes)
        words = percent(row["good_when_stopped"])
        text = axes.annotate(words, (1, down), (9, 0), _right(axes), "offset points")
        text.set(va="center_baseline", size=style.SMALL + 0.5)
        text.set_fontweight("bold" if failed else "normal")
    axes.set_xlim(scale.least, 1)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def _right(axes: Axes) -> Any:
    """Across in widths of the axes, down in lines."""
    return axes.get_yaxis_transform()
