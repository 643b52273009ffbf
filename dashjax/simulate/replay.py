"""Methods replayed on the rows of a reward table."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.gaussian import Prior
from dashjax.engine.progress import Advance, silent
from dashjax.engine.workers import workers
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings
from dashjax.simulate import records
from dashjax.simulate.plan import Settings
from dashjax.simulate.running import config_of, costs_of, run_all
from dashjax.simulate.sweep import Problem
from dashjax.store.results import Experiment
from dashjax.store.reward_table import RewardTable


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
        mode: how a pull is answered, see `environments.replay`.
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
    of_step = costs_of(pool, costs)
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
    config = config_of("replay", settings) | {
        "targets": list(targets),
        "replay": mode,
        "costs": costs,
        "table": table.content,
        "reward": table.identity.reward,
        "prior": {name: priors.describe(problem.prior) for name, problem in problems.items()},
    }
    experiment = Experiment(config)
    with workers() as submit:
        shown = run_all(submit, experiment, problems, pool, settings, advance)
        if mode == "sequence":
            _check_replicates(experiment, table)
        for target, rows in shown.items():
            experiment.add("rewards", records.reward_rows(target, pool, table.array(target)))
            for name, found in rows.result().items():
                experiment.add(name, found)
    return experiment


@functools.cache
def _replaying(mode: str) -> Callable[[Any], Environment]:
    """One function a mode, so that targets share what is compiled."""
    return lambda rewards: environments.replay(rewards, mode)


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
