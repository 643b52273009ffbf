"""Problems that studies and benchmarks share: five groups of three datasets, and reward tables."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.learned import learned_flat
from dashjax.bandit.methods import method
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings
from dashjax.simulate.sweep import Problem
from dashjax.store.reward_table import RewardTable

GROUPS, MEMBERS, SELECT = 5, 3, 3
GROUP_MEAN, GROUP_SD, ARM_SD = 0.5, 0.15, 0.03  # docs/mathematics.md, section 2.5


@functools.cache
def pool() -> Pool:
    """The synthetic pool, whose utilities are drawn afresh in every run."""
    group = tuple(g for g in range(GROUPS) for _ in range(MEMBERS))
    names = tuple(f"group-{g}" for g in range(GROUPS))
    datasets = tuple(f"dataset-{g}-{m}" for g in range(GROUPS) for m in range(MEMBERS))
    return Pool(datasets, names, group, (1,) * len(group), (1.0,) * len(group))


def synthetic(noise: float, grouping: str = "perfect", variances: str = "matched") -> Problem:
    """Gaussian rewards of docs/mathematics.md, section 2.5.

    Args:
        noise: standard deviation of one reward.
        grouping: how the methods see the datasets grouped.
        variances: `matched` tells the methods those implied by that grouping, `given` those of the
            perfect one.
    """
    settings = PriorSettings(GROUP_MEAN, GROUP_SD, ARM_SD, noise)
    truth, seen = priors.truth(settings, GROUPS), pool().regroup(grouping)
    prior = (
        priors.matched(truth, pool().grouping, seen)
        if variances == "matched"
        else priors.given(settings, seen.groups)
    )
    return Problem(_drawing(pool().grouping), truth, prior, seen)


def replayed(table: RewardTable, target: str, grouping: str = "perfect") -> Problem:
    """One target's rows of a table, drawn with replacement; the prior by the others' moments.

    Raises:
        InputError: if there are no others.
    """
    seen = table.identity.pool.regroup(grouping)
    others = [table.array(name) for name in table.built() if name != target]
    if not others:
        raise InputError(f"table {table.path} has no target beside '{target}'; build more targets")
    count = min(rewards.shape[1] for rewards in others)
    prior = priors.by_moments(np.stack([rewards[:, :count] for rewards in others]), seen)
    return Problem(environments.replay, table.array(target), prior, seen)


def groupless(name: str) -> bool:
    """Whether the method is the same whatever the grouping."""
    one = method(name)
    return {one.belief, one.judge or one.belief} <= {flat, learned_flat}


@functools.cache
def _drawing(grouping: Grouping) -> Callable[[Any], Environment]:
    """One function a grouping, so that it is compiled once."""
    return lambda prior: environments.gaussian(environments.drawn(prior, grouping), prior.noise_var)
