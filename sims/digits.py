"""The study: which datasets help each target, how soon each method knows, and what it is worth.

    python -m sims.digits                     # on the embedded pool
    python -m sims.digits --pool FOLDER       # on one .npz file a domain

For every target it measures the truth by training from scratch on local and candidate examples
(reward `retrain`), replays the methods over a table of reward `gain` with perfect and mixed groups,
and trains models on local data alone, on datasets chosen by chance, on what `flat` and `dash`
select, and on all of the target's own group. It goes on where it was stopped. Results go to
`sims/results/digits/<hash of the settings>/`.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import tyro
from rich.table import Table

from dashjax.cli.output import Terminal
from dashjax.engine.progress import Advance
from dashjax.pools import read
from dashjax.pools.examples import Examples
from dashjax.pools.readers.options import FolderOptions
from dashjax.report.figures.plots import draw_into
from dashjax.rewards.build import BuildRequest, fill
from dashjax.rewards.selections import train, train_jobs
from dashjax.rewards.settings import TrainingSettings
from dashjax.simulate import accuracies
from dashjax.simulate.plan import Plan, Settings
from dashjax.simulate.replay import replay
from dashjax.store import results
from dashjax.store.identity import Job
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable, load_table
from dashjax.store.table_writer import writing

METHODS = ("dash", "dash-exact", "joint-ts", "flat", "round-robin", "random")


@dataclass(frozen=True)
class Study:
    """Measure the truth, replay the methods and train what they select, for every target."""

    pool: str = "embedded"
    """`embedded`, or a folder with one .npz file a domain."""
    replicates: int = 16
    """Measurements of every dataset for every target, reward `gain`."""
    truth_replicates: int = 10
    """Measurements by training from scratch, reward `retrain`."""
    truth_steps: int = 600
    """Optimiser steps of each of those trainings."""
    seeds: int = 2000
    """Runs of each method."""
    steps: int = 200
    """Exploration steps of each run."""
    select: int = 3
    """Datasets to select."""
    chances: int = 10
    """Selections by chance that are trained for each target."""
    selections: int = 80
    """Selections of the methods that are trained, at most, for each grouping."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    out: Path = Path("sims/results/digits")
    """Where results go, in a folder named after the settings."""
    cut: FolderOptions = field(default_factory=FolderOptions)
    """How the domains of a folder are cut."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """How models are trained and rewards measured."""


def main() -> None:
    """Runs the study and prints its tables."""
    study = tyro.cli(Study, description=__doc__)
    terminal = Terminal(as_json=False)
    examples = read.read_pool(study.pool, study.cut)
    folder = study.out / _name(study, examples)
    with terminal.progress() as advance:
        truth = _table(study, examples, folder / "truth", _truth(study, examples), advance)
        gain = BuildRequest("gain", study.training, study.replicates)
        rewards = _table(study, examples, folder / "gain", gain, advance)
        _train_chances(study, examples, rewards, advance)
        found = {
            grouping: _replay(study, examples, rewards.path, folder, grouping, advance)
            for grouping in ("perfect", "mixed")
        }
    terminal.show(
        truth_table(truth, load_table(rewards.path)),
        *(steps_table(experiment) for experiment in found.values()),
        accuracy_table(study, found["perfect"], load_table(rewards.path)),
        f"results are in {folder}",
    )


def truth_table(truth: RewardTable, rewards: RewardTable) -> Table:
    """Are the datasets of the target's own group the best, by training from scratch?"""
    shown = Table(title=f"Truth by training from scratch ({_replicates(truth)} replicates)")
    for column in ("target", "best datasets by retrain", "own worst - other best", "own are best"):
        shown.add_column(column)
    shown.add_column("rank correlation\nof gain with retrain", justify="right")
    for target in truth.built():
        array = truth.array(target).astype(float)
        own = _own(truth, target)
        means = array.mean(axis=1)
        worst = min(np.flatnonzero(own), key=lambda arm: means[arm])
        other = max(np.flatnonzero(~own), key=lambda arm: means[arm])
        gap = array[worst] - array[other]
        error = gap.std(ddof=1) / len(gap) ** 0.5
        order = np.argsort(-means, kind="stable")[: own.sum()]
        shown.add_row(
            target,
            ", ".join(truth.identity.pool.datasets[arm] for arm in order),
            f"{gap.mean():+.3f} (standard error {error:.3f})",
            "yes" if own[order].all() else "no",
            f"{_rank_correlation(means, rewards.array(target).mean(axis=1)):.2f}",
        )
    return shown


