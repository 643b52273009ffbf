"""Picture: where each method spends its exploration steps."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from dashjax.report.arrays import best, column, distinct, grid, grouped
from dashjax.report.figures import heat, lettering, style
from dashjax.report.figures.lettering import Heading
from dashjax.store.results import Experiment, Row
from dashjax.wording import first_of

_ROW, _BETWEEN = 0.235, 0.2  # inches
_MARGIN, _HEIGHT = 2.2, 16.0  # inches: for a target's name, and of all strips at most
_METHODS = 40  # drawn, at most


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `pulls`, a heat strip for each target: methods down, datasets across."""
    rows = experiment.frames.get("pulls")
    if rows:
        known = experiment.frames.get("rewards") or []
        yield "pulls", _figure(rows, known, experiment.config)


def _figure(rows: list[Row], known: list[Row], config: dict[str, Any]) -> Figure:
    shown, left_out = _shown(rows)
    of = heat.columns(shown)
    by_target, methods = grouped(shown, "target"), distinct(shown, "method")
    titles = [_title(target) for target in by_target]
    names = [lettering.width_of(lettering.short(name, 28), style.TEXT) for name in methods]
    height = sum(len(methods) * _ROW + _BETWEEN + title.height for title in titles)
    size = (max(of.total + max(*names, _MARGIN) + 0.8, 8.0), height + heat.names_height(of))
    detail = _detail(config, known) + left_out
    figure = style.page(size, "Where the exploration steps go", detail)
    strips = figure.subplots(len(titles), 1, squeeze=False)[:, 0]
    # The square root tells few pulls from fewer, where most go to a handful of datasets.
    most = np.nanmax(np.append(column(shown, "pulls"), config.get("steps") or 1.0))
    scale = heat.Scale(matplotlib.colormaps["Purples"], PowerNorm(0.5, 0, most))
    worth = grouped(known, "target")
    for axes, target, title in zip(strips, by_target, titles, strict=True):
        _strip(axes, by_target[target], of, scale)
        chosen = best(column(worth.get(target, []), "utility"), config.get("select") or 0)
        found = {worth[target][place]["dataset"] for place in chosen}
        places = [place for place, name in enumerate(of.datasets) if name in found]
        heat.outline(axes, of, places, rows=(0, len(methods)))
        _name_target(axes, title)
    heat.name_groups(strips[0], of)
    heat.name_datasets(strips[-1], of)
    return figure


def _shown(rows: list[Row]) -> tuple[list[Row], str]:
    """What there is room for, and a sentence on what there is not."""
    targets, methods = distinct(rows, "target"), distinct(rows, "method")
    kept = methods[:_METHODS]
    first = targets[: max(int(_HEIGHT / (len(kept) * _ROW + 2 * _BETWEEN)), 1)]
    rows = [row for row in rows if row["target"] in first and row["method"] in kept]
    names, said = heat.drawn(rows, "pulls", "looked at most")
    said += first_of(len(first), len(targets), "targets")
    said += first_of(len(kept), len(methods), "methods")
    return [row for row in rows if row["dataset"] in names], said


def _title(target: str | None) -> Heading:
    return lettering.heading("" if target is None else f"target {target}", _MARGIN, style.TEXT)


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
    order = {name: place for place, name in enumerate(distinct(rows, "dataset"))}
    values = grid(rows, "method", "dataset", "pulls")[:, [order[name] for name in of.datasets]]
    heat.heat(axes, values, of, scale)
    texts = [[_text(value) for value in line] for line in values]
    heat.write_values(axes, texts, values=values, of=of, scale=scale)
    heat.name_rows(axes, distinct(rows, "method"))


def _text(pulls: float) -> str:
    if np.isnan(pulls):
        return ""
    return f"{pulls:.1f}" if pulls < 9.95 else f"{pulls:.0f}"


def _name_target(axes: Axes, title: Heading) -> None:
    """Writes the target's name above those of the methods."""
    text = axes.annotate(title.text, (0, 1), (-4, 4), "axes fraction", "offset points")
    text.set(ha="right", va="bottom", weight="bold", size=title.points)
