"""Frames as arrays, and what a result folder says of its rewards."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashjax.store.results import Row

_UNITS = {
    "gain": "gain in accuracy",
    "agreement": "accuracy of the local model on the dataset",
    "retrain": "accuracy after training anew",
}


def distinct(rows: Sequence[Row], key: str) -> list[Any]:
    """The values under a key, each once, in the order in which they come."""
    return list(dict.fromkeys(row[key] for row in rows))


def having(rows: Sequence[Row], key: str, value: object) -> list[Row]:
    """The rows with that value under that key."""
    return [row for row in rows if row[key] == value]


def grouped(rows: Sequence[Row], key: str) -> dict[Any, list[Row]]:
    """The rows by their value under a key, in the order in which the values come."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def number(value: float | int | None) -> float:
    """The value, or not-a-number for None."""
    return float("nan") if value is None else float(value)


def column(rows: Sequence[Row], key: str) -> np.ndarray:
    """The numbers under a key, `[row]`; not-a-number where there is none."""
    return np.array([number(row.get(key)) for row in rows], float)


def grid(rows: Sequence[Row], down: str, across: str, key: str) -> np.ndarray:
    """The numbers under a key, by the distinct values of two others, `[down, across]`."""
    downs, acrosses = (
        {value: place for place, value in enumerate(distinct(rows, name))}
        for name in (down, across)
    )
    values = np.full((len(downs), len(acrosses)), np.nan)
    for row in rows:
        values[downs[row[down]], acrosses[row[across]]] = number(row.get(key))
    return values


def best(values: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` largest numbers; fewer where there are fewer numbers."""
    order = np.argsort(np.where(np.isnan(values), -np.inf, values))[::-1][: max(count, 0)]
    return order[~np.isnan(values[order])]


def leading(rows: Sequence[Row], name: str, key: str, most: int) -> list[Any]:
    """Names of those with the largest number under a key in any row, `most` of them at most.

    They come in their order in the rows.
    """
    largest: dict[Any, float] = {}
    for row in rows:
        value = number(row.get(key))
        before = largest.setdefault(row[name], -np.inf)
        largest[row[name]] = max(before, -np.inf if np.isnan(value) else value)
    ranked = sorted(largest, key=lambda one: -largest[one])[:most]
    return [one for one in largest if one in set(ranked)]


def unit(config: dict[str, Any]) -> str:
    """What one reward measures, in words."""
    reward = config.get("reward")
    return _UNITS.get(str(reward), str(reward) if reward else "units of reward")


def right(config: dict[str, Any]) -> str:
    """When a selection is called right, in words."""
    tolerance, select = config.get("tolerance"), config.get("select")
    if tolerance is None or select is None:
        return "within the tolerance of the best"
    return f"mean utility within {tolerance:g} of that of the {select} best datasets"


def runs(rows: Sequence[Row]) -> str:
    """How many runs stand behind a figure, in words."""
    seeds = {row["seeds"] for row in rows if row.get("seeds")}
    return f"{max(seeds):,} runs of each method" if seeds else "several runs of each method"
