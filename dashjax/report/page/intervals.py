"""Where the marks of a picture lie: the mean and 90 % interval of datasets, group by group."""

import math
from collections.abc import Sequence
from typing import Any

from dashjax.report.arrays import grouped
from dashjax.report.page.content import Drawing
from dashjax.wording import first_of, shortened

_LEFT, _RIGHT, _ROW, _TOP, _BOTTOM = 152.0, 476.0, 22, 26, 32  # drawings are 520 wide
_NORMAL = 1.645  # standard deviations of a 90 % interval
_LONGEST, _MOST = 16, 60  # signs of a name; datasets that are drawn
Row = dict[str, Any]


def intervals(rows: Sequence[Row], groups: Sequence[Row], floor: float | None) -> Drawing:
    """What is believed of datasets, below the name of their group and over what is believed of it.

    Args:
        rows: datasets with `dataset`, `group`, `looks`, `mean`, `sd` and `selected`, the best
            first; the first sixty are drawn.
        groups: with `group`, `mean` and `sd`; none for a method that knows no groups.
        floor: the reward of taking nothing, if there is one.
    """
    by_group = grouped(rows[:_MOST], "group")
    believed = {row["group"]: row for row in groups if row["group"] in by_group}
    drawn = [*rows[:_MOST], *believed.values()]
    low, high = _ends(drawn, floor)

    def place(value: float | int) -> float:
        return round(_LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT), 1)

    heads, marks, y = [], [], _TOP
    for name, own in by_group.items():
        heads.append(_head(name, believed.get(name), y, len(own), place))
        marks += [_mark(row, y + _ROW * (1 + number), place) for number, row in enumerate(own)]
        y += _ROW * (1 + len(own)) + _ROW // 3
    places = {
        "height": y + _BOTTOM,
        "groups": heads,
        "rows": marks,
        "ticks": [{"x": place(tick), "label": f"{tick:.6g}"} for tick in ticks(low, high)],
        "floor": None if floor is None else place(floor),
        "left_out": first_of(min(len(rows), _MOST), len(rows), "datasets").strip(),
    }
    said = "; ".join(
        f"{row['dataset']}: {row['mean']:.4g}, from {_end(row, -1):.4g} to {_end(row, 1):.4g}"
        for row in rows[:_MOST]
    )
    return Drawing("intervals", "Mean and 90 % interval of each dataset", said, places)


def ticks(low: float | int, high: float | int) -> list[float]:
    """A few round numbers between two."""
    span = high - low or 1.0
    step = 10 ** math.floor(math.log10(span))
    step *= next(part for part in (0.2, 0.5, 1.0, 2.0) if span / (step * part) <= 6)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def _ends(rows: Sequence[Row], floor: float | None) -> tuple[float, float]:
    ends = [_end(row, side) for row in rows for side in (-1, 1)]
    ends += [] if floor is None else [floor]
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _end(row: Row, side: int) -> float:
    return row["mean"] + side * _NORMAL * row["sd"]


def _head(name: str, group: Row | None, y: int, members: int, place: Any) -> Row:
    """A group's name and, behind its datasets, its own interval."""
    head = {"label": shortened(name, _LONGEST), "y": y, "band": None}
    if group is not None:
        left, right = place(_end(group, -1)), place(_end(group, 1))
        head["band"] = {"x": left, "width": round(right - left, 1), "mean": place(group["mean"])}
        head["band"] |= {"y": y - _ROW // 2, "height": _ROW * (1 + members)}
    return head


def _mark(row: Row, y: int, place: Any) -> Row:
    ends = {"x_low": place(_end(row, -1)), "x_high": place(_end(row, 1))}
    return ends | {
        "label": shortened(row["dataset"], _LONGEST),
        "selected": row["selected"],
        "looks": row["looks"],
        "x": place(row["mean"]),
        "y": y,
    }
