"""How sure one run is where it ends, and what more looks would reach."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dashjax.bandit.base import Goal, Moments, goal_for
from dashjax.bandit.certainty import Certainty, certainty
from dashjax.bandit.futures import Known
from dashjax.bandit.methods import BeliefBuilder
from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.reach import Reach, reach_of, reach_row
from dashjax.bandit.selection import SELECTIONS
from dashjax.bandit.stopping.parse import promised
from dashjax.bandit.stopping.scores import fewest_looks
from dashjax.engine import threefry
from dashjax.pools.grouping import Grouping
from dashjax.pools.pool import Pool
from dashjax.simulate.plan import Plan
from dashjax.simulate.shown_run import Shown, told
from dashjax.simulate.sweep import rules_of
from dashjax.store.results import Row

_DRAWS, _FEWEST = 4096, 1024  # that chances are counted in, and the fewest in a large pool
_AT_ONCE = 2**22  # numbers that are drawn at once
_SURE = 0.95  # that a selection is good, where no rule says how sure one wants to be


class Judged(NamedTuple):
    """What the judging belief says after some steps."""

    selected: Array  # [arm]
    moments: Moments
    weight: Array | None  # of the group in each arm's mean, [arm]; None without groups
    draws: Array  # [arm, draw]
    noise_var: Array


def judged_rows(label: Row, shown: Shown, pool: Pool) -> dict[str, list[Row]]:
    """The frames `certainty` and `reach` of one run, where its stop rule ends it, or at its end."""
    judged, sure = _certainty(shown)
    pulls = np.bincount(shown.course.arm[: shown.end], minlength=shown.problem.grouping.arms)
    return {
        "certainty": _certainty_rows(label, shown, pool, (judged, sure, pulls)),
        "reach": _reach_rows(label, shown, pool, (judged, pulls)),
    }


def _certainty_rows(
    label: Row, shown: Shown, pool: Pool, found: tuple[Judged, Certainty, np.ndarray]
) -> list[Row]:
    """How sure the run is of every dataset."""
    (judged, sure, pulls), grouping = found, shown.problem.grouping
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


def _reach_rows(
    label: Row, shown: Shown, pool: Pool, found: tuple[Judged, np.ndarray]
) -> list[Row]:
    """A row a tolerance: whether it is reached, and what it still needs.

    There are none where the pool is so large that too few draws were made, or where nothing is
    known of the noise.
    """
    (judged, pulls), plan = found, shown.plan
    noise_var = float(judged.noise_var)
    if judged.draws.shape[1] < _FEWEST or not 0 < noise_var < np.inf:
        return []
    rule = next(iter(rules_of(shown.method, plan)), None)
    sure = rule and promised(rule.name, plan.tolerance, plan.tolerance_share)
    looks = LOOKS if rule is None or fewest_looks(RIVALS) in rule.scores else 0
    known = Known(np.asarray(judged.moments.mean), np.asarray(judged.draws), noise_var, pulls)
    goal = _goal(
        shown.problem.grouping,
        plan,
        None if shown.problem.available is None else np.asarray(shown.problem.available),
        shown.problem.floor,
    )
    stopped = shown.stopped <= plan.steps and bool(sure)
    return [
        label
        | {"step": shown.end, "probability": sure or _SURE}
        | _of_tolerance(one, pool, stopped=stopped and one.tolerance == plan.tolerance)
        for one in reach_of(known, goal, plan.tolerance, sure or _SURE, looks)
    ]


def _of_tolerance(found: Reach, pool: Pool, *, stopped: bool) -> Row:
    """One tolerance as plain values; it is reached where the run was stopped for it."""
    if stopped and not found.reached:
        found = found._replace(reached=True, looks=0, looks_low=0, looks_high=0)
    return reach_row(found, lambda arm: pool.datasets[arm])


def _certainty(shown: Shown) -> tuple[Judged, Certainty]:
    """Moments and selection where the run is judged, and what many draws say of them."""
    method, problem, plan, seed, (arm, reward, _), _ = shown
    count = _most_at_once(problem.grouping.arms)

    def judged(key: Array) -> Judged:
        return _judged(
            key,
            arm,
            reward,
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
    state = told(belief, belief.init(), (arm, reward), 0, end)
    choose = SELECTIONS[plan.selection](_goal(grouping, plan, available, floor))
    return Judged(
        choose(belief, state, jnp.arange(grouping.arms, dtype=jnp.int32)),
        belief.moments(state),
        belief.groups.weight(state) if belief.groups else None,
        belief.sample(key, state, count),
        belief.noise_var(state),
    )
