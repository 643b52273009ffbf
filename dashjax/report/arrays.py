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


def number(value: float | int | None) -> float:
    """The value, or not-a-number for None."""
    return float("nan") if value is None else float(value)


def column(rows: Sequence[Row], key: str) -> np.ndarray:
    """The numbers under a key, `[row]`; not-a-number where there is none."""
    return np.array([number(row.get(key)) for row in rows], float)


def grid(rows: Sequence[Row], down: str, across: str, key: str) -> np.ndarray:
    """The numbers under a key, by the distinct values of two others, `[down, across]`."""
    downs, acrosses = distinct(rows, down), distinct(rows, across)
    values = np.full((len(downs), len(acrosses)), np.nan)
    for row in rows:
        values[downs.index(row[down]), acrosses.index(row[across])] = number(row.get(key))
    return values


def best(values: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` largest numbers; fewer where there are fewer numbers."""
    order = np.argsort(np.where(np.isnan(values), -np.inf, values))[::-1][: max(count, 0)]
    return order[~np.isnan(values[order])]


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
