"""The study: does a prior learned on other targets help a new one, and by how much?

    python -m sims.priors --table TABLE

For every target of a reward table it replays the methods under five priors that know nothing of
that target but its reward's unit - generic numbers; moments, the grid fit and the NumPyro fit of
the other targets' rows - and, as a bound, under the grid fit of the target's own row. It prints the
priors, the steps until the selection is right for good, and the simple regret after 15, 30 and 60
steps. Results go to `sims/results/priors/<hash of settings and table>/`.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tyro
from rich.table import Table

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.methods import method
from dashjax.cli.output import Terminal
from dashjax.engine.progress import Advance
from dashjax.errors import InputError
from dashjax.priors import fit, grid
from dashjax.priors import moments as priors
from dashjax.priors.grid import PARAMETERS
from dashjax.priors.saved import prior_of
from dashjax.priors.settings import FitPlan, PriorSettings
from dashjax.simulate import metrics
from dashjax.simulate.metrics import CHECKPOINTS, NORMAL_95, Results
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem, sweep
from dashjax.store import results
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable, load_table

# `best` by its two parts: without its stop rule, which would only cost time here
METHODS = ("dash", "dash-exact", "knowledge-gradient/exact", "knowledge-gradient/learned")
GENERIC = (0.2, 0.1)  # spreads of groups and of datasets: the scales of the hyperprior


@dataclass(frozen=True)
class Study:
    """Replay every target under priors from elsewhere, and under its own."""

    table: Path
    """Folder of the reward table."""
    methods: tuple[str, ...] = METHODS
    """What is replayed; the last learns its spreads itself."""
    seeds: int = 2000
    """Runs of each method."""
    steps: int = 200
    """Exploration steps of each run."""
    select: int = 3
    """Datasets to select."""
    samples: int = 1000
    """Draws kept of each of NumPyro's chains."""
    warmup: int = 500
    """Steps of each chain before them."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    out: Path = Path("sims/results/priors")
    """Where results go, in a folder named after settings and table."""


class Found(NamedTuple):
    """One method on one target under one prior."""

    target: str
    prior: str
    method: str
    results: Results


def main() -> None:
    """Runs the study and prints its tables."""
    study = tyro.cli(Study, description=__doc__)
    terminal, began = Terminal(as_json=False), time.perf_counter()
    table = load_table(study.table)
    with terminal.progress() as advance:
        known = priors_of(table, study, advance)
        found = replayed(table, known, study, advance)
    folder = study.out / _name(study, table)
    seconds = time.perf_counter() - began
    results.write(_experiment(study, table, known, found), folder, seconds, overwrite=True)
    terminal.show(priors_table(known), *(steps_table(found, name) for name in study.methods))
    terminal.show(regret_table(found, study.methods), f"results are in {folder}")


def priors_of(
    table: RewardTable, study: Study, advance: Advance
) -> dict[str, dict[str, PriorSettings]]:
    """Every prior of every target, by the prior's name, then the target's.

    Raises:
        InputError: if the table has fewer than two targets.
    """
    targets = table.built()
    if len(targets) < 2:
        raise InputError(f"table {table.path} has fewer than 2 targets; build more of them")
    plan = FitPlan(study.samples, study.warmup, study.seed)
    fitted = fit.fit(table, (), plan, advance=advance).rows
    return {
        "generic": {target: _generic(table, target) for target in targets},
        "moments": {target: _by_moments(table, target) for target in targets},
        "grid": {target: prior_of(fitted, target, "grid") for target in targets},
        "numpyro": {target: prior_of(fitted, target, "numpyro") for target in targets},
        "own": {target: _own(table, target) for target in targets},
    }


def replayed(
    table: RewardTable,
    known: dict[str, dict[str, PriorSettings]],
    study: Study,
    advance: Advance,
) -> list[Found]:
    """Every method on every target under every prior; the n-th runs see the same rewards."""
    grouping = table.identity.pool.grouping
    asked = [(t, p, m) for m in study.methods for p in known for t in known[p]]
    found = []
    for done, (target, name, way) in enumerate(asked, 1):
        prior = priors.given(known[name][target], grouping.groups)
        problem = Problem(_source, table.array(target), prior, grouping)
        plan = Plan(study.steps, study.select)
        ran = sweep(method(way), problem, plan, seeds=study.seeds, seed=study.seed)
        found.append(Found(target, name, way, ran))
        advance(f"{way} on {target}, {name} prior", done, len(asked))
    return found


def priors_table(known: dict[str, dict[str, PriorSettings]]) -> Table:
    """The numbers of every prior."""
    shown = Table(title="Priors: overall mean, spread of groups, of datasets, noise of a reward")
    shown.add_column("prior")
    for target in known["generic"]:
        shown.add_column(target)
    for name, by_target in known.items():
        texts = (
            " ".join(f"{value:.3f}".replace("0.", ".") for value in asdict(prior).values())
            for prior in by_target.values()
        )
        shown.add_row(name, *texts)
    return shown


def steps_table(found: list[Found], name: str) -> Table:
    """Mean steps of one method until right for good, by prior and target."""
    shown = Table(title=f"{name}: mean steps until right for good")
    ours = [one for one in found if one.method == name]
    targets, kinds = (_distinct(ours, field) for field in ("target", "prior"))
    for column in ("prior", *targets, "all targets", "never", "less than generic"):
        shown.add_column(column, justify="left" if column == "prior" else "right")
    steps = {kind: _steps([one for one in ours if one.prior == kind]) for kind in kinds}
    for kind in kinds:
        never = np.mean([_never(one) for one in ours if one.prior == kind])
        gain = "" if kind == kinds[0] else _pm((steps[kinds[0]] - steps[kind]).mean(axis=0))
        whole = _pm(steps[kind].mean(axis=0))
        shown.add_row(kind, *(_pm(row) for row in steps[kind]), whole, f"{never:.1%}", gain)
    shown.caption = "± half a 95 % interval over runs; differences run by run, on equal rewards"
    return shown


def regret_table(found: list[Found], methods: tuple[str, ...]) -> Table:
    """Mean simple regret after some steps, over all targets, in thousandths."""
    shown = Table(title="Mean simple regret x 1000 after 15 / 30 / 60 steps, over all targets")
    shown.add_column("prior")
    for name in methods:
        shown.add_column(name, justify="right")
    for kind in _distinct(found, "prior"):
        cells = []
        for name in methods:
            some = [one.results for one in found if (one.prior, one.method) == (kind, name)]
            means = [np.mean([_regret(one, step) for one in some]) for step in CHECKPOINTS]
            cells.append(" / ".join(f"{1000 * mean:.1f}" for mean in means))
        shown.add_row(kind, *cells)
    return shown


def _distinct(found: list[Found], field: str) -> list[str]:
    return list(dict.fromkeys(getattr(one, field) for one in found))


def _source(rewards: np.ndarray) -> Environment:
    return environments.replay(rewards)


def _others(table: RewardTable, target: str) -> list[np.ndarray]:
    return [table.array(name) for name in table.built() if name != target]


def _generic(table: RewardTable, target: str) -> PriorSettings:
    """Spreads by rule; the noise, which anyone can measure, from the other targets."""
    noise = grid.pooled_noise(grid.rows_of(_others(table, target)))
    return PriorSettings(_centre(table), *GENERIC, noise**0.5)


def _centre(table: RewardTable) -> float:
    """Where the overall mean is looked for: 0 for a gain, .5 for an accuracy."""
    return 0.0 if table.identity.reward == "gain" else 0.5


def _by_moments(table: RewardTable, target: str) -> PriorSettings:
    others = _others(table, target)
    least = min(array.shape[1] for array in others)
    stacked = np.stack([array[:, :least] for array in others])
    return PriorSettings(
        **priors.describe(priors.by_moments(stacked, table.identity.pool.grouping))
    )


def _own(table: RewardTable, target: str) -> PriorSettings:
    """What nobody can know before: the fit of the target's own row."""
    rows = grid.rows_of([table.array(target)])
    laws = grid.by_grid(rows, table.identity.pool.grouping, centre=_centre(table))
    return PriorSettings(*(grid.summary(laws[name]).mean for name in PARAMETERS))