def steps_table(experiment: Experiment) -> Table:
    """Mean steps until the selection is right for good, by method and target."""
    grouping = experiment.config["grouping"]
    shown = Table(title=f"Exploration steps until right for good, {grouping} groups (mean)")
    for column in ("method", *experiment.config["targets"], "all targets", "never"):
        shown.add_column(column, justify="left" if column == "method" else "right")
    for method in METHODS:
        rows = [row for row in experiment.rows if row["method"] == method]
        steps = [row["steps_mean"] for row in rows]
        shown.add_row(
            method,
            *(f"{row['steps_mean']:.1f} ± {_half(row):.1f}" for row in rows),
            f"{np.mean(steps):.1f}",
            f"{np.mean([row['never'] for row in rows]):.1%}",
        )
    shown.caption = (
        "± half a 95 % interval over runs; a run that is never right counts as all steps"
    )
    return shown


def accuracy_table(study: Study, experiment: Experiment, table: RewardTable) -> Table:
    """Test accuracy of Local, Random, flat, dash and Global models, by target."""
    shown = Table(title="Test accuracy in % (share of runs whose selection was trained)")
    for column in ("target", "Local", "Random", "flat", "dash", "Global"):
        shown.add_column(column, justify="right" if column != "target" else "left")
    totals = []
    for target in experiment.config["targets"]:
        by_method = {row["method"]: row for row in experiment.rows if row["target"] == target}
        by_chance = [table.accuracy(target, chosen) for chosen in _chances(study, table, target)]
        values = [
            _end(experiment, target, "local"),
            float(np.mean([value for value in by_chance if value is not None])),
            by_method["flat"]["accuracy"],
            by_method["dash"]["accuracy"],
            _end(experiment, target, "global"),
        ]
        totals.append(values)
        shares = ["", "", *(f" ({by_method[m]['accuracy_share']:.0%})" for m in ("flat", "dash"))]
        texts = [f"{100 * value:.1f}" for value in values]
        shown.add_row(target, *(t + s for t, s in zip(texts, [*shares, ""], strict=True)))
    shown.add_row("mean", *(f"{100 * value:.1f}" for value in np.mean(totals, axis=0)))
    return shown


def _table(
    study: Study, examples: Examples, path: Path, order: BuildRequest, advance: Advance
) -> RewardTable:
    return fill(path, examples, order, origin=read.origin(study.pool, study.cut), advance=advance)


def _truth(study: Study, examples: Examples) -> BuildRequest:
    """Training from scratch on whole datasets, judged by all validation examples."""
    training = replace(
        study.training,
        retrain_steps=study.truth_steps,
        candidate_sample=max(examples.pool.sizes),
        validation_batch=min(len(target.validation) for target in examples.targets),
    )
    return BuildRequest("retrain", training, study.truth_replicates)


def _replay(
    study: Study, examples: Examples, path: Path, folder: Path, grouping: str, advance: Advance
) -> Experiment:
    began = time.perf_counter()
    plan = Plan(study.steps, study.select)
    settings = Settings(METHODS, plan, study.seeds, study.seed, grouping)
    table = load_table(path)
    experiment = replay(table, (), settings, advance=advance)
    jobs = accuracies.missing_jobs(experiment, table, study.selections)
    accuracies.attach(experiment, train(table, jobs, examples, advance))
    seconds = time.perf_counter() - began
    results.write(experiment, folder / grouping, seconds, overwrite=True, draw=draw_into)
    return experiment


def _train_chances(study: Study, examples: Examples, table: RewardTable, advance: Advance) -> None:
    """Trains models on the selections by chance that the table lacks."""
    jobs = [
        Job(target, chosen, 0)
        for target in table.built()
        for chosen in _chances(study, table, target)
    ]
    with writing(table.path, table.identity, table.origin) as writer:
        missing = [job for job in dict.fromkeys(jobs) if job not in writer.table().accuracies]
        what = "training selections by chance"
        train_jobs(what, missing, examples, study.training, writer, advance)


def _chances(study: Study, table: RewardTable, target: str) -> list[frozenset[str]]:
    """Selections by chance, the same whenever they are asked for."""
    number = table.identity.targets.index(target)
    draw = np.random.default_rng([study.seed, number])
    names = table.identity.pool.datasets
    return [
        frozenset(str(name) for name in draw.choice(names, study.select, replace=False))
        for _ in range(study.chances)
    ]


def _own(table: RewardTable, target: str) -> np.ndarray:
    pool = table.identity.pool
    return np.array([pool.groups[group] == target for group in pool.group])


def _end(experiment: Experiment, target: str, kind: str) -> float:
    rows: list[Row] = experiment.frames["accuracies"]
    return next(r["accuracy"] for r in rows if (r["target"], r["kind"]) == (target, kind))


def _rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Spearman's: the correlation of the ranks."""
    ranks = [np.argsort(np.argsort(values)) for values in (left, right)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _replicates(table: RewardTable) -> int:
    return min(table.replicates(target) for target in table.built())


def _half(row: Row) -> float:
    return (row["steps_mean_high"] - row["steps_mean_low"]) / 2


def _name(study: Study, examples: Examples) -> str:
    settings = asdict(study) | {"pool": examples.fingerprint, "out": ""}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


if __name__ == "__main__":
    main()
