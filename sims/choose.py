"""The study: what `choose` finds on pools of real tables, and what that is truly worth.

    DASHJAX_DATA=FOLDER python -m sims.choose --pools landmine promise parkinson

For each target and seed, some rows of the target are its own and all others judge. `choose` sees
its own rows alone. Then the truth is measured by training on its own rows (70 % of them, ten times)
and on the whole of each candidate, of the selection, and of what it is compared with, judged by the
rows that `choose` never saw. The truth of a dataset is the mean over seeds, that of a set each
seed's own. Runs are kept in `sims/results/choose/`; what is stopped goes on.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tyro
from rich.console import Console
from rich.table import Table
from scipy import stats
from threadpoolctl import threadpool_limits

from dashjax.choice.choose import choose
from dashjax.choice.problem import gain_of, learner_of, read_problem
from dashjax.choice.settings import ChooseSettings
from dashjax.errors import InputError
from dashjax.pools.datasets import read_datasets
from dashjax.pools.lazy import LazyDataset, ReadingOptions
from dashjax.rewards.definitions import generator
from dashjax.rewards.gain import Gain
from dashjax.rewards.target_rows import cut
from dashjax.store import machine
from dashjax.store.files import write_whole

TAKE, TRAININGS = 3, 10
RESULTS = Path("sims/results/choose")


@dataclass(frozen=True)
class World:
    """A pool, the tasks in it that are targets, and how many rows are their own."""

    file: str
    reading: ReadingOptions
    targets: tuple[str, ...]
    own: int
    metric: str


WORLDS = {
    "landmine": World(
        "landmine29.npz",
        ReadingOptions(label="y", dataset_column="field", group_column="group"),
        ("1", "20"),
        200,
        "auroc",
    ),
    "promise": World(
        "promise_ck_defects.csv",
        ReadingOptions("defective", "release", "project", ignore=("bugs",)),
        ("camel-1.6", "xerces-1.3"),
        100,
        "auroc",
    ),
    "parkinson": World(
        "parkinsons_updrs.csv",
        ReadingOptions("motor_UPDRS", "subject#", "sex", ignore=("total_UPDRS",)),
        ("5", "22"),
        40,
        "rmse",
    ),
}


@dataclass(frozen=True)
class Study:
    """Choose on each pool, over several seeds, and measure what that was worth."""

    pools: tuple[str, ...] = ("landmine", "promise", "parkinson")
    """Which pools: landmine, promise, parkinson."""
    targets: int = 2
    """How many targets of each."""
    seeds: int = 20
    """Cuts of each target into its own rows and those that judge."""


def main() -> None:
    """Runs what is not there yet, and prints a table."""
    study = tyro.cli(Study)
    folder = os.environ.get("DASHJAX_DATA")
    if not folder:
        raise SystemExit("set DASHJAX_DATA to the folder that holds pools/landmine29.npz")
    rows = []
    for name in study.pools:
        for target in WORLDS[name].targets[: study.targets]:
            runs = _runs(name, target, study.seeds, Path(folder))
            rows.append({"pool": name, "target": target} | _summary(runs))
            _show(rows)
    machine.keep({"rows": rows}, RESULTS / "choose.json")


def _runs(name: str, target: str, seeds: int, folder: Path) -> list[dict[str, Any]]:
    """The runs of a target, with what the datasets that are truly best add in each."""
    world, path = WORLDS[name], f"{name}-{target}"
    runs = [
        _kept(f"{path}-{seed}", partial(_run, world, target, seed, folder)) for seed in range(seeds)
    ]
    best = [one for one in _best(runs) if _truth(runs)[one] > 0]
    for seed, run in enumerate(runs):
        kept = _kept(f"{path}-{seed}-best", partial(_worth, world, target, seed, folder, best))
        run["worth"]["best"] = kept["worth"]
    return runs


def _kept(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A result, made or read."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        began = time.time()
        found = make() | {"seconds": time.time() - began}
        write_whole(path, lambda part: part.write_text(json.dumps(found)))
    return json.loads(path.read_text())


def _worth(world: World, target: str, seed: int, folder: Path, names: list[str]) -> dict[str, Any]:
    """What some datasets add together, with the target's own rows of one seed."""
    data = Data(world, target, seed, folder)
    chosen = [one for one in data.others if one.name in names]
    with threadpool_limits(1):
        return {"worth": Truth(data.whole, data.own, data.others, data.given).gain(chosen)}


class Data:
    """A target's own rows of one seed, and the candidates."""

    def __init__(self, world: World, target: str, seed: int, folder: Path) -> None:
        pool = read_datasets(folder / "pools" / world.file, world.reading)
        (self.whole,) = [one for one in pool if one.name == target]
        self.others = [one for one in pool if one.name != target]
        self.own = _own_rows(self.whole.read(), world, target, seed)
        reading = {"label": world.reading.label, "ignore": world.reading.ignore}
        self.given = reading | {"metric": world.metric, "seed": seed, "candidate_sample": "all"}


