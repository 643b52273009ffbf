"""One run looked at closely: what its belief held on the way, and how sure it was in the end."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dashjax.bandit.base import Belief, Goal, Moments, State, goal_for
from dashjax.bandit.certainty import Certainty, certainty
from dashjax.bandit.methods import BeliefBuilder, Method
from dashjax.bandit.selection import SELECTIONS
from dashjax.engine import threefry
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.simulate.metrics import Course
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem
from dashjax.store.results import Row

SNAPSHOTS = (0, 5, 15, 60)  # steps after which the posterior is shown
_DRAWS, _FEWEST = 4096, 1024  # that chances are counted in, and the fewest in a large pool
_AT_ONCE = 2**22  # numbers that are drawn at once


class Shown(NamedTuple):
    """A run that is shown: what it was asked to do, and what it did."""

    method: Method
    problem: Problem
    plan: Plan
    seed: int
    course: Course
    stopped: int  # where its first stop rule ends it; beyond the last step if none does

    @property
    def candidates(self) -> np.ndarray:
        """The arms that there are for the target, in their order."""
        available = self.problem.available
        arms = np.arange(self.problem.grouping.arms)
        return arms if available is None else arms[np.asarray(available)]

    @property
    def end(self) -> int:
        """After how many steps the run is judged: where its stop rule ends it, or its last."""
        return min(self.stopped, self.plan.steps)


class Judged(NamedTuple):
    """What the judging belief says after some steps."""

    selected: Array  # [arm]
    moments: Moments
    weight: Array | None  # of the group in each arm's mean, [arm]; None without groups
    draws: Array  # [arm, draw]


class Snapshots(NamedTuple):
    """What the acting belief held at some steps."""

    arms: Moments  # [snapshot, arm]
    groups: Moments | None  # [snapshot, group]; None for a belief without groups
    members: Array | None  # the arms of each group, [group, slot], -1 where there is none


def certainty_rows(label: Row, shown: Shown, pool: Pool) -> list[Row]:
    """How sure one run is of every dataset where its stop rule ends it, or at its end."""
    judged, sure = _certainty(shown)
    grouping = shown.problem.grouping
    pulls = np.bincount(shown.course.arm[: shown.end], minlength=grouping.arms)
    floor = shown.problem.floor
    floored = floor is not None and bool(np.isfinite(floor))
    label = label | {
        "step": shown.end,
        "stopped": shown.stopped <= shown.plan.steps,
        "chance_good": sure.chance_good,
        "expected_loss": sure.expected_loss,
        "chance_none_helps": sure.chance_none_helps if floored else None,
    }
    weight = None if judged.weight is None else np.asarray(judged.weight)
    mean, sd = np.asarray(judged.moments.mean), np.sqrt(np.asarray(judged.moments.var))
    selected = np.asarray(judged.selected)
    return [
        label
        | {
            "dataset": pool.datasets[arm],
            "group": grouping.names[grouping.group[arm]],
            "selected": bool(selected[arm]),
            "pulls": int(pulls[arm]),
            "mean": shown.problem.centre + float(mean[arm]),
            "sd": float(sd[arm]),
            "chance_best": float(sure.chance_best[arm]),
            "chance_above_floor": float(sure.chance_above_floor[arm]) if floored else None,
            "rank_low": int(sure.rank_low[arm]),
            "rank_high": int(sure.rank_high[arm]),
            "shrinkage": None if weight is None else float(weight[arm]),
        }
        for arm in shown.candidates
    ]


def posterior_rows(label: Row, shown: Shown, pool: Pool) -> list[Row]:
    """What the run's belief held of groups and datasets after 0, 5, 15 and 60 steps.

    It is the belief that the method acted on, with its own groups; one that has no groups has no
    rows of them.
    """
    course, grouping = shown.course, shown.problem.grouping
    steps = [step for step in SNAPSHOTS if step <= np.sum(course.arm >= 0)]
    found = _snapshots(
        course.arm,  # the whole of it: a run may end before the first snapshot
        course.reward,
        np.array(steps, np.int32),
        shown.problem.prior,
        build=shown.method.belief,
        grouping=grouping,
    )
    found = _counted_from_zero(jax.device_get(found), shown.problem.centre)
    members = None if found.members is None else np.asarray(found.members)
    names, group = _groups(members, grouping)
    rows: list[Row] = []
    for place, step in enumerate(steps):
        pulls = np.bincount(course.arm[:step], minlength=grouping.arms)
        here = label | {"step": step}
        if found.groups is not None:
            count = np.bincount(group, pulls, len(names))
            rows += _units(here | {"level": "group"}, names, names, count, found.groups, place)
        owners = [names[number] for number in group]
        unit = here | {"level": "dataset"}
        datasets = _units(unit, pool.datasets, owners, pulls, found.arms, place)
        rows += [datasets[arm] for arm in shown.candidates]
    return rows


def _certainty(shown: Shown) -> tuple[Judged, Certainty]:
    """Moments and selection where the run is judged, and what many draws say of them."""
    method, problem, plan, seed, course, _ = shown
    count = _most_at_once(problem.grouping.arms)

    def judged(key: Array) -> Judged:
        return _judged(
            key,
            *course,
            shown.end,
            (problem.prior, problem.available, problem.floor),
            build=method.judge or method.belief,
            grouping=problem.grouping,
            plan=plan,
            count=count,
        )

    key = threefry.key(seed)
    first = judged(key)

    def parts() -> Iterator[np.ndarray]:
        yield np.asarray(first.draws)
        for part in range(1, _parts(count)):
            yield np.asarray(judged(jax.random.fold_in(key, part)).draws)

    goal = _goal(problem.grouping, plan, problem.available, problem.floor)
    sure = certainty(parts(), np.asarray(first.selected), goal=goal, tolerance=plan.tolerance)
    return first, sure


def _most_at_once(arms: int) -> int:
    """Draws of one part: all of them for some hundreds of arms; a power of two."""
    return min(_DRAWS, 1 << (_AT_ONCE // arms).bit_length() - 1) if arms < _AT_ONCE else 1


def _parts(count: int) -> int:
    """How many parts there are; one of all draws, or so many that the fewest are drawn."""
    return -(-_FEWEST // count)


def _goal(grouping: Grouping, plan: Plan, available: Any, floor: Any) -> Goal:
    return goal_for(grouping.arms, plan.select, plan.steps, available=available, floor=floor)


@functools.partial(jax.jit, static_argnames=("build", "grouping", "plan", "count"))
def _judged(
    key: Array,
    arm: Array,
    reward: Array,
    end: Array,
    arrays: tuple[Any, ...],
    *,
    build: BeliefBuilder,
    grouping: Grouping,
    plan: Plan,
    count: int,
) -> Judged:
    """The selection after `end` steps of a run, and what the belief then says."""
    prior, available, floor = arrays
    belief = build(prior, grouping)
    state = _told(belief, belief.init(), (arm, reward), 0, end)
    choose = SELECTIONS[plan.selection](_goal(grouping, plan, available, floor))
    return Judged(
        choose(belief, state, jnp.arange(grouping.arms, dtype=jnp.int32)),
        belief.moments(state),
        belief.groups.weight(state) if belief.groups else None,
        belief.sample(key, state, count),
    )


@functools.partial(jax.jit, static_argnames=("build", "grouping"))
def _snapshots(
    arm: Array,
    reward: Array,
    steps: Array,
    prior: Any,
    *,
    build: BeliefBuilder,
    grouping: Grouping,
) -> Snapshots:
    """What a belief holds after each number of steps of a run."""
    belief = build(prior, grouping)
    groups = belief.groups

    def until(carry: Any, end: Array) -> Any:
        state, begin = carry
        state = _told(belief, state, (arm, reward), begin, end)
        both = belief.moments(state), groups.moments(state) if groups else None
        return (state, end), both

    start = belief.init(), jnp.zeros((), steps.dtype)
    _, (arms, of_groups) = jax.lax.scan(until, start, steps)
    return Snapshots(arms, of_groups, jnp.asarray(groups.arms) if groups else None)


def _counted_from_zero(found: Snapshots, centre: float) -> Snapshots:
    """The same with means in units of reward."""

    def moved(moments: Moments) -> Moments:
        return moments._replace(mean=centre + np.asarray(moments.mean, np.float64))

    groups = moved(found.groups) if found.groups else None
    return found._replace(arms=moved(found.arms), groups=groups)


def _told(belief: Belief, state: State, pulls: tuple[Array, Array], begin: Any, end: Any) -> State:
    """The belief's state after the pulls from `begin` to before `end`."""
    arm, reward = pulls

    def one(step: Array, state: State) -> State:
        return belief.update(state, arm[step], reward[step])

    return jax.lax.fori_loop(begin, end, one, state)


