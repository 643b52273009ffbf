"""Pictures of calibration: intervals that hold the truth, and what one pull of each finds."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, PercentFormatter

from dashjax.report.arrays import column, distinct, having, number
from dashjax.report.figures import style
from dashjax.store.results import Experiment, Row
from sims.one_pull import WAYS

_EXACT, _PAPER, _FEW = style.pen("dash-exact").colour, style.pen("dash").colour, "#8c8c8c"
_WAYS: dict[str, str] = dict(zip(WAYS, ("#0072b2", "#b3003b", "#7a6a00"), strict=True))


def pictures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """Yields `calibration` and `one-pull`."""
    yield "calibration", _calibration(experiment.frames["calibration"])
    yield "one-pull", _one_pull(experiment.frames["one_pull"])


def _calibration(rows: Sequence[Row]) -> Figure:
    detail = (
        "Share of intervals at 90 % that hold the true utility, with 95 % interval over runs, for "
        "pulls by a schedule (of each dataset of every group) or by dash. The exact posterior "
        "keeps its word; the published one is too wide for groups and too narrow for datasets, "
        "most of all for those with at most one pull."
    )
    figure = style.page((13.0, 0.46 * len(rows) + 1.1), "Do intervals hold what they say?", detail)
    names = [f"spread {r['arm_sd']:g}, noise {r['noise_sd']:g}: {r['pulls']}" for r in rows]
    halves = figure.add_gridspec(1, 2, width_ratios=(1, 2.6))
    for side, units in enumerate(("groups", "arms")):
        axes = figure.add_subplot(halves[side])
        marks = [("exact", f"exact_{units}", _EXACT), ("published", f"paper_{units}", _PAPER)]
        if units == "arms":
            marks.append(("published, at most one pull", "paper_few", _FEW))
        for said, key, colour in marks:
            _dots(axes, rows, key, colour, said)
        axes.axvline(0.9, color=style.INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=1)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(labelleft=side == 0)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0.8 if units == "groups" else 0.38, 1.0)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(axis="x", color=style.RULE, linewidth=0.8)
        axes.set_axisbelow(True)
        style.bare(axes)
        axes.set_title("groups" if units == "groups" else "datasets")
        axes.legend(loc="lower left", frameon=False, fontsize=style.SMALL)
    return figure


def _dots(axes: Axes, rows: Sequence[Row], key: str, colour: str, said: str) -> None:
    places = range(len(rows))
    low, high = (column(rows, f"{key}_{end}") for end in ("low", "high"))
    axes.hlines(places, low, high, colors=colour, lw=3)
    axes.plot(column(rows, key), places, "o", color=colour, markersize=8, label=said)


def _one_pull(rows: Sequence[Row]) -> Figure:
    detail = (
        "Share of runs in which one pull of each of the fifteen datasets is enough to select the "
        "three of the best group, with 95 % bands: with datasets on their own (flat), by dataset "
        "means in groups, and by groups first. Over mixed groups group first never can."
    )
    figure = style.page((12.0, 4.6), "What one pull of every dataset finds", detail)
    for side, grouping in enumerate(distinct(rows, "grouping")):
        axes = figure.add_subplot(1, 2, side + 1)
        here = having(rows, "grouping", grouping)
        for way in WAYS:
            _line(axes, having(here, "way", way), way)
        axes.set(title=f"{grouping} groups", xlabel="noise of one reward", ylim=(-0.02, 1.0))
        axes.xaxis.set_major_locator(FixedLocator(sorted({number(r["noise"]) for r in rows})))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(axis="y", color=style.RULE, linewidth=0.8)
        axes.legend(loc="upper right", frameon=False)
    return figure


def _line(axes: Axes, rows: Sequence[Row], way: str) -> None:
    noise = column(rows, "noise")
    low, high = column(rows, "share_low"), column(rows, "share_high")
    axes.fill_between(noise, low, high, color=_WAYS[way], alpha=0.18, linewidth=0)
    dashes = (0, (5, 2)) if way == "group first" else "-"
    axes.plot(noise, column(rows, "share"), "o", ls=dashes, color=_WAYS[way], label=way)