def _run(world: World, target: str, seed: int, folder: Path) -> dict[str, Any]:
    """What one choice found, and what all of it is worth."""
    data = Data(world, target, seed, folder)
    whole, own, others, given = data.whole, data.own, data.others, data.given
    choice = choose(_part(whole, own, True), others, take=TAKE, checks=2, **given)
    names = {one.name: one for one in others}
    largest = sorted(others, key=lambda one: -(one.size or 0))[:TAKE]
    drawn = generator("sims.choose", target, seed).choice(len(others), TAKE, replace=False)
    sets = {
        "selection": [names[name] for name in choice.selection],
        "largest": largest,
        "random": [others[place] for place in drawn],
        "all": others,
    }
    with threadpool_limits(1):
        truth = Truth(whole, own, others, given)
        each = {one.name: truth.gain([one]) for one in others}
        worth = {name: truth.gain(chosen) for name, chosen in sets.items()}
    return {
        "selection": list(choice.selection),
        "chance_good": choice.certainty.chance_good,
        "why": choice.why,
        "tolerance": choice.about["tolerance"],
        "looks": choice.looks,
        "believed": {row["dataset"]: row["mean"] for row in choice.certainty.datasets},
        "each": each,
        "worth": worth,
        "local": truth.local,
    }


def _own_rows(table: pa.Table, world: World, target: str, seed: int) -> np.ndarray:
    """The target's own rows, drawn within classes."""
    labels = table[world.reading.label or ""].to_numpy()
    strata = labels if world.metric == "auroc" else np.zeros(len(labels), int)
    draw = generator("sims.choose rows", target, seed)
    return cut(draw, np.arange(len(labels)), strata, world.own / len(labels))[0]


def _part(whole: LazyDataset, rows: np.ndarray, kept: bool) -> LazyDataset:
    """A target of these rows, or of all, with the others as its test rows."""
    table = whole.read()
    if kept:
        return LazyDataset(whole.name, whole.group, lambda: table.take(rows))
    parts = np.full(table.num_rows, "test", object)
    parts[rows] = "train"
    table = table.append_column("part", pa.array(parts.tolist()))
    return LazyDataset(whole.name, whole.group, lambda: table)


class Truth:
    """What datasets are worth on rows that `choose` never saw, a mean over trainings."""

    def __init__(
        self, whole: LazyDataset, own: np.ndarray, others: list[LazyDataset], given: dict[str, Any]
    ) -> None:
        settings = ChooseSettings.of(given | {"split_column": "part"})
        problem = read_problem(_part(whole, own, False), others, settings)
        self._gain: Gain = gain_of(problem, learner_of(problem, settings), settings)
        learner, target = self._gain.learner, self._gain.learner.target
        trained = [target.replicate(f"truth {number}")[0] for number in range(TRAININGS)]
        self._cuts = [learner.prepared((rows, target.test)) for rows in trained]
        self._alone = self._scores([])
        self.local = float(self._alone.mean())

    def gain(self, datasets: list[LazyDataset]) -> float:
        """What these add together to the metric, above 0 where better."""
        if not datasets:
            return 0.0
        return float((self._scores(datasets) - self._alone).mean() * self._gain.learner.metric.sign)

    def _scores(self, datasets: list[LazyDataset]) -> np.ndarray:
        rows = [self._gain.rows(one) for one in datasets]
        return np.array([self._gain.learner.score(cut, rows, 0) for cut in self._cuts])


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds of a target."""
    truth, top = _truth(runs), _best(runs)
    best = sum(max(truth[name], 0.0) for name in top) / TAKE
    value = [sum(truth[name] for name in run["selection"]) / TAKE for run in runs]
    short = best - np.array(value)
    believed = [stats.spearmanr(*_paired(run, truth)).statistic for run in runs]
    found = {name: _mean([run["worth"][name] for run in runs]) for name in runs[0]["worth"]}
    return {
        "seeds": len(runs),
        "local": float(np.mean([run["local"] for run in runs])),
        "looks": float(np.mean([run["looks"] for run in runs])),
        "stopped": float(np.mean([run["why"].startswith("rule") for run in runs])),
        "kept": float(np.mean(short <= np.array([run["tolerance"] for run in runs]))),
        "short": float(short.mean()),
        "best": best,
        "nothing": float(np.mean([not run["selection"] for run in runs])),
        "rank_correlation": float(np.mean(believed)),
        "top": top,
        "worth": found,
    }


def _truth(runs: list[dict[str, Any]]) -> dict[str, float]:
    """What each dataset adds by itself, a mean over seeds."""
    return {name: float(np.mean([run["each"][name] for run in runs])) for name in runs[0]["each"]}


def _best(runs: list[dict[str, Any]]) -> list[str]:
    """The datasets that add most by themselves."""
    truth = _truth(runs)
    return sorted(truth, key=lambda name: -truth[name])[:TAKE]


def _paired(run: dict[str, Any], truth: dict[str, float]) -> tuple[list[float], list[float]]:
    return [run["believed"][name] for name in truth], list(truth.values())


def _mean(values: list[float]) -> tuple[float, float]:
    """A mean and its standard error over seeds."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _show(rows: list[dict[str, Any]]) -> None:
    """Prints what is known so far."""
    table = Table(box=None, title="gain in the metric on unseen rows, ± standard error over seeds")
    sets = list(rows[0]["worth"])
    for name in ("pool", "target", "local", "looks", "stopped", "kept", "nothing", "rank", *sets):
        table.add_column(name)
    for row in rows:
        cells = [row["pool"], row["target"], f"{row['local']:.3f}", f"{row['looks']:.0f}"]
        cells += [f"{row[name]:.0%}" for name in ("stopped", "kept", "nothing")]
        cells += [f"{row['rank_correlation']:.2f}"]
        table.add_row(
            *cells, *(f"{mean:+.3f} ± {error:.3f}" for mean, error in row["worth"].values())
        )
    Console(width=200).print(table)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(str(error)) from error
