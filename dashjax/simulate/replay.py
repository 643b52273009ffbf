"""Methods replayed on the rows of a reward table."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.gaussian import Prior
from dashjax.engine.progress import Advance, silent
from dashjax.engine.workers import workers
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings, check_in_range
from dashjax.simulate import records
from dashjax.simulate.over_targets import add_over_targets
from dashjax.simulate.plan import Settings
from dashjax.simulate.running import config_of, costs_of, methods_of, run_all
from dashjax.simulate.sweep import Problem
from dashjax.simulate.tolerance import resolved, spread_of
from dashjax.store.results import Experiment
from dashjax.store.reward_table import RewardTable

Priors = PriorSettings | dict[str, PriorSettings] | None


class Answers(NamedTuple):
    """How pulls are answered from a table.

    Attributes:
        mode: `bootstrap`, `sequence` or `mean`, see `environments.replay`.
        noise_sd: standard deviation of the Gaussian noise that is added where a dataset has a
            single replicate, in units of reward.

    Example:
        >>> import dashjax as dj
        >>> dj.Answers(noise_sd=0.02).mode
        'bootstrap'
    """

    mode: str = "bootstrap"
    noise_sd: float | None = None


BOOTSTRAP = Answers()


def replay(
    table: RewardTable,
    targets: tuple[str, ...],
    settings: Settings,
    *,
    answers: Answers = BOOTSTRAP,
    prior: Priors = None,
    costs: str = "equal",
    advance: Advance = silent,
) -> Experiment:
    """Methods replayed on the rows of a reward table.

    Targets may lack datasets, which are neither pulled nor selected there, and datasets may have
    any number of replicates. Where the table states a floor, selections may be smaller than asked
    for. All targets share one compiled program for each method.

    Args:
        table: the rewards.
        targets: whose rows; all that have rewards if empty.
        settings: what to run.
        answers: how a pull is answered.
        prior: the methods' prior, or one for each target; if None, by moments of the other
            targets' rows.
        costs: what a step costs: the same with every dataset (`equal`), what the pool says
            (`pool`), or in proportion to a dataset's examples, 1 on average (`examples`).
        advance: is told (what, runs done, runs in all).

    Returns:
        Settings, rows and frames; rewards are such that higher is better.

    Raises:
        InputError: if a name is unknown, the table too small, the prior not to be had, or a dataset
            has one replicate and no noise is given; in mode `sequence` also if a run needs more
            replicates than there are.
    """
    targets = tuple(dict.fromkeys(targets or table.built()))
    table.check_targets(targets)
    if not targets:
        raise InputError(f"table {table.path} is empty; run 'dashjax table build' first")
    pool = table.identity.pool
    grouping = pool.regroup(settings.grouping, settings.seed)
    rows = {target: _rows(table, target) for target in targets}
    measured = [one.rewards for one in rows.values()], [one.floor for one in rows.values()]
    settings = resolved(settings, spread_of(*measured, answers.noise_sd))
    _check_noise(rows, answers)
    needed = prior is not None or any(one.needs_prior for one in methods_of(settings))
    told = _prior_of(table, grouping, prior, answers) if needed else _no_prior(grouping)
    problems = _problems(rows, grouping, told, answers, costs_of(pool, costs))
    config = config_of("replay", settings) | {
        "targets": list(targets),
        "replay": answers.mode,
        "noise_sd": answers.noise_sd,
        "costs": costs,
        "table": table.content,
        "reward": table.identity.reward,
        "prior": {name: _described(one) if needed else None for name, one in problems.items()},
    }
    experiment = Experiment(config)
    with workers() as submit:
        shown = run_all(submit, experiment, problems, pool, settings, advance)
        if answers.mode == "sequence":
            _check_replicates(experiment, rows, pool.datasets)
        for target, found in shown.items():
            experiment.add("rewards", records.reward_rows(target, pool, rows[target].rewards))
            for name, frame in found.result().items():
                experiment.add(name, frame)
    add_over_targets(experiment)
    return experiment


class _Rows(NamedTuple):
    """One target's part of a table, such that higher is better."""

    rewards: np.ndarray  # float64 [arm, replicate]; an arm's replicates come first, then NaN
    counts: np.ndarray  # [arm]
    floor: float | None

    @property
    def centre(self) -> float:
        """What rewards are counted from before they become float32: their mean."""
        return float(np.nanmean(self.rewards))


def _rows(table: RewardTable, target: str) -> _Rows:
    return _Rows(table.higher(target), table.counts(target), table.floor(target))


