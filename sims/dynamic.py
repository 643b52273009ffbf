"""Dynamic selection: which accuracy is had for how many gradients of samples?

    python -m sims.dynamic --quick            # on the embedded pool
    python -m sims.dynamic --pool FOLDER      # on one .npz file a domain

For each target a network is trained from scratch on its local examples and those of its own group,
and judged by its test examples: on everything, on everything for fewer epochs, on a subset that
stays, and under each dynamic method, at several shares. Gradients are counted as they were taken,
relative to training on everything; the methods score by losses that training computes anyway, and
by an autoencoder on the features of the local model, which is trained once and not counted here.
The rate of Adam is constant. `representative` is our interpretation (docs/baselines.md). Accuracies
have one standard error over seeds. Rows go to `sims/results/dynamic.json`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro
from rich.table import Table

import dashjax as dj
from dashjax.baselines.dynamic.training import Course, trained
from dashjax.cli.output import Terminal
from dashjax.pools import read
from dashjax.pools.examples import Examples
from dashjax.pools.readers.options import FolderOptions
from dashjax.rewards import trainer
from dashjax.rewards.local_features import local_features
from dashjax.rewards.networks import network
from dashjax.rewards.settings import TrainingSettings
from dashjax.store.machine import keep
from dashjax.store.results import Row

QUICK = {"shares": (0.3, 0.5), "epochs": 10, "seeds": 3}
FULL = {"shares": (0.1, 0.3, 0.5, 0.7), "epochs": 30, "seeds": 5}


@dataclass(frozen=True)
class Study:
    """Train under each method at each share."""

    pool: str = "embedded"
    """`embedded`, or a folder with one .npz file a domain."""
    targets: tuple[str, ...] = ()
    """Targets to train for; all, or with --quick the first two, if none is named."""
    quick: bool = False
    """Two shares, 10 epochs, 3 seeds."""
    batch: int = 32
    """Examples in a batch."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("sims/results")
    """Where the results go."""
    cut: FolderOptions = field(default_factory=FolderOptions)
    """How the domains of a folder are cut."""


class Case(NamedTuple):
    """What is trained under."""

    method: str
    share: float
    chooser: dj.baselines.Chooser
    epochs: int


class Problem(NamedTuple):
    """A target: what is trained on, how it is judged, and by what network."""

    data: trainer.Data
    judges: trainer.Data
    axes: dj.baselines.Axes
    examples: Examples


def main() -> None:
    """Trains, prints a line for each method and share, and writes them."""
    study = tyro.cli(Study, description=__doc__)
    terminal, sizes = Terminal(study.json), QUICK if study.quick else FULL
    examples = read.read_pool(study.pool, study.cut)
    names = study.targets or [target.name for target in examples.targets]
    rows: list[Row] = []
    for name in names[:2] if study.quick and not study.targets else names:
        problem = problem_of(examples, name)
        for case in cases(problem, sizes["shares"], sizes["epochs"]):
            rows.append({"target": name} | result(problem, case, study.batch, sizes["seeds"]))
            terminal.note(f"{name}: {case.method} at {case.share}")
    document = keep(
        {"settings": sizes, "pool": study.pool, "rows": rows}, study.out / "dynamic.json"
    )
    terminal.show(table(rows))
    terminal.document(document)


def problem_of(examples: Examples, name: str) -> Problem:
    """The target's local examples and those of the group that has its name."""
    pool, target = examples.pool, examples.target(name)
    own = [arm for arm, group in enumerate(pool.group) if pool.groups[group] == name]
    rows = np.concatenate([target.local, *(examples.candidates[arm] for arm in own)])
    features = local_features(examples, TrainingSettings(), name)[rows]
    axes = dj.baselines.axes_of(dj.baselines.factors(features))
    data, judges = (
        trainer.Data(jnp.asarray(examples.inputs[some]), jnp.asarray(examples.labels[some]))
        for some in (rows, target.test)
    )
    return Problem(data, judges, axes, examples)


