"""Frames: what an experiment found, as rows of plain values, ready for disk, table and plot."""

import functools
from collections import Counter
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dashjax.bandit.base import Moments, goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.certainty import Certainty, certainty
from dashjax.bandit.methods import BeliefBuilder, Method
from dashjax.bandit.stopping.parse import promised
from dashjax.engine import threefry
from dashjax.engine.top_k import is_among_largest
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.simulate import metrics
from dashjax.simulate.metrics import Course, Results
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem
from dashjax.store.results import Row

SNAPSHOTS = (0, 5, 15, 60)  # steps after which the posterior is shown


def curve_rows(label: Row, results: Results) -> list[Row]:
    """Simple regret and share of right selections after every step, with 95 % bands."""
    low, high = metrics.share_interval(results.right, results.seeds)
    half = metrics.NORMAL_95 * results.simple_regret_error
    return [
        label
        | {
            "method": results.method,
            "step": step + 1,
            "simple_regret": float(results.simple_regret[step]),
            "simple_regret_low": float(results.simple_regret[step] - half[step]),
            "simple_regret_high": float(results.simple_regret[step] + half[step]),
            "right": float(results.right[step]),
            "right_low": float(low[step]),
            "right_high": float(high[step]),
        }
        for step in range(results.steps)
    ]


def pull_rows(label: Row, results: Results, pool: Pool) -> list[Row]:
    """Mean and largest number of pulls of every dataset over a run."""
    return [
        label
        | {
            "method": results.method,
            "dataset": dataset,
            "group": pool.groups[pool.group[arm]],
            "pulls": float(results.pulls[arm]),
            "most_pulls": int(results.most_pulls[arm]),
        }
        for arm, dataset in enumerate(pool.datasets)
    ]


def selection_rows(label: Row, results: Results, pool: Pool) -> list[Row]:
    """The final selections, the commonest first."""
    found = Counter(map(bytes, np.packbits(results.selection, axis=1)))  # quicker than np.unique
    counts = {_places(packed): runs for packed, runs in found.items()}
    return [
        label
        | {
            "method": results.method,
            "datasets": [pool.datasets[arm] for arm in arms],
            "runs": runs,
            "share": runs / results.seeds,
        }
        for arms, runs in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _places(packed: bytes) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8))).tolist())


def stop_rows(label: Row, results: Results) -> list[Row]:
    """How each stop rule did, and the probability of a good selection that it promises."""
    return [
        label
        | {"method": results.method}
        | metrics.stop_row(results, number)
        | {"promised": promised(text, results.tolerance)}
        for number, text in enumerate(results.rules)
    ]


class Shown(NamedTuple):
    """A run that is shown: what it was asked to do, and what it did."""

    method: Method
    problem: Problem
    plan: Plan
    seed: int
    course: Course
    stopped: int  # where its first stop rule ends it; beyond the last step if none does


def certainty_rows(label: Row, shown: Shown, pool: Pool) -> list[Row]:
    """How sure one run is of every dataset where its stop rule ends it, or at its end."""
    method, problem, plan, seed, course, stopped = shown
    end = min(stopped, plan.steps)
    selected, sure = _sure(
        threefry.key(seed),
        course.arm,
        course.reward,
        end,
        problem.prior,
        plan.tolerance,
        build=method.judge or method.belief,
        grouping=problem.grouping,
        select=plan.select,
    )
    chosen, sure = jax.device_get((selected, sure))
    pulls = np.bincount(course.arm[:end], minlength=len(chosen))
    whole: Row = {
        "step": end,
        "stopped": stopped <= plan.steps,
        "chance_good": float(sure.chance_good),
        "expected_loss": float(sure.expected_loss),
    }
    return [
        label
        | whole
        | {
            "dataset": name,
            "group": problem.grouping.names[problem.grouping.group[arm]],
            "selected": bool(chosen[arm]),
            "pulls": int(pulls[arm]),
            "mean": float(sure.mean[arm]),
            "sd": float(sure.sd[arm]),
            "chance_best": float(sure.chance_best[arm]),
            "rank_low": int(sure.rank_low[arm]),
            "rank_high": int(sure.rank_high[arm]),
            "shrinkage": float(sure.shrinkage[arm]),
        }
        for arm, name in enumerate(pool.datasets)
    ]


