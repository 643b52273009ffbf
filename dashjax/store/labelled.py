"""A reward table as an xarray dataset: every number under its names."""

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from dashjax.errors import InputError
from dashjax.store.reward_table import RewardTable

if TYPE_CHECKING:
    import xarray

_DIMENSIONS = ("target", "dataset", "replicate")


def to_xarray(table: RewardTable) -> "xarray.Dataset":
    """All that a table holds about its cells, labelled, for the package xarray.

    Returns:
        `reward`, float64 `[target, dataset, replicate]`, as measured, NaN where there is none;
        `failure`, text of that shape, why a measurement failed, empty where none did, only if any
        did; `floor`, float64 `[target]`, NaN where it is not stated, only if it is for any. Targets
        and datasets are labelled by their names, replicates from 0; further coordinates of a
        dataset are its `group`, `sizes` (examples) and `costs` (of one look). Attributes:
        `reward`, `unit`, `direction` and `content`, as the table states them.

    Raises:
        InputError: if xarray is not installed.

    Example:
        >>> import dashjax as dj
        >>> labelled = dj.to_xarray(dj.load_table("tables/mine"))
        >>> round(labelled.reward.mean("replicate").sel(target="hand", dataset="south-a").item(), 3)
        0.21
    """
    try:
        xarray: Any = importlib.import_module("xarray")
    except ModuleNotFoundError as error:
        raise InputError("a labelled table needs the package xarray: pip install xarray") from error
    about = table.identity
    pool = about.pool
    variables: dict[str, Any] = {"reward": (_DIMENSIONS, table.rewards)}
    if table.failures:
        variables["failure"] = (_DIMENSIONS, _failures(table))
    if any(value is not None for value in about.floor):
        variables["floor"] = ("target", np.array(about.floor, float))  # None becomes NaN
    return xarray.Dataset(
        variables,
        {
            "target": list(about.targets),
            "dataset": list(pool.datasets),
            "replicate": np.arange(table.rewards.shape[2]),
            "group": ("dataset", [pool.groups[group] for group in pool.group]),
            "sizes": ("dataset", np.array(pool.sizes, np.int64)),
            "costs": ("dataset", np.array(pool.costs, float)),
        },
        {
            "reward": about.reward,
            "unit": about.unit,
            "direction": about.direction,
            "content": table.content,
        },
    )


def _failures(table: RewardTable) -> np.ndarray:
    """Why each measurement failed, `[target, dataset, replicate]`."""
    targets, datasets = (
        {name: place for place, name in enumerate(names)}
        for names in (table.identity.targets, table.identity.pool.datasets)
    )
    found = np.full(table.rewards.shape, "", object)
    for cell, reason in table.failures.items():
        found[targets[cell.target], datasets[cell.dataset], cell.replicate] = reason
    return found
