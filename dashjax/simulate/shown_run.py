"""One run looked at closely: what its belief held on the way."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dashjax.bandit.base import Belief, Moments, State
from dashjax.bandit.methods import BeliefBuilder, Method
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem
from dashjax.simulate.typical import Course
from dashjax.store.results import Row

SNAPSHOTS = (0, 5, 15, 60)  # steps after which the posterior is shown


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


class Snapshots(NamedTuple):
    """What the acting belief held at some steps."""

    arms: Moments  # [snapshot, arm]
    groups: Moments | None  # [snapshot, group]; None for a belief without groups
    members: Array | None  # the arms of each group, [group, slot], -1 where there is none


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
        state = told(belief, state, (arm, reward), begin, end)
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


def told(belief: Belief, state: State, pulls: tuple[Array, Array], begin: Any, end: Any) -> State:
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