def _check_noise(rows: dict[str, _Rows], answers: Answers) -> None:
    if answers.noise_sd is not None:
        check_in_range("noise_sd", answers.noise_sd)
    single = [target for target, one in rows.items() if (one.counts == 1).any()]
    if single and answers.mode != "mean" and answers.noise_sd is None:
        raise InputError(
            f"some datasets have a single reward for target '{single[0]}', which tells nothing of "
            f"the noise; give --noise-sd, the standard deviation of the Gaussian noise that is to "
            f"be added to it, or replay without noise by --mode mean"
        )


def _problems(
    rows: dict[str, _Rows],
    grouping: Grouping,
    prior: Callable[[str, float], Prior],
    answers: Answers,
    costs: np.ndarray | None,
) -> dict[str, Problem]:
    """A problem for each target, all of one shape; what none needs is left out of the program."""
    everything = rows.values()
    columns = max(one.rewards.shape[1] for one in everything)
    even = all((one.counts == columns).all() for one in everything)
    gaps = any((one.counts == 0).any() for one in everything)
    floors = any(one.floor is not None for one in everything)
    single = any((one.counts == 1).any() for one in everything)
    noise = np.float32(answers.noise_sd) if single and answers.noise_sd is not None else None
    problems = {}
    for target, one in rows.items():
        filled = np.zeros((grouping.arms, columns), np.float32)
        filled[:, : one.rewards.shape[1]] = np.nan_to_num(one.rewards - one.centre)
        counts = None if even else one.counts.astype(np.int32)
        least = -np.inf if one.floor is None else one.floor - one.centre
        floor = np.asarray(least, np.float32) if floors else None
        available = one.counts > 0 if gaps else None
        data = filled, counts, noise
        build = _replaying(answers.mode)
        told = prior(target, one.centre)
        problems[target] = Problem(build, data, told, grouping, costs, available, floor, one.centre)
    return problems


@functools.cache
def _replaying(mode: str) -> Callable[[Any], Environment]:
    """One function a mode, so that targets share what is compiled."""

    def build(data: Any) -> Environment:
        rewards, counts, noise_sd = data
        return environments.replay(rewards, mode, counts=counts, noise_sd=noise_sd)

    return build


def _prior_of(
    table: RewardTable, grouping: Grouping, given: Priors, answers: Answers
) -> Callable[[str, float], Prior]:
    """Each target's prior: by numbers, or by moments of the other targets' rows alone.

    Its mean is counted from a centre.
    """

    def prior(target: str, centre: float) -> Prior:
        numbers = given[target] if isinstance(given, dict) else given
        if numbers is not None:
            counted = replace(numbers, group_mean=numbers.group_mean - centre)
            return priors.given(counted, grouping.groups)
        others = [table.higher(name) - centre for name in table.built() if name != target]
        if not others:
            raise InputError(
                f"table {table.path} has no target beside '{target}' to take a prior from; build "
                f"more targets, give --group-mean, --group-sd, --arm-sd and --noise-sd, or replay "
                f"'best' alone, which needs no prior"
            )
        return priors.by_moments(_stacked(others), grouping, answers.noise_sd)

    return prior


def _no_prior(grouping: Grouping) -> Callable[[str, float], Prior]:
    """In place of a prior where no method uses its numbers."""
    numbers = PriorSettings(group_mean=0.0, group_sd=1.0, arm_sd=1.0, noise_sd=1.0)
    return lambda target, centre: priors.given(numbers, grouping.groups)


def _described(problem: Problem) -> dict[str, float]:
    """The prior in units of reward, counted from 0."""
    told = priors.describe(problem.prior)
    return told | {"group_mean": told["group_mean"] + problem.centre}


def _stacked(rewards: list[np.ndarray]) -> np.ndarray:
    """Rewards `[target, arm, replicate]`, NaN where a target has fewer replicates."""
    columns = max(one.shape[1] for one in rewards)
    wide = [((0, 0), (0, columns - one.shape[1])) for one in rewards]
    filled = [
        np.pad(one, width, constant_values=np.nan) for one, width in zip(rewards, wide, strict=True)
    ]
    return np.stack(filled)


def _check_replicates(
    experiment: Experiment, rows: dict[str, _Rows], datasets: tuple[str, ...]
) -> None:
    for row in experiment.frames["pulls"]:
        target, most = str(row["target"]), int(row["most_pulls"] or 0)
        have = int(rows[target].counts[datasets.index(str(row["dataset"]))])
        if most > have:
            raise InputError(
                f"a run of '{row['method']}' pulled dataset '{row['dataset']}' {most} times for "
                f"target '{target}', but the table holds {have} replicates; build {most} with "
                f"--replicates, run fewer steps, or replay with --mode bootstrap"
            )