def _groups(members: np.ndarray | None, grouping: Grouping) -> tuple[list[str], np.ndarray]:
    """Names of the groups that a belief has, and the group of each arm, `[arm]`.

    A group of the belief's own that is none of the grouping's is called `all` where it is the only
    one, else by its number.
    """
    if members is None:
        return list(grouping.names), np.asarray(grouping.group)
    known = {
        frozenset(own[own >= 0]): n for own, n in zip(grouping.arm, grouping.names, strict=True)
    }
    group, names = np.zeros(grouping.arms, np.int64), []
    for number, own in enumerate(members):
        other = "all" if len(members) == 1 else f"group {number + 1}"
        names.append(known.get(frozenset(own[own >= 0]), other))
        group[own[own >= 0]] = number
    return names, group


def _units(
    label: Row, names: Any, owners: Any, pulls: np.ndarray, moments: Moments, place: int
) -> list[Row]:
    """A row a unit, with its moments at one of the snapshots."""
    mean, sd = moments.mean[place], np.sqrt(moments.var[place])
    figures = zip(names, owners, pulls, mean, sd, strict=True)
    return [
        label
        | {
            "name": name,
            "group": owner,
            "pulls": int(count),
            "mean": float(middle),
            "sd": float(spread),
        }
        for name, owner, count, middle, spread in figures
    ]
