"""Picture: when each method stops by itself, and how often its selection is then right."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator, PercentFormatter

from dashjax.report.arrays import column, distinct, grouped, having, number, runs
from dashjax.report.figures import lettering, style
from dashjax.report.text.findings import broken
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of, percent, the_best

_LINE, _HEAD = 0.3, 0.9  # inches: of a method, above and below a block's methods
_GAP, _NAME = 0.1, 2.2  # inches: below a heading, and of a method's name at most
_PARTS = (1.5, 1.0, 0.1)  # panels of a block; the last parts what is at the right from the next
_BLOCKS, _PAGES = 6, 4  # most on a page, and pages
_LINES = 40  # most of a block


class _Block(NamedTuple):
    """Lines that are compared, each with its name."""

    title: str
    names: list[str]
    rows: list[Row]
    left_out: str = ""


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
    shown = blocks[: _BLOCKS * _PAGES]
    left_out = blocks[0].left_out + first_of(len(shown), len(blocks), "targets and stop rules")
    for page, first in enumerate(range(0, len(shown), _BLOCKS)):
        name = f"stopping-{page + 1}" if page else "stopping"
        yield name, _figure(shown[first : first + _BLOCKS], scale, experiment, left_out)


def _blocks(rows: list[Row]) -> list[_Block]:
    """A block a target and rule, with a line a method; one block if there is but one method."""
    rules = distinct(rows, "stop")
    if len({(row["method"], row["stop"]) for row in rows}) == 1:
        targets = ["" if row["target"] is None else str(row["target"]) for row in rows]
        left_out = first_of(min(len(rows), _LINES), len(rows), "targets")
        return [_Block(str(rows[0]["method"]), targets[:_LINES], rows[:_LINES], left_out)]
    return [
        _block(_title(target, rule, rules), having(own, "stop", rule))
        for target, own in grouped(rows, "target").items()
        for rule in rules
    ]


def _block(title: str, rows: list[Row]) -> _Block:
    names = [str(row["method"]) for row in rows]
    left_out = first_of(min(len(rows), _LINES), len(rows), "methods")
    return _Block(title, names[:_LINES], rows[:_LINES], left_out)


def _title(target: Any, rule: str, rules: list[str]) -> str:
    parts = [] if target is None else [str(target)]
    parts += [rule] if len(rules) > 1 else []
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


def _figure(blocks: list[_Block], scale: _Scale, experiment: Experiment, left_out: str) -> Figure:
    across = min(len(blocks), 2)
    most = max(len(block.rows) for block in blocks)
    width = max(7.4 * across, 11.0)
    room = width / across - 0.5
    titles = [lettering.heading(block.title, room, style.TEXT + 1) for block in blocks]
    rows = [titles[first : first + across] for first in range(0, len(titles), across)]
    height = sum(most * _LINE + _HEAD + lettering.tallest(row) for row in rows)
    title = "When each method stops by itself, and how often it is then right"
    figure = style.page((width, height), title, _detail(blocks, experiment) + left_out)
    grid = figure.add_gridspec(len(rows), across)
    for place, (block, heading) in enumerate(zip(blocks, titles, strict=True)):
        down, side = divmod(place, across)
        ratios = (lettering.tallest(rows[down]) + _GAP, most * _LINE + _HEAD - _GAP)
        parts = grid[down, side].subgridspec(2, 1, height_ratios=ratios)
        lettering.above(figure, parts[0], heading)
        _draw(figure, parts[1], block, scale, most)
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
    inner = place.subgridspec(1, 3, width_ratios=_PARTS, wspace=0.1)
    steps, shares = (figure.add_subplot(inner[0, side]) for side in (0, 1))
    _steps(steps, block, scale)
    _shares(shares, block, scale)
    names = [lettering.within(name, _NAME, style.TEXT) for name in block.names]
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
