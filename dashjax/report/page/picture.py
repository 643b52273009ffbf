"""The picture of a page: where the marks of each dataset lie; the template draws them as SVG."""

import math
from typing import Any

_LEFT, _RIGHT, _ROW, _TOP, _BOTTOM = 210.0, 880.0, 20, 24, 30  # in the picture's units
_NORMAL = 1.645  # standard deviations of a 90 % interval
_LONGEST = 30  # signs of a name
Row = dict[str, Any]


def picture(rows: list[Row], floor: float | None) -> Row:
    """Places for the mean and the 90 % interval of each dataset, and for the axis.

    Args:
        rows: datasets with `dataset`, `mean`, `sd` and `selected`, in the order to be drawn in.
        floor: the reward of taking nothing, if there is one.
    """
    ends = [row["mean"] + side * _NORMAL * row["sd"] for row in rows for side in (-1, 1)]
    ends += [] if floor is None else [floor]
    low, high = min(ends), max(ends)
    span = high - low or 1.0

    def place(value: float) -> float:
        return round(_LEFT + (value - low) / span * (_RIGHT - _LEFT), 1)

    return {
        "height": _TOP + _ROW * len(rows) + _BOTTOM,
        "rows": [_row(row, _TOP + _ROW * number, place) for number, row in enumerate(rows)],
        "ticks": [{"x": place(tick), "label": f"{tick:.6g}"} for tick in _ticks(low, high)],
        "floor": None if floor is None else place(floor),
    }


def _row(row: Row, y: int, place: Any) -> Row:
    low, high = (row["mean"] + side * _NORMAL * row["sd"] for side in (-1, 1))
    name = row["dataset"]
    return {
        "dataset": name,
        "label": name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…",
        "selected": row["selected"],
        "mean": f"{row['mean']:.4g}",
        "low": f"{low:.4g}",
        "high": f"{high:.4g}",
        "x": place(row["mean"]),
        "x_low": place(low),
        "x_high": place(high),
        "y": y,
    }


def _ticks(low: float, high: float) -> list[float]:
    """A few round numbers between two."""
    span = high - low or 1.0
    step = 10 ** math.floor(math.log10(span))
    step *= next(part for part in (0.2, 0.5, 1.0, 2.0) if span / (step * part) <= 6)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]