def _steps(some: list[Found]) -> np.ndarray:
    """Steps until right for good, `[target, seed]`; a run that never is counts as all steps."""
    return np.stack([np.minimum(one.results.settled, one.results.steps) for one in some])


def _never(one: Found) -> float:
    return float((one.results.settled > one.results.steps).mean())


def _pm(values: np.ndarray) -> str:
    """Mean and half its 95 % interval."""
    mean, low, _ = metrics.mean_and_interval(values)
    return f"{mean:.1f} ± {mean - low:.1f}"


def _regret(one: Results, step: int) -> float:
    return float(one.simple_regret[min(step, one.steps) - 1])


def _experiment(
    study: Study,
    table: RewardTable,
    known: dict[str, dict[str, PriorSettings]],
    found: list[Found],
) -> Experiment:
    """The study as it is kept: a row a method, target and prior."""
    config = asdict(study) | {"command": "sims.priors", "table": table.content, "out": ""}
    config["priors"] = {
        name: {target: asdict(prior) for target, prior in by_target.items()}
        for name, by_target in known.items()
    }
    experiment = Experiment(config)
    for one in found:
        label: Row = {"target": one.target, "prior": one.prior}
        for step in CHECKPOINTS:
            at = min(step, one.results.steps) - 1
            label[f"regret_{step}"] = _regret(one.results, step)
            label[f"regret_{step}_half"] = NORMAL_95 * float(one.results.simple_regret_error[at])
        experiment.rows.append(label | metrics.row(one.results))
    return experiment


def _name(study: Study, table: RewardTable) -> str:
    settings = asdict(study) | {"table": table.content, "out": ""}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


if __name__ == "__main__":
    main()
