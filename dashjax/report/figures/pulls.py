"""Picture: where each method spends its exploration steps."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from dashjax.report.arrays import best, column, distinct, grid, having
from dashjax.report.figures import heat, style
from dashjax.store.results import Experiment, Row

_ROW, _BETWEEN = 0.235, 0.4  # inches


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `pulls`, a heat strip for each target: methods down, datasets across."""
    rows = experiment.frames.get("pulls")
    if rows:
        known = experiment.frames.get("rewards") or []
        yield "pulls", _figure(rows, known, experiment.config)


def _figure(rows: list[Row], known: list[Row], config: dict[str, Any]) -> Figure:
    of = heat.columns(rows)
    targets, methods = distinct(rows, "target"), distinct(rows, "method")
    names = max(style.width_of(style.short(name, 28), style.TEXT) for name in methods)
    strip = len(methods) * _ROW + _BETWEEN
    size = (max(of.total + names + 0.8, 8.0), len(targets) * strip + heat.names_height(of))
    figure = style.page(size, "Where the exploration steps go", _detail(config, known))
    strips = figure.subplots(len(targets), 1, squeeze=False)[:, 0]
    # The square root tells few pulls from fewer, where most go to a handful of datasets.
    most = np.nanmax(np.append(column(rows, "pulls"), config.get("steps") or 1.0))
    scale = heat.Scale(matplotlib.colormaps["Purples"], PowerNorm(0.5, 0, most))
    for axes, target in zip(strips, targets, strict=True):
        _strip(axes, having(rows, "target", target), of, scale)
        utility = column(having(known, "target", target), "utility")
        datasets = [row["dataset"] for row in having(known, "target", target)]
        chosen = [datasets[place] for place in best(utility, config.get("select") or 0)]
        heat.outline(axes, of, [of.datasets.index(name) for name in chosen], rows=(0, len(methods)))
        _name_target(axes, target)
    heat.name_groups(strips[0], of)
    heat.name_datasets(strips[-1], of)
    return figure


def _detail(config: dict[str, Any], known: list[Row]) -> str:
    steps = config.get("steps")
    detail = "Rows: methods. Columns: datasets, under their group. Cells: mean number of pulls"
    detail += f" in a run of {steps:,} step{'s' * (steps > 1)}." if steps else " in a run."
    if known and config.get("select"):
        detail += f" Outlined: the {config['select']} best datasets for the target."
    if config.get("command") == "sweep":
        detail += " Each run has a pool of its own."
    return detail


def _strip(axes: Axes, rows: list[Row], of: heat.Columns, scale: heat.Scale) -> None:
    """One target's methods and datasets."""
    order = [distinct(rows, "dataset").index(name) for name in of.datasets]
    values = grid(rows, "method", "dataset", "pulls")[:, order]
    heat.heat(axes, values, of, scale)
    texts = [[_text(value) for value in line] for line in values]
    heat.write_values(axes, texts, values=values, of=of, scale=scale)
    heat.name_rows(axes, distinct(rows, "method"))


def _text(pulls: float) -> str:
    if np.isnan(pulls):
        return ""
    return f"{pulls:.1f}" if pulls < 9.95 else f"{pulls:.0f}"


def _name_target(axes: Axes, target: str | None) -> None:
    """Writes the target's name above those of the methods."""
    if target is not None:
        words = f"target {style.short(target, 24)}"
        text = axes.annotate(words, (0, 1), (-4, 4), "axes fraction", "offset points")
        text.set(ha="right", va="bottom", weight="bold")
