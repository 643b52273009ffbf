"""Priors learned from a reward table: those in the folder of a fit, one for each target."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from dashjax.errors import InputError
from dashjax.priors.grid import PARAMETERS
from dashjax.priors.settings import PriorSettings
from dashjax.store import results
from dashjax.store.results import Row
from dashjax.store.reward_table import RewardTable

ESTIMATORS = ("grid", "numpyro")


def prior_of(rows: Iterable[Row], left_out: str | None, estimator: str = "grid") -> PriorSettings:
    """The posterior means of a fit, as a prior.

    Args:
        rows: of a fit.
        left_out: the target whose rows the fit did not see; None for the fit to all.
        estimator: `grid` or `numpyro`.
    """
    means = {
        row["parameter"]: row["mean"]
        for row in rows
        if (row["left_out"], row["estimator"]) == (left_out, estimator)
    }
    return PriorSettings(*(means[name] for name in PARAMETERS))


def read(
    folder: Path, table: RewardTable, targets: Iterable[str], grouping: str
) -> dict[str, PriorSettings]:
    """A prior for each target, fitted by the grid to the rows of the other targets alone.

    Args:
        folder: what `dashjax fit --out` made.
        table: what it must have been fitted to: rewards added since then are refused, test
            accuracies are not.
        targets: all that the table has if there are none.
        grouping: how the datasets must have been grouped.

    Raises:
        InputError: if the folder holds no fit, one of another table or grouping, or one that left
            out no such target.
    """
    fit = results.read(folder)
    config = fit.config
    if config.get("command") != "fit":
        raise InputError(f"{folder} holds no fit; make one with 'dashjax fit {table.path} --out'")
    if config.get("rewards") != fingerprint(table, config.get("targets") or []):
        raise InputError(
            f"{folder} is a fit of other rewards than table {table.path} holds; fit that table"
        )
    if (fitted := config.get("grouping")) != grouping:
        raise InputError(
            f"{folder} is a fit with grouping '{fitted}', not '{grouping}'; fit again with "
            f"--grouping {grouping}"
        )
    left_out = {row["left_out"] for row in fit.rows} - {None}
    wanted = list(targets) or table.built()
    table.check_targets(wanted)
    for target in wanted:
        if target not in left_out:
            raise InputError(
                f"{folder} has no fit without target '{target}', so none that may be used for it; "
                f"fit again with that target and another one"
            )
    return {target: prior_of(fit.rows, target) for target in wanted}


def fingerprint(table: RewardTable, targets: Iterable[str]) -> str:
    """A hash of the rewards of some targets; '' if the table lacks one of them."""
    named, built = list(targets), table.built()
    if not set(named) <= set(built):
        return ""
    digest = hashlib.sha256(table.identity.digest.encode())
    for target in named:
        rewards = table.higher(target)
        digest.update(repr((target, rewards.shape)).encode() + rewards.tobytes())
    return digest.hexdigest()
