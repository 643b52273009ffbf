"""A fit: hyper-parameters learned from a reward table, to all of its targets and without each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dashjax.engine.progress import Advance, silent
from dashjax.engine.sizes import check_memory
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors import grid, nuts
from dashjax.priors.grid import PARAMETERS, Marginal, Rows, Summary
from dashjax.priors.hyperprior import ARM_SCALE, GROUP_SCALE, MEAN_SD
from dashjax.priors.nuts import Draws
from dashjax.priors.saved import fingerprint
from dashjax.priors.settings import FitPlan
from dashjax.priors.unit import Unit, counted, draws_in_rewards, laws_in_rewards, unit_of
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable

_BARS = 40  # of a histogram
_COPIES, _NUMBER = 2, 4  # of every covariance, with its gradient; bytes of a number
_SHOWN = 0.9995  # mass of a law that is kept for its picture


class _Sets(NamedTuple):
    """The sets of rows that are fitted, by the target that each leaves out."""

    rows: dict[str | None, Rows]
    grouping: Grouping

    @property
    def units(self) -> dict[str | None, Unit]:
        """How each set counts its rewards: by itself, knowing nothing of who is left out."""
        return {left_out: unit_of(rows) for left_out, rows in self.rows.items()}


def fit(
    table: RewardTable,
    targets: tuple[str, ...],
    plan: FitPlan,
    *,
    grouping: str = "perfect",
    advance: Advance = silent,
) -> Experiment:
    """The hierarchy's hyper-parameters, by the grid and by NumPyro.

    Every parameter has a row for each estimator and each set of targets: all of them, then (with
    two targets or more) all but one, `left_out`, for which that fit may serve as a prior.

    Args:
        table: the rewards.
        targets: whose rows; all that are built if empty.
        plan: how NumPyro samples, and the seed.
        grouping: how the datasets are grouped.
        advance: is told (what, fits done, fits in all).

    Raises:
        InputError: if a name is unknown, or the table is empty or tells nothing of the noise.
    """
    targets = tuple(dict.fromkeys(targets or table.built()))
    table.check_targets(targets)
    if not targets:
        raise InputError(f"table {table.path} is empty; run 'dashjax table build' first")
    whole = grid.rows_of([table.higher(target) for target in targets])
    sets: dict[str | None, Rows] = {None: whole}
    if len(targets) > 1:
        sets |= {target: grid.without(whole, place) for place, target in enumerate(targets)}
    asked = _Sets(sets, table.identity.pool.regroup(grouping, plan.seed))
    _check_memory(len(targets), asked.grouping)
    unit = asked.units[None]
    experiment = Experiment(_config(table, targets, plan, grouping) | {"prior": _prior(unit)})
    for left_out, laws, draws in _fits(asked, plan, advance):
        experiment.rows += _rows(left_out, laws, draws)
        if left_out is None:
            experiment.add("densities", _densities(laws, draws, unit))
    return experiment


def _check_memory(targets: int, grouping: Grouping) -> None:
    """Refuses a fit whose covariances this machine's memory cannot hold.

    Raises:
        InputError: with an estimate that is rather too low.
    """
    groups, slots = grouping.arm.shape
    needed = _COPIES * nuts.CHAINS * targets * groups * slots**2 * _NUMBER
    check_memory(
        needed,
        f"a fit to {targets:,} targets with up to {slots:,} datasets in a group",
        "name fewer targets, or take a grouping with smaller groups",
    )


def _fits(
    asked: _Sets, plan: FitPlan, advance: Advance
) -> Iterator[tuple[str | None, dict[str, Marginal], Draws]]:
    """Yields the target left out, the grid's laws and NumPyro's draws, in units of reward."""
    total, units = len(asked.rows), asked.units
    sets = {left_out: counted(rows, units[left_out]) for left_out, rows in asked.rows.items()}
    advance("fitting", 0, total)
    several = nuts.sample(
        sets.values(),
        asked.grouping,
        centre=0.0,
        samples=plan.samples,
        warmup=plan.warmup,
        seed=plan.seed,
    )
    for done, (left_out, draws) in enumerate(zip(sets, several, strict=True), 1):
        laws, unit = grid.by_grid(sets[left_out], asked.grouping, centre=0.0), units[left_out]
        yield left_out, laws_in_rewards(laws, unit), draws_in_rewards(draws, unit)
        advance(f"without {left_out}" if left_out else "all targets", done, total)


def _config(
    table: RewardTable, targets: tuple[str, ...], plan: FitPlan, grouping: str
) -> dict[str, object]:
    return {
        "command": "fit",
        "targets": list(targets),
        "grouping": grouping,
        "table": table.content,
        "rewards": fingerprint(table, targets),
        "reward": table.identity.reward,
        "replicates": [int(table.counts(target).max()) for target in targets],
        "points": grid.POINTS,
        "samples": plan.samples,
        "warmup": plan.warmup,
        "chains": nuts.CHAINS,
        "seed": plan.seed,
    }


def _prior(unit: Unit) -> dict[str, list[float] | float]:
    """The scales of the hyper-parameters' laws in units of reward, in the fit to all targets."""
    scales = {"group_sd": GROUP_SCALE, "arm_sd": ARM_SCALE, "noise_sd": grid.NOISE_SCALE}
    spreads = {name: unit.size * scale for name, scale in scales.items()}
    return {"group_mean": [unit.centre, unit.size * MEAN_SD]} | spreads