def reward_rows(target: str, pool: Pool, rewards: np.ndarray) -> list[Row]:
    """Mean reward of every dataset that has one for a target, and its standard error."""
    count = (~np.isnan(rewards)).sum(axis=1)
    mean = np.nansum(rewards, axis=1) / np.maximum(count, 1)
    squares = np.nansum((rewards - mean[:, None]) ** 2, axis=1)
    error = np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1))
    return [
        {
            "target": target,
            "dataset": dataset,
            "group": pool.groups[pool.group[arm]],
            "utility": float(mean[arm]),
            "error": float(error[arm]) if count[arm] > 1 else None,
        }
        for arm, dataset in enumerate(pool.datasets)
        if count[arm]
    ]


def posterior_rows(label: Row, shown: Shown, pool: Pool) -> list[Row]:
    """The exact posterior of one run's groups and datasets after 0, 5, 15 and 60 steps."""
    course, problem = shown.course, shown.problem
    steps = [step for step in SNAPSHOTS if step <= np.sum(course.arm >= 0)]
    pulled = course.arm[: steps[-1]], course.reward[: steps[-1]]
    found = jax.device_get(_posteriors(*pulled, problem.prior, grouping=problem.grouping))
    rows: list[Row] = []
    for step in steps:
        pulls = np.bincount(course.arm[:step], minlength=len(pool.datasets))
        mean, var = (field[step] for field in found)
        units = _units(problem.grouping, mean, var**0.5, pool, pulls)
        rows += [label | {"step": step} | row for row in units]
    return rows


@functools.partial(jax.jit, static_argnames=("build", "grouping", "select"))
def _sure(
    key,
    arm,
    reward,
    end,
    prior,
    tolerance,
    *,
    build: BeliefBuilder,
    grouping: Grouping,
    select: int,
) -> tuple[Array, Certainty]:
    """The best set by posterior mean after `end` steps of a run, and how sure one may be of it."""
    belief = build(prior, grouping)
    state = jax.lax.fori_loop(
        0, end, lambda step, state: belief.update(state, arm[step], reward[step]), belief.init()
    )
    selected = is_among_largest(belief.moments(state).mean, select)
    return selected, certainty(
        key, belief, state, selected, goal=goal_for(grouping.arms, select, 1), tolerance=tolerance
    )


@functools.partial(jax.jit, static_argnames=("grouping",))
def _posteriors(arm, reward, prior, *, grouping: Grouping) -> Moments:
    """The exact posterior before the first step of a run and after each, groups first."""
    belief = exact(prior, grouping)

    def units(state) -> Moments:
        assert belief.groups
        both = belief.groups.moments(state), belief.moments(state)
        return Moments(*(jnp.concatenate(parts) for parts in zip(*both, strict=True)))

    def one(state, pull):
        state = belief.update(state, *pull)
        return state, units(state)

    first = units(belief.init())
    _, after = jax.lax.scan(one, belief.init(), (arm, reward))
    return jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), first, after)


def _units(
    grouping: Grouping, mean: np.ndarray, sd: np.ndarray, pool: Pool, pulls: np.ndarray
) -> list[Row]:
    """A row per group and per dataset."""
    names = [("group", name, name) for name in grouping.names] + [
        ("dataset", name, grouping.names[group])
        for name, group in zip(pool.datasets, grouping.group, strict=True)
    ]
    group_pulls = np.bincount(np.asarray(grouping.group), pulls, grouping.groups)
    counts = np.concatenate([group_pulls, pulls])
    return [
        {
            "level": level,
            "name": name,
            "group": group,
            "pulls": int(counts[unit]),
            "mean": float(mean[unit]),
            "sd": float(sd[unit]),
        }
        for unit, (level, name, group) in enumerate(names)
    ]