def cases(problem: Problem, shares: tuple[float, ...], epochs: int) -> Iterator[Case]:
    """Every method at every share; for InfoBatch and SeTa it is what their settings aim at."""
    samples, methods = len(problem.data.labels), dj.baselines
    yield Case("everything", 1.0, methods.rs2(samples, 1.0), epochs)
    for share in shares:
        short = max(1, round(share * epochs))
        yield Case("everything, fewer epochs", share, methods.rs2(samples, 1.0), short)
        yield Case("random, stays", share, staying(samples, share), epochs)
        yield Case("rs2", share, methods.rs2(samples, share), epochs)
        again = methods.rs2(samples, share, replacement=True)
        yield Case("rs2, replacement", share, again, epochs)
        pruned = methods.infobatch(samples, epochs, pruned=1 - share)
        yield Case("infobatch", share, pruned, epochs)
        window = methods.Window(groups=10, width=share)
        yield Case("seta", share, methods.seta(samples, epochs, window), epochs)
        ours = methods.representative(problem.axes, epochs, share)
        yield Case("representative (ours)", share, ours, epochs)


def staying(samples: int, share: float) -> dj.baselines.Chooser:
    """The same random subset in every epoch."""
    fresh = dj.baselines.rs2(samples, share, replacement=True)
    return fresh._replace(choose=lambda state, epoch: fresh.choose(state, 0))


def result(problem: Problem, case: Case, batch: int, seeds: int) -> Row:
    """Accuracy and gradients, over trainings that differ in everything that is drawn."""
    found, gradients = jax.jit(run_of(problem, case, batch))(
        jax.random.split(jax.random.key(0), seeds), problem.data, problem.judges
    )
    accuracies = np.asarray(found, np.float64)
    share = float(np.mean(gradients)) / (len(problem.data.labels) * case.epochs)
    error = accuracies.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else None
    said = {"method": case.method, "share": case.share, "epochs": case.epochs}
    said |= {"gradients": float(np.mean(gradients)), "gradients_an_epoch": share}
    return said | {"accuracy": float(accuracies.mean()), "accuracy_error": error}


def run_of(problem: Problem, case: Case, batch: int) -> Callable[..., tuple[jax.Array, jax.Array]]:
    """One training after another, a key each."""
    settings, inputs = TrainingSettings(), problem.data.inputs
    model = network(
        inputs.shape[1:],
        problem.examples.classes,
        convolution_widths=settings.convolution_widths,
        dense_width=settings.dense_width,
        feature_widths=settings.feature_widths,
    )
    optimiser = optax.adam(settings.learning_rate)
    course = Course(case.chooser, case.epochs, batch)

    def run(
        keys: jax.Array, data: trainer.Data, judges: trainer.Data
    ) -> tuple[jax.Array, jax.Array]:
        def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
            for_weights, for_course = jax.random.split(key)
            start = model.init(for_weights)
            after, gradients = trained(
                start, data, for_course, course=course, network=(model, optimiser)
            )
            rows = jnp.arange(len(judges.labels), dtype=jnp.int32)
            return trainer.accuracy(after, rows, network=model, data=judges), gradients

        return jax.lax.map(one, keys)

    return run


def table(rows: list[Row]) -> Table:
    """A line a target, method and share; gradients are those of everything in so many epochs."""
    whole = {row["target"]: row["gradients"] for row in rows if row["method"] == "everything"}
    shown = Table("target", "method", "share", "gradients", "accuracy", box=None)
    for row in rows:
        error = f" ± {row['accuracy_error']:.3f}" if row["accuracy_error"] is not None else ""
        relative = row["gradients"] / whole[row["target"]]
        label = (row["target"], row["method"], f"{row['share']:.0%}")
        shown.add_row(*label, f"{relative:.0%}", f"{row['accuracy']:.3f}{error}")
    return shown


if __name__ == "__main__":
    main()
