"""Methods on synthetic pools: Gaussian hierarchies drawn afresh for every seed."""

import functools
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.engine.progress import Advance, silent
from dashjax.engine.sizes import in_words
from dashjax.engine.workers import workers
from dashjax.errors import InputError, unknown
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings
from dashjax.simulate.limits import check_datasets
from dashjax.simulate.plan import Settings
from dashjax.simulate.running import config_of, costs_of, run_all
from dashjax.simulate.sweep import Problem
from dashjax.simulate.tolerance import resolved
from dashjax.store.results import Experiment

VARIANCES = ("matched", "given")


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
    if variances not in VARIANCES:
        raise unknown("variances", variances, VARIANCES)
    settings = resolved(settings, (truth.group_sd**2 + truth.arm_sd**2) ** 0.5)
    pool = _synthetic_pool(*shape, costs)
    grouping = pool.regroup(settings.grouping, settings.seed)
    true_prior = priors.truth(truth, len(pool.groups))
    prior = (
        priors.matched(true_prior, pool.grouping, grouping)
        if variances == "matched"
        else priors.given(truth, grouping.groups)
    )
    config = config_of("sweep", settings) | {
        "groups": shape[0],
        "arms": shape[1],
        "truth": asdict(truth),
        "variances": variances,
        "costs": list(costs),
        "prior": priors.describe(prior),
    }
    experiment = Experiment(config)
    of_step = costs_of(pool, "pool" if costs else "equal")
    problem = Problem(_drawing(pool.grouping), true_prior, prior, grouping, of_step)
    with workers() as submit:
        run_all(submit, experiment, {None: problem}, pool, settings, advance)
    return experiment


@functools.cache
def _drawing(grouping: Grouping) -> Callable[[Any], Environment]:
    return lambda prior: environments.gaussian(environments.drawn(prior, grouping), prior.noise_var)


def _synthetic_pool(groups: int, arms: int, costs: tuple[float, ...]) -> Pool:
    if groups < 1 or arms < 1:
        raise InputError(
            f"{in_words(groups)} groups of {in_words(arms)} datasets: both must be at least 1"
        )
    check_datasets(groups, arms)
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