def _rows(left_out: str | None, laws: dict[str, Marginal], draws: Draws) -> list[Row]:
    """A row for each estimator and parameter."""
    nothing = {"effective_draws": None, "r_hat": None, "divergences": None}
    rows = [_row(left_out, "grid", name, grid.summary(laws[name])) | nothing for name in PARAMETERS]
    return rows + [
        _row(left_out, "numpyro", name, nuts.summary(draws.value[name]))
        | {
            "effective_draws": draws.effective[name],
            "r_hat": draws.r_hat[name],
            "divergences": draws.divergences,
        }
        for name in PARAMETERS
    ]


def _row(left_out: str | None, estimator: str, parameter: str, found: Summary) -> Row:
    about: Row = {"left_out": left_out, "estimator": estimator, "parameter": parameter}
    return about | found._asdict()


def _densities(laws: dict[str, Marginal], draws: Draws, unit: Unit) -> list[Row]:
    """Densities for a picture, cell by cell: of the grid, of NumPyro's draws and of the prior."""
    rows: list[Row] = []
    for name, law in laws.items():
        drawn = draws.value[name].ravel()
        low, high = _reach(law, drawn)
        cells = grid.edges(law.value)
        inside = np.flatnonzero((cells[:-1] < high) & (cells[1:] > low) & (np.diff(cells) > 0))
        density = law.mass[inside] / np.diff(cells)[inside]
        rows += _cells(name, "grid", cells[inside], cells[inside + 1], density)
        bars = np.linspace(low, high, _BARS + 1)
        counts = np.histogram(drawn, bars)[0] / (len(drawn) * np.diff(bars))
        rows += _cells(name, "numpyro", bars[:-1], bars[1:], counts)
        rows += _prior_cells(name, low, high, unit)
    return rows


def _reach(law: Marginal, drawn: np.ndarray) -> tuple[float, float]:
    """From where to where a parameter is worth showing."""
    below = np.cumsum(law.mass)
    tail = (1 - _SHOWN) / 2
    ends = law.value[np.searchsorted(below, (tail, 1 - tail)).clip(max=len(below) - 1)]
    more = np.quantile(drawn, (tail, 1 - tail))
    return float(min(ends[0], more[0])), float(max(ends[1], more[1]))


def _prior_cells(name: str, low: float, high: float, unit: Unit) -> list[Row]:
    """The prior's density where a parameter is shown, and half as far again on both sides."""
    scales = {"group_sd": GROUP_SCALE, "arm_sd": ARM_SCALE, "noise_sd": grid.NOISE_SCALE}
    law = (unit.centre, MEAN_SD, 1) if name == "group_mean" else (0.0, scales[name], 2)
    middle, scale, folds = law[0], unit.size * law[1], law[2]
    more = (high - low) / 2
    least = low - more if name == "group_mean" else max(low - more, 0)
    bars = np.linspace(least, high + more, _BARS + 1)
    value = ((bars[1:] + bars[:-1]) / 2 - middle) / scale
    density = folds * np.exp(-(value**2) / 2) / (scale * (2 * np.pi) ** 0.5)
    return _cells(name, "prior", bars[:-1], bars[1:], density)


def _cells(
    parameter: str, kind: str, low: np.ndarray, high: np.ndarray, density: np.ndarray
) -> list[Row]:
    return [
        {"parameter": parameter, "kind": kind, "low": float(a), "high": float(b), "density": d}
        for a, b, d in zip(low, high, density.tolist(), strict=True)
    ]
