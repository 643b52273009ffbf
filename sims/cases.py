"""One method on one problem: run, reduced to rows and replicates, and kept on disk once done."""

import functools
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dashjax.bandit.methods import method
from dashjax.engine.progress import Advance
from dashjax.simulate import bootstrap, metrics, records, sweep
from dashjax.simulate.bootstrap import Means, Steps
from dashjax.simulate.metrics import REGRETS, Tally
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem
from dashjax.store.files import write_whole
from dashjax.store.results import Row


class Case(NamedTuple):
    """One method on one problem; it stops by the plan's rules alone.

    Attributes:
        label: what tells the problem from others, for the rows.
        problem: what to solve.
        method: its name.
        plan: steps and stop rules.
        seeds: how many runs, from number 0.
    """

    label: Row
    problem: Problem
    method: str
    plan: Plan
    seeds: int

    @property
    def name(self) -> str:
        """A name of its own, within one study."""
        asked = [self.label, self.method, self.plan.described(), self.seeds]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


class Found(NamedTuple):
    """What a case comes to.

    Attributes:
        row: see `metrics.row`; steps to a regret have intervals by resampling. And `seconds`.
        stops: a row a stop rule, see `frames.stop_rows`.
        curves: a row a step, see `frames.curve_rows`.
        steps: until the mean simple regret is that small, by regret.
        stopped: mean step at which each rule stops, a run that it does not stop counted as whole.
        settled: number of runs that are right for good from step 1, 2, ... on, and never.
    """

    row: Row
    stops: list[Row]
    curves: list[Row]
    steps: dict[float, Steps]
    stopped: Means
    settled: np.ndarray

    def settling_steps(self) -> np.ndarray:
        """The step from which each run is right for good; one more than there are for never."""
        return np.repeat(np.arange(1, len(self.settled) + 1), self.settled)

    def stop(self, rule: str) -> Row:
        """How that rule did."""
        return next(row for row in self.stops if row["stop"] == rule)


def run(case: Case, seed: int, advance: Callable[[int], None]) -> Found:
    """Runs a case, and weighs its runs anew for intervals.

    Args:
        case: what to run.
        seed: decides all runs.
        advance: is told the number of runs done since the last call.
    """
    began = time.perf_counter()
    plan = case.plan
    one = method(case.method)._replace(stop=None)
    sweep.check(one, case.problem, plan, case.seeds)
    tally, curves = (
        Tally(one.name, plan, tuple(rule.name for rule in sweep.rules_of(one, plan))),
        [],
    )
    for block in sweep.blocks(one, case.problem, plan, seeds=case.seeds, seed=seed):
        tally.add(block)
        curves.append(block.simple_regret)
        advance(len(block.regret))
    results = tally.results()
    curve = bootstrap.means(np.concatenate(curves))
    steps = {threshold: bootstrap.steps_to(curve, threshold) for threshold in REGRETS}
    row = case.label | metrics.row(results._replace(rules=()))
    for threshold, found in steps.items():
        row |= figure_row(f"steps_to_regret_{threshold:g}", found.figure())
    return Found(
        row | {"seconds": time.perf_counter() - began},
        records.stop_rows(case.label, results),
        records.curve_rows(case.label, results),
        steps,
        bootstrap.means(np.minimum(results.stopped, plan.steps)),
        np.bincount(results.settled - 1, minlength=plan.steps + 1),
    )


def run_all(asked: Sequence[Case], folder: Path, seed: int, advance: Advance) -> list[Found]:
    """What every case comes to, from the folder where it was done before.

    Args:
        asked: the cases.
        folder: where each is written as it is done.
        seed: decides all runs.
        advance: is told (what, runs done, runs in all).
    """
    total, done, found = sum(case.seeds for case in asked), 0, []
    for case in asked:
        path = folder / f"{case.name}.json"
        what = ", ".join(str(said) for said in (case.method, *case.label.values()) if said)
        advance(what, done, total)
        make = functools.partial(_made, case, seed, _counting(advance, what, done, total))
        found.append(_from_json(kept(path, make)))
        done += case.seeds
    return found


def figure_row(key: str, figure: bootstrap.Figure) -> Row:
    """A figure by name, with its interval."""
    return {key: figure.value, f"{key}_low": figure.low, f"{key}_high": figure.high}


def kept(path: Path, make: Callable[[], Any]) -> Any:
    """What is in a JSON file, made and written first if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(make())
        write_whole(path, lambda file: file.write_text(text))
    return json.loads(path.read_text())


def _counting(advance: Advance, what: str, done: int, total: int) -> Callable[[int], None]:
    """Adds up runs and says how many are done."""

    def tell(runs: int) -> None:
        nonlocal done
        done += runs
        advance(what, done, total)

    return tell


def _made(case: Case, seed: int, advance: Callable[[int], None]) -> Row:
    """A case run, as `_from_json` reads it."""
    found = run(case, seed, advance)
    steps = {
        str(threshold): [step.value, step.replicates.tolist(), step.horizon]
        for threshold, step in found.steps.items()
    }
    stopped = [part.tolist() for part in found.stopped]
    parts = {"steps": steps, "stopped": stopped, "settled": found.settled.tolist()}
    return found._asdict() | parts


def _from_json(content: Row) -> Found:
    steps = {
        float(threshold): Steps(value, np.array(replicates), horizon)
        for threshold, (value, replicates, horizon) in content["steps"].items()
    }
    stopped = Means(*map(np.array, content["stopped"]))
    parts = {"steps": steps, "stopped": stopped, "settled": np.array(content["settled"])}
    return Found(**content | parts)
