"""Methods on reward tables that others made: regret, looks until right, stops, promises kept.

    python -m benchmarks.real_tables ../shared/data/tables

Every CSV of a folder that `dashjax table import` takes as it is. `best` is told nothing; the others
are told the moments of the table's other targets. Tables with one reward a cell are replayed with
Gaussian noise of .5, 1 and 2 times the median gap between neighbouring datasets. Figures go to
`real_tables.json` and `real_tables.png`.
"""

import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tyro
from rich.table import Table

import dashjax as dj
from benchmarks import real_tables_picture as picture
from benchmarks.real_tables_methods import METHODS, RIVALS
from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.engine import devices
from dashjax.store.machine import keep

Row = dict[str, Any]
GAPS = (0.5, 1.0, 2.0)  # noise in median gaps, where a cell holds one reward
_SHARE = 0.1  # of the standard deviation between datasets, mean over targets


@dataclass(frozen=True)
class Benchmark:
    """Replay the methods on every table of a folder."""

    folder: tyro.conf.Positional[Path]
    """Folder with reward tables as CSV files."""
    tables: tuple[str, ...] = ()
    """Names of the files without .csv; all if none is named."""
    methods: tuple[str, ...] = tuple(METHODS)
    """What is run."""
    seeds: int = 500
    """Runs of each method on each target."""
    steps: int = 120
    """Most exploration steps of a run; at least twice the number of datasets is needed."""
    select: int = 3
    """Datasets to select."""
    tolerance: float | None = None
    """How far a good selection may fall short, in units of reward; a tenth of the standard
    deviation between datasets if not given."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


class Case(NamedTuple):
    """One table with one kind of answers."""

    name: str
    table: dj.RewardTable
    answers: dj.Answers
    tolerance: float


def main() -> None:
    """Replays, prints a row for each case and method, and writes figures and picture."""
    options = tyro.cli(Benchmark, description=__doc__)
    devices.use_all_cores()
    terminal, rows, began = Terminal(options.json), [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(options, Path(folder)):
            rows += rows_of(case, options)
            terminal.note(f"{case.name}: done after {time.perf_counter() - began:.0f} s")
    told = {"seeds": options.seeds, "steps": options.steps, "select": options.select}
    document = keep(told | {"rows": rows}, options.out / "real_tables.json")
    picture.draw(rows, options.out / "real_tables.png")
    terminal.show(shown(rows), f"figures and picture are in {options.out}")
    terminal.document(document)


def cases(options: Benchmark, folder: Path) -> Iterator[Case]:
    """Every table, imported into a folder; where it needs noise, a case for each."""
    for path in sorted(options.folder.glob("*.csv")):
        if options.tables and path.stem not in options.tables:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # names that are alike
                table = dj.import_table(path, folder / path.stem)
        except dj.InputError:
            continue  # a file of floors
        rewards = [table.higher(target) for target in table.built()]
        means = [np.sort(np.nanmean(one[~np.isnan(one[:, 0])], axis=1)) for one in rewards]
        spread = float(np.mean([one.std() for one in means]))
        tolerance = _SHARE * spread if options.tolerance is None else options.tolerance
        if all((table.counts(target) != 1).all() for target in table.built()):
            yield Case(path.stem, table, dj.Answers(), tolerance)
            continue
        gap = float(np.median(np.concatenate([np.diff(one) for one in means])))
        for share in GAPS:
            noisy = dj.Answers(noise_sd=share * gap)
            yield Case(f"{path.stem}, noise {share:g} gap", table, noisy, tolerance)


def rows_of(case: Case, options: Benchmark) -> list[Row]:
    """A row for each method, means over targets."""
    rule = dj.stopping.good_selection(0.95, case.tolerance)
    candidates = {t: int((case.table.counts(t) > 0).sum()) for t in case.table.built()}
    targets = [target for target, count in candidates.items() if count > options.select]
    steps = max(options.steps, 2 * max(candidates.values()))
    plan = dj.Plan(steps, options.select, tolerance=case.tolerance, stop=(rule,))
    methods = [METHODS[name] for name in options.methods]
    result = dj.replay(
        case.table, methods, targets=targets, seeds=options.seeds, plan=plan, answers=case.answers
    )
    return [_row(case, name, result, candidates, options) for name in options.methods]


def _row(
    case: Case, name: str, result: dj.Experiment, candidates: dict[str, int], options: Benchmark
) -> Row:
    """One method on one case."""
    mine = [row for row in result.rows if row["method"] == name]
    stops = [row for row in result.frames["stops"] if row["method"] == name]
    curves: dict[str, list[float]] = {}
    for point in result.frames["curves"]:
        if point["method"] == name:
            curves.setdefault(point["target"], []).append(point["simple_regret"])
    row: Row = {"case": case.name, "method": name, "tolerance": case.tolerance}
    row |= {"targets": len(mine), "datasets": max(candidates.values())}
    for factor in (0.5, 1, 2):
        at = [curve[max(round(factor * candidates[t]), 1) - 1] for t, curve in curves.items()]
        row[f"regret_{factor:g}_k"] = float(np.mean(at))
    row["steps_until_right"] = float(np.mean([one["steps_mean"] for one in mine]))
    looks = [min(one["stopped_mean"], options.steps) for one in stops]
    return row | {"looks": float(np.mean(looks))} | _promise(stops)


def _promise(stops: list[Row]) -> Row:
    """How often a stopped run was good: in all, and on the worst target where a tenth stop."""
    runs = np.array([stop["stopped_share"] for stop in stops])
    good = np.array([stop["good_when_stopped"] or 0.0 for stop in stops])
    enough = [share for stop, share in zip(stops, good, strict=True) if stop["stopped_share"] > 0.1]
    return {
        "stopped": float(runs.mean()),
        "good_when_stopped": float((runs * good).sum() / runs.sum()) if runs.sum() else None,
        "worst_target": float(min(enough)) if enough else None,
    }


def shown(rows: list[Row]) -> Table:
    """The rows for a terminal."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("case", "method", "K/2", "K", "2K", "until right", "looks", "stopped %"):
        table.add_column(heading, justify="left" if heading in ("case", "method") else "right")
    table.add_column("good %", justify="right")
    table.add_column("worst %", justify="right")
    for row in rows:
        regrets = (f"{row[f'regret_{factor}_k']:.3g}" for factor in ("0.5", "1", "2"))
        shares = (row["stopped"], row["good_when_stopped"], row["worst_target"])
        table.add_row(
            row["case"],
            row["method"],
            *regrets,
            f"{row['steps_until_right']:.0f}",
            f"{row['looks']:.0f}",
            *("-" if share is None else f"{100 * share:.1f}" for share in shares),
        )
    best = [row for row in rows if row["method"] == "best"]
    ratios = [ratio(row, rows, "regret_1_k") for row in best]
    known = [one for one in ratios if one is not None]
    if known:
        table.caption = (
            f"best / best of {', '.join(RIVALS)} after K looks: mean {np.mean(known):.2f}"
        )
    return table


def ratio(row: Row, rows: list[Row], key: str) -> float | None:
    """`best`'s regret over that of the best rival on the same case."""
    rivals = [one[key] for one in rows if one["case"] == row["case"] and one["method"] in RIVALS]
    return row[key] / min(rivals) if rivals and min(rivals) > 0 else None


if __name__ == "__main__":
    raise SystemExit(ending(main))
