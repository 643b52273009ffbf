"""A panel of lines: one for each method, against exploration steps, with names at their ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from dashjax.report.figures import lettering, style

NAME = 2.2  # inches of a method's name, at most
_NAME_HEIGHT = 0.2  # inches from one name to the next


class Measure(NamedTuple):
    """What is drawn against the steps.

    Attributes:
        key: its column; the ends of its band are `<key>_low` and `<key>_high`.
        label: of the upright axis.
        low: bottom of the axis.
        high: top of the axis.
        log: whether the axis is logarithmic; then what is below `low` is drawn at `low`. If not,
            the values are shares of 1.
        tolerance: where a line is drawn across; None for none.
    """

    key: str
    label: str
    low: float
    high: float
    log: bool = False
    tolerance: float | None = None


class Curve(NamedTuple):
    """One method's line and band, each `[step]`."""

    method: str
    step: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def panel(axes: Axes, curves: Sequence[Curve], measure: Measure) -> None:
    """Draws the curves over their bands, between faint rules."""
    for curve in curves:
        pen = style.pen(curve.method)
        value, low, high = (_within(line, measure) for line in curve[2:])
        marker = "o" if len(curve.step) == 1 else None
        axes.fill_between(curve.step, low, high, color=pen.colour, alpha=0.18, linewidth=0)
        line = {"color": pen.colour, "linestyle": pen.dashes, "linewidth": pen.width}
        axes.plot(curve.step, value, marker=marker, **line)
    _scales(axes, max((float(curve.step[-1]) for curve in curves), default=1.0), measure)
    if measure.tolerance and measure.low < measure.tolerance < measure.high:
        axes.axhline(measure.tolerance, color=style.FAINT, linewidth=1, zorder=1)


def name_tolerance(axes: Axes, measure: Measure) -> None:
    """Writes what the line across is."""
    if measure.tolerance and measure.low < measure.tolerance < measure.high:
        words = f"tolerance {measure.tolerance:g}"
        place = (0.01, measure.tolerance)
        axes.annotate(
            words,
            place,
            xytext=(0, 3),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            size=style.SMALL,
            color=style.FAINT,
        )


def name_curves(axes: Axes, curves: Sequence[Curve], measure: Measure, *, height: float) -> None:
    """Writes each method's name at the right, beside the end of its line.

    Args:
        axes: where the curves are; their limits are set.
        curves: what to name; one without values gets no name.
        measure: what they show.
        height: about how high the axes are, in inches.
    """
    ends = [(curve.method, _end(curve, measure)) for curve in curves]
    ends = [(method, end) for method, end in ends if np.isfinite(end)]
    if not ends:
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", color=style.FAINT)
        return
    places = np.array([_height(end, measure) for _, end in ends])
    names = style.apart(places, _NAME_HEIGHT / height)
    for (method, _), place, name in zip(ends, places, names, strict=True):
        colour = style.pen(method).colour
        leader = ((1.0, 1.025, 1.035), (place, name, name))
        axes.plot(*leader, color=colour, linewidth=0.9, transform=axes.transAxes, clip_on=False)
        words = lettering.within(method, NAME, style.TEXT, bold=True)
        text = axes.text(1.042, name, words, transform=axes.transAxes, color=colour)
        text.set(weight="bold", va="center_baseline")


def _within(line: np.ndarray, measure: Measure) -> np.ndarray:
    return np.maximum(line, measure.low) if measure.log else line


def _end(curve: Curve, measure: Measure) -> float:
    """The last value there is."""
    known = curve.value[np.isfinite(curve.value)]
    return float(_within(known[-1:], measure)[0]) if known.size else float("nan")


def _height(value: float, measure: Measure) -> float:
    """Where the value lies between bottom and top, which are 0 and 1."""
    low, high = measure.low, measure.high
    if measure.log:
        value, low, high = np.log(value), np.log(low), np.log(high)
    return (value - low) / (high - low)


def _scales(axes: Axes, steps: float, measure: Measure) -> None:
    """Steps are logarithmic, since most is decided in the first few."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(round_numbers(1.0, steps)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(1.0 if steps > 1 else 0.5, steps)
    if measure.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(FixedLocator(round_numbers(measure.low, measure.high)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _regret(value, measure)))
    else:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylim(measure.low, measure.high)
    axes.grid(axis="y", color=style.RULE, linewidth=0.8)
    axes.set_axisbelow(True)


def round_numbers(low: float, high: float, most: int = 9) -> list[float]:
    """1, 2, 5, 10 and so on, from `low` to `high`; only powers of ten if those are too many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for firsts in ((1, 2, 5), (1,)):
        ticks = [float(f"{first}e{power}") for power in powers for first in firsts]
        ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high]
        if len(ticks) <= most:
            break
    return ticks


def _regret(value: float, measure: Measure) -> str:
    """A tick's label; the lowest says that smaller values are drawn there."""
    below = "≤ " if np.isclose(value, measure.low) else ""
    return f"{below}{value:.6f}".rstrip("0").rstrip(".") if value >= 1e-5 else f"{below}{value:.0e}"
