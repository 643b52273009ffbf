"""What replays and sweeps over synthetic pools share: methods run on problems, and their rows."""

import itertools
import json
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np

from dashjax.bandit.methods import Method, method
from dashjax.engine import hosts
from dashjax.engine.progress import Advance
from dashjax.engine.workers import Submit
from dashjax.errors import InputError, unknown
from dashjax.pools.pool import Pool
from dashjax.simulate import limits, metrics, records, shown_run
from dashjax.simulate.calibrated import chosen, tried
from dashjax.simulate.judged_run import judged_rows
from dashjax.simulate.metrics import Results
from dashjax.simulate.plan import Settings
from dashjax.simulate.sweep import Problem, check, prepare, sweep
from dashjax.store.results import Experiment, Row

COSTS = ("equal", "pool", "examples")


def methods_of(settings: Settings) -> list[Method]:
    """The methods that were asked for, by name or as they are.

    Raises:
        InputError: if there is none, a name is unknown, or one is given twice.
    """
    methods = [method(one) if isinstance(one, str) else one for one in settings.methods]
    if not methods or len({one.name for one in methods}) < len(methods):
        raise InputError("give at least one method after --methods, and each only once")
    return methods


def run_all(
    submit: Submit,
    experiment: Experiment,
    problems: dict[Any, Problem],
    pool: Pool,
    settings: Settings,
    advance: Advance,
) -> dict[str, Future[dict[str, list[Row]]]]:
    """Runs the methods on one target after another; gives what is shown of a run on each."""
    target, problem = next(iter(problems.items()))
    _check_size(problems, settings)
    asked = settings.plan
    settings = replace(settings, plan=tried(asked, len(problems)))
    compiling = _compiling(submit, experiment, target, problem, settings)
    plan, seeds, seed = settings.plan, settings.seeds, settings.seed
    found: dict[Method, dict[Any, Results]] = {one: {} for one in compiling}
    total, done, shown = seeds * len(problems) * len(compiling), 0, {}
    for (target, problem), (one, compiled) in itertools.product(
        problems.items(), compiling.items()
    ):
        what = f"{one.name} on {target}" if target else one.name

        def tell(runs: int, what: str = what) -> None:
            nonlocal done
            done += runs
            advance(what, done, total)

        compiled.result()
        course = _is_shown(one, target, settings)
        results = sweep(one, problem, plan, seeds=seeds, seed=seed, course=course, advance=tell)
        found[one][target] = results
        if results.course:
            stopped = results.course.end if results.rules else plan.steps + 1
            run = shown_run.Shown(one, problem, plan, seed, results.course, stopped)
            shown[target] = submit(_rows_of_a_run, target, run, pool)
    found = {one: chosen(asked, of_targets) for one, of_targets in found.items()}
    for target, one in itertools.product(problems, compiling):
        label = {"target": target, "grouping": settings.grouping}
        _add(experiment, label, found[one][target], pool)
    return shown


def _check_size(problems: dict[Any, Problem], settings: Settings) -> None:
    """Refuses what this machine cannot do, before anything is begun."""
    target, problem = next(iter(problems.items()))
    methods, plan = methods_of(settings), settings.plan
    limits.check(
        limits.Size(
            settings.seeds,
            plan.steps,
            problem.grouping.arms,
            sweeps=len(methods) * len(problems),
            rules=len(plan.stop),  # a method's own is looked at with the method
            ends_early=plan.until_stopped,
            course=target is not None,
        )
    )


def _compiling(
    submit: Submit, experiment: Experiment, target: str | None, problem: Problem, settings: Settings
) -> dict[Method, Future[Any]]:
    """The methods, and their programs, which are being compiled side by side.

    Raises:
        InputError: before anything is begun: if a method is unknown, given twice or cannot be run
            so, or if another host is about to do something else.
    """
    methods = methods_of(settings)
    plan, seeds = settings.plan, settings.seeds
    for one in methods:
        check(one, problem, plan, seeds)
    hosts.check_same(json.dumps(experiment.config))

    def compiled(one: Method) -> Any:
        course = _is_shown(one, target, settings)
        return prepare(one, problem, plan, seeds=seeds, course=course)

    return {one: submit(compiled, one) for one in methods}


def _is_shown(one: Method, target: str | None, settings: Settings) -> bool:
    """Whether a run of it is shown: of the first method, on each target of a table."""
    first = settings.methods[0]
    return target is not None and one.name == (first if isinstance(first, str) else first.name)


def _add(experiment: Experiment, label: Row, results: Results, pool: Pool) -> None:
    """The rows of one method on one target."""
    selections = records.selection_rows(label, results, pool)
    row = label | metrics.row(results)
    if label["target"]:  # the datasets of synthetic pools are others in every run
        row |= {"take": selections[0]["datasets"], "take_share": selections[0]["share"]}
    experiment.rows.append(row)
    experiment.add("curves", records.curve_rows(label, results))
    experiment.add("pulls", records.pull_rows(label, results, pool))
    experiment.add("selections", selections)
    experiment.add("stops", records.stop_rows(label, results))


def _rows_of_a_run(target: str, shown: shown_run.Shown, pool: Pool) -> dict[str, list[Row]]:
    """What is shown of a run: its posterior on the way, and how sure it is in the end."""
    label: Row = {"target": target, "method": shown.method.name}
    return {"posterior": shown_run.posterior_rows(label, shown, pool)} | judged_rows(
        label, shown, pool
    )


def config_of(command: str, settings: Settings) -> dict[str, Any]:
    """What an experiment was told, as plain values."""
    return {
        "command": command,
        "methods": [one.name for one in methods_of(settings)],
        "seeds": settings.seeds,
        "seed": settings.seed,
        "grouping": settings.grouping,
    } | settings.plan.described()


def costs_of(pool: Pool, kind: str) -> np.ndarray | None:
    """Of one step with each dataset, `[arm]`."""
    if kind not in COSTS:
        raise unknown("costs", kind, COSTS)
    if kind == "equal":
        return None
    costs = np.asarray(pool.costs if kind == "pool" else pool.sizes, np.float32)
    return costs / costs.mean() if kind == "examples" else costs
