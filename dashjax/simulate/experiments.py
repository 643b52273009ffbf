"""Whole experiments: methods on a reward table, or on synthetic pools; what their results hold."""

import functools
import itertools
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

import numpy as np

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.methods import Method, method
from dashjax.engine import hosts
from dashjax.engine.progress import Advance, silent
from dashjax.engine.workers import Submit, workers
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings
from dashjax.simulate import metrics, records
from dashjax.simulate.metrics import Results
from dashjax.simulate.plan import Settings
from dashjax.simulate.sweep import Problem, check, prepare, sweep
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable

COSTS = ("equal", "pool", "examples")
_MOST_DATASETS = 100_000  # each has a place in the memory of every run


def replay(
    table: RewardTable,
    targets: tuple[str, ...],
    settings: Settings,
    *,
    mode: str = "bootstrap",
    prior: PriorSettings | dict[str, PriorSettings] | None = None,
    costs: str = "equal",
    advance: Advance = silent,
) -> Experiment:
    """Methods replayed on the rows of a reward table.

    Args:
        table: the rewards.
        targets: whose rows; all that are built if empty.
        settings: what to run.
        mode: how a pull is answered, see `sources.replay`.
        prior: the methods' prior, or one for each target; if None, by moments of the other
            targets' rows.
        costs: what a step costs: the same with every dataset (`equal`), what the pool says
            (`pool`), or in proportion to a dataset's examples, 1 on average (`examples`).
        advance: is told (what, runs done, runs in all).

    Raises:
        InputError: if a name is unknown, the table too small or the prior not to be had; in mode
            `sequence` also if a run needs more replicates than there are.
    """
    targets = tuple(dict.fromkeys(targets or table.built()))
    table.check_targets(targets)
    pool = table.identity.pool
    grouping = pool.regroup(settings.grouping, settings.seed)
    of_step = _costs(pool, costs)
    problems = {
        target: Problem(
            _replaying(mode),
            table.array(target),
            _prior(table, target, grouping, prior),
            grouping,
            of_step,
        )
        for target in targets
    }
    if not targets:
        raise InputError(f"table {table.path} is empty; run 'dashjax table build' first")
    config = _config("replay", settings) | {
        "targets": list(targets),
        "replay": mode,
        "costs": costs,
        "table": table.content,
        "reward": table.identity.reward,
        "prior": {name: priors.describe(problem.prior) for name, problem in problems.items()},
    }
    experiment = Experiment(config)
    with workers() as submit:
        shown = _run_all(submit, experiment, problems, pool, settings, advance)
        if mode == "sequence":
            _check_replicates(experiment, table)
        for target, rows in shown.items():
            experiment.add("rewards", records.reward_rows(target, pool, table.array(target)))
            for name, found in rows.result().items():
                experiment.add(name, found)
    return experiment


def synthetic(
    shape: tuple[int, int],
    truth: PriorSettings,
    settings: Settings,
    *,
    variances: str = "matched",
    costs: tuple[float, ...] = (),
    advance: Advance = silent,
) -> Experiment:
    """Methods on Gaussian pools drawn afresh for every seed.

    Args:
        shape: number of groups, and of datasets in each.
        truth: the law that utilities and rewards are drawn from, group by group.
        settings: what to run.
        variances: with a grouping other than `perfect`, `matched` gives the methods the variances
            implied by that grouping, `given` those of `truth`.
        costs: of one step with each dataset, or with each dataset of a group; all 1 if empty.
        advance: is told (what, runs done, runs in all).

    Raises:
        InputError: if a name is unknown or a number out of range.
    """
    if variances not in ("matched", "given"):
        raise InputError(f"unknown variances '{variances}'; choose from matched, given")
    pool = _synthetic_pool(*shape, costs)
    grouping = pool.regroup(settings.grouping, settings.seed)
    true_prior = priors.truth(truth, len(pool.groups))
    prior = (
        priors.matched(true_prior, pool.grouping, grouping)
        if variances == "matched"
        else priors.given(truth, grouping.groups)
    )
    config = _config("sweep", settings) | {
        "groups": shape[0],
        "arms": shape[1],
        "truth": asdict(truth),
        "variances": variances,
        "costs": list(costs),
        "prior": priors.describe(prior),
    }
    experiment = Experiment(config)
    of_step = _costs(pool, "pool" if costs else "equal")
    problem = Problem(_drawing(pool.grouping), true_prior, prior, grouping, of_step)
    with workers() as submit:
        _run_all(submit, experiment, {None: problem}, pool, settings, advance)
    return experiment


def _run_all(
    submit: Submit,
    experiment: Experiment,
    problems: dict[Any, Problem],
    pool: Pool,
    settings: Settings,
    advance: Advance,
) -> dict[str, Future[dict[str, list[Row]]]]:
    """Runs the methods on one target after another; gives what is shown of a run on each."""
    target, problem = next(iter(problems.items()))
    compiling = _compiling(submit, experiment, target, problem, settings)
    plan, seeds, seed = settings.plan, settings.seeds, settings.seed
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
        _add(experiment, {"target": target, "grouping": settings.grouping}, results, pool)
        if results.course:
            stopped = int(results.stopped[0, 0]) if results.rules else plan.steps + 1
            run = records.Shown(one, problem, plan, seed, results.course, stopped)
            shown[target] = submit(_rows_of_a_run, target, run, pool)
    return shown


