"""Pictures: what one run has learnt of every dataset and group, after some steps."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dashjax.report.arrays import column, distinct, grouped, having, leading, number, unit
from dashjax.report.figures import lettering, style
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of

_NORMAL_90 = 1.644854
_LINE, _GAP = 0.25, 0.35  # inches a line; lines between groups
_TARGETS, _DATASETS = 12, 60  # drawn, at most


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `posterior-<target>` for each target, with a panel for each number of steps."""
    by_target = grouped(experiment.frames.get("posterior") or [], "target")
    known = grouped(experiment.frames.get("rewards") or [], "target")
    targets = list(by_target)[:_TARGETS]
    left_out = first_of(len(targets), len(by_target), "targets, a picture each")
    taken: set[str] = set()
    for target in targets:
        rows, left_out_here = _shown(by_target[target])
        names = {row["name"] for row in rows}
        truth = {
            row["dataset"]: number(row["utility"])
            for row in known.get(target, [])
            if row["dataset"] in names
        }
        detail = _detail(truth, experiment.config) + left_out_here + left_out
        yield _file_name(target, taken), _figure(rows, truth, detail)


def _shown(rows: list[Row]) -> tuple[list[Row], str]:
    """The datasets that were looked at most, and their groups; and what that leaves out."""
    last = having(having(rows, "level", "dataset"), "step", rows[-1]["step"])
    names = set(leading(last, "name", "pulls", _DATASETS))
    if len(names) == len(last):
        return rows, ""
    groups = {row["group"] for row in last if row["name"] in names}
    kept = [row for row in rows if row["name"] in (groups if row["level"] == "group" else names)]
    most = f"the {len(names)} of {len(last):,} datasets that were looked at most"
    return kept, f" Drawn: {most}, and their groups."


def _file_name(target: str | None, taken: set[str]) -> str:
    """A name that any disk takes and that no other target has."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", str(target or "")).strip("-.")[:60] or "target"
    name, count = f"posterior-{stem}", 1
    while name.lower() in taken:
        count += 1
        name = f"posterior-{stem}-{count}"
    taken.add(name.lower())
    return name


def _figure(rows: list[Row], truth: dict[str, float], detail: str) -> Figure:
    steps = distinct(rows, "step")
    lines = _lines(having(rows, "step", steps[0]))
    height = float(np.clip(_LINE * len(lines), 2.0, 13.0)) + 0.8
    figure = style.page((13.0, height), _title(rows[0]), detail)
    panels = figure.subplots(1, len(steps), sharex=True, sharey=True, squeeze=False)[0]
    panels[0].get_gridspec().update(wspace=0.1)
    for axes, step in zip(panels, steps, strict=True):
        _panel(axes, having(rows, "step", step), lines, truth)
        axes.set_title(f"after {step:,} steps" if step else "before the first step", pad=4)
        style.bare(axes)
        axes.grid(axis="x", color=style.RULE, linewidth=0.8)
        axes.set_axisbelow(True)
    _name_lines(panels[0], lines, points=72 * (height - 0.8) / len(lines))
    _limits(panels[0], rows, truth)
    return figure


def _title(row: Row) -> str:
    target = "" if row["target"] is None else f" for target {row['target']}"
    return f"What a typical run of {row['method']} has learnt{target}"


def _detail(truth: dict[str, float], config: dict[str, Any]) -> str:
    detail = (
        f"Across: utility ({unit(config)}). Dot and line: posterior mean and 90 % interval of a"
    )
    detail += " dataset's utility. Shaded: the same for its group. Grey number: pulls so far."
    return detail + (" Black tick: mean reward in the table." if truth else "")


def _lines(rows: list[Row]) -> dict[tuple[str, str], float]:
    """Where each group and, below it, each of its datasets lies: upright place by level, name."""
    places: dict[tuple[str, str], float] = {}
    down = 0.0
    for group in distinct(rows, "group"):
        members = having(having(rows, "group", group), "level", "dataset")
        for unit_of in [("group", group), *(("dataset", row["name"]) for row in members)]:
            places[unit_of] = down
            down += 1.0
        down += _GAP
    return places


def _panel(
    axes: Axes,
    rows: list[Row],
    lines: dict[tuple[str, str], float],
    truth: dict[str, float],
) -> None:
    """The posterior after one number of steps."""
    colours = style.group_colours(distinct(rows, "group"))
    for row in having(rows, "level", "group"):
        members = len(having(rows, "group", row["group"]))
        _group(axes, row, lines["group", row["name"]] - 0.5, members, colours[row["group"]])
    datasets = having(rows, "level", "dataset")
    place = np.array([lines["dataset", row["name"]] for row in datasets])
    mean, half = column(datasets, "mean"), _NORMAL_90 * column(datasets, "sd")
    colour = [colours[row["group"]] for row in datasets]
    axes.hlines(place, mean - half, mean + half, colors=colour, linewidth=2.2)
    axes.scatter(mean, place, s=42, c=colour, edgecolors=style.PAPER, linewidths=1, zorder=3)
    true = np.array([truth.get(row["name"], np.nan) for row in datasets])
    axes.vlines(true, place - 0.36, place + 0.36, colors=style.INK, linewidth=2, zorder=4)
    for row, down in zip(datasets, place, strict=True):
        if row["step"] and row["pulls"] is not None:
            beside = axes.get_yaxis_transform()
            text = axes.text(1.02, down, f"{row['pulls']:,}", transform=beside, va="center")
            text.set(fontsize=style.SMALL, color=style.FAINT)


def _group(axes: Axes, row: Row, top: float, members: int, colour: str) -> None:
    """A group's mean and interval, behind its datasets."""
    mean, half = number(row["mean"]), _NORMAL_90 * number(row["sd"])
    if np.isfinite(mean) and np.isfinite(half):
        box = Rectangle((mean - half, top), 2 * half, members)
        box.set(color=colour, alpha=0.2, linewidth=0)
        axes.add_patch(box)
        axes.vlines(mean, top, top + members, colors=colour, linewidth=1)


def _name_lines(axes: Axes, lines: dict[tuple[str, str], float], points: float) -> None:
    """Writes the names at the left, those of groups in bold."""
    names = [lettering.short(name, 28) for _, name in lines]
    axes.set_yticks(list(lines.values()), names)
    size = float(np.clip(0.75 * points, 5.0, style.TEXT))
    for (level, _), label in zip(lines, axes.get_yticklabels(), strict=True):
        label.set(fontsize=size, fontweight="bold" if level == "group" else "normal")


def _limits(axes: Axes, rows: Sequence[Row], truth: dict[str, float]) -> None:
    """Room for what is known at the end, in all panels, and for what was before as far as is near.

    Before the first looks a method that is told nothing may believe almost anything.
    """
    last = _ends(having(rows, "step", rows[-1]["step"]), truth)
    low, high = (float(last.min()), float(last.max())) if last.size else (0.0, 1.0)
    span, every = high - low, _ends(rows, truth)
    if every.size:
        low, high = max(low - span, every.min()), min(high + span, every.max())
    edge = 0.05 * (high - low) or 0.5
    axes.set_xlim(low - edge, high + edge)
    down = max(axes.get_yticks()) + 0.8
    axes.set_ylim(float(down), -0.8)


def _ends(rows: Sequence[Row], truth: dict[str, float]) -> np.ndarray:
    """The finite ends of all intervals, and the true utilities."""
    mean, half = column(rows, "mean"), _NORMAL_90 * column(rows, "sd")
    ends = np.concatenate([mean - half, mean + half, list(truth.values())])
    return ends[np.isfinite(ends)]