def _compiling(
    submit: Submit, experiment: Experiment, target: str | None, problem: Problem, settings: Settings
) -> dict[Method, Future[Any]]:
    """The methods, and their programs, which are being compiled side by side.

    Raises:
        InputError: before anything is begun: if a method is unknown, given twice or cannot be run
            so, or if another host is about to do something else.
    """
    methods = [method(name) for name in settings.methods]
    if not methods or len(set(settings.methods)) < len(methods):
        raise InputError("give at least one method after --methods, and each only once")
    hosts.check_same(json.dumps(experiment.config))
    plan, seeds = settings.plan, settings.seeds
    for one in methods:
        check(one, problem, plan, seeds)

    def compiled(one: Method) -> Any:
        course = _is_shown(one, target, settings)
        return prepare(one, problem, plan, seeds=seeds, course=course)

    return {one: submit(compiled, one) for one in methods}


def _is_shown(one: Method, target: str | None, settings: Settings) -> bool:
    """Whether its first run is shown: that of the first method, on each target of a table."""
    return target is not None and one.name == settings.methods[0]


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


def _rows_of_a_run(target: str, shown: records.Shown, pool: Pool) -> dict[str, list[Row]]:
    """What is shown of a run: its posterior on the way, and how sure it is in the end."""
    label: Row = {"target": target, "method": shown.method.name}
    return {
        "posterior": records.posterior_rows(label, shown, pool),
        "certainty": records.certainty_rows(label, shown, pool),
    }


def _config(command: str, settings: Settings) -> dict[str, Any]:
    flat = asdict(settings)
    return {"command": command} | {k: v for k, v in flat.items() if k != "plan"} | flat["plan"]


@functools.cache
def _replaying(mode: str) -> Callable[[Any], Environment]:
    """One function a mode, so that targets share what is compiled."""
    return lambda rewards: environments.replay(rewards, mode)


@functools.cache
def _drawing(grouping: Grouping) -> Callable[[Any], Environment]:
    return lambda prior: environments.gaussian(environments.drawn(prior, grouping), prior.noise_var)


def _prior(
    table: RewardTable,
    target: str,
    grouping: Grouping,
    given: PriorSettings | dict[str, PriorSettings] | None,
) -> Prior:
    """The prior by numbers, or by moments of the other targets' rows: nothing of `target` leaks."""
    if isinstance(given, dict):
        given = given[target]
    if given is not None:
        return priors.given(given, grouping.groups)
    others = [table.array(name) for name in table.built() if name != target]
    if not others:
        raise InputError(
            f"table {table.path} has no target beside '{target}' to take a prior from; build more "
            f"targets, or give --group-mean, --group-sd, --arm-sd and --noise-sd"
        )
    count = min(rewards.shape[1] for rewards in others)
    return priors.by_moments(np.stack([rewards[:, :count] for rewards in others]), grouping)


def _costs(pool: Pool, kind: str) -> np.ndarray | None:
    """Of one step with each dataset, `[arm]`."""
    if kind not in COSTS:
        raise InputError(f"unknown costs '{kind}'; choose from {', '.join(COSTS)}")
    if kind == "equal":
        return None
    costs = np.asarray(pool.costs if kind == "pool" else pool.sizes, np.float32)
    return costs / costs.mean() if kind == "examples" else costs


def _synthetic_pool(groups: int, arms: int, costs: tuple[float, ...]) -> Pool:
    if groups < 1 or arms < 1:
        raise InputError(f"{groups} groups of {arms} datasets: both must be at least 1")
    if groups * arms > _MOST_DATASETS:
        raise InputError(f"{groups} groups of {arms} datasets are more than {_MOST_DATASETS:,}")
    names = tuple(f"group-{g}" for g in range(groups))
    group = tuple(g for g in range(groups) for _ in range(arms))
    datasets = tuple(f"dataset-{g}-{a}" for g in range(groups) for a in range(arms))
    if len(costs) not in (0, arms, len(group)):
        raise InputError(
            f"{len(costs)} costs for {groups} groups of {arms} datasets; give {arms}, one for each "
            f"dataset of a group, or {len(group)}"
        )
    each = costs if len(costs) == len(group) else (costs or (1.0,) * arms) * groups
    return Pool(datasets, names, group, (1,) * len(group), each)


def _check_replicates(experiment: Experiment, table: RewardTable) -> None:
    for row in experiment.frames["pulls"]:
        target, most = str(row["target"]), int(row["most_pulls"] or 0)
        have = table.replicates(target)
        if most > have:
            raise InputError(
                f"a run of '{row['method']}' pulled dataset '{row['dataset']}' {most} times for "
                f"target '{target}', but the table holds {have} replicates; build {most} with "
                f"--replicates, run fewer steps, or replay with --mode bootstrap"
            )
