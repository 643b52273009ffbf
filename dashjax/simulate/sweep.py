"""Many runs at once: seeds in blocks of one size, compiled once, spread over the devices."""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from dashjax.bandit.base import Environment, goal_for
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.methods import Method, agent
from dashjax.bandit.rollout import Run, rollout
from dashjax.bandit.selection import SELECTIONS
from dashjax.bandit.stopping.parse import for_tolerance
from dashjax.bandit.stopping.rules import Rule
from dashjax.engine import loop, threefry
from dashjax.engine.batches import Rounds, at_once, handed_over, in_turn, rounds_of
from dashjax.engine.sizes import in_words
from dashjax.errors import InputError, unknown
from dashjax.pools.grouping import Grouping
from dashjax.simulate import limits
from dashjax.simulate.calibrated import is_calibrated
from dashjax.simulate.metrics import Block, Results, Tally
from dashjax.simulate.plan import Plan

_PLAIN = 16  # numbers an arm that a belief works on without a grid
_TRACING = threading.Lock()  # for Python traces in one thread at a time; the others may compile


Keep = Callable[[Run, Method, Plan], Any]


class Problem(NamedTuple):
    """What the methods are to solve.

    `build(data)` makes the environment; the same function must be passed for the same kind of
    environment (it is part of what was compiled), while the arrays may change freely: problems that
    differ in them alone share one compiled program.
    """

    build: Callable[[Any], Environment]
    data: Any
    prior: Prior
    grouping: Grouping
    costs: Any = None  # of one step with each arm, [arm]; all 1 if None
    available: Any = None  # which arms there are, [arm]; all if None
    floor: Any = None  # the utility of taking nothing, []; none if None
    centre: float = 0.0  # what all utilities here are counted from, so that float32 is enough

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What may change without compiling anew."""
        return self.data, self.prior, self.costs, self.available, self.floor


def sweep(
    method: Method,
    problem: Problem,
    plan: Plan,
    *,
    seeds: int,
    seed: int = 0,
    course: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> Results:
    """Runs numbered 0 to `seeds` - 1 of one method, reduced to what the metrics need.

    A run's result depends on its number, `seed` and the configuration alone: not on how many runs
    there are, on how many devices, or on which other methods are run.

    Args:
        method: what to run.
        problem: what to solve.
        plan: how long, and for what selection.
        seeds: how many runs.
        seed: decides all of them.
        course: whether the course of the first run is kept.
        advance: is told the number of runs done since the last call.

    Raises:
        InputError: if a number is out of range or the selection is unknown.
    """
    check(method, problem, plan, seeds)
    tally = Tally(method.name, plan, tuple(rule.name for rule in rules_of(method, plan)))
    for block in blocks(method, problem, plan, seeds=seeds, seed=seed, course=course):
        tally.add(block)
        advance(len(block.regret))
    return tally.results()


def blocks(
    method: Method, problem: Problem, plan: Plan, *, seeds: int, seed: int, course: bool = False
) -> Iterator[Block]:
    """The blocks of a sweep as NumPy arrays, in the order of the seeds."""
    for kept in runs(method, problem, plan, _KEEPS[course], seeds=seeds, seed=seed):
        yield Block(*kept)


def runs(
    method: Method, problem: Problem, plan: Plan, keep: Keep, *, seeds: int, seed: int
) -> Iterator[Any]:
    """What is kept of every run, a block at a time, as NumPy arrays `[seed, ...]`.

    They come in the order of the seeds, cut in the same places on any number of devices and hosts,
    so that sums over them do not depend on those either.

    What `keep` does not look at is not computed: to keep arms and regret alone is several times
    quicker than a whole `sweep`. Where several hosts are joined (see `hosts`), each computes its
    devices' share, and all get all.

    Args:
        method: what to run.
        problem: what to solve.
        plan: how long, and for what selection.
        keep: `keep(run, method, plan)`, a function of one run to arrays; the same function each
            time, for it is part of what is compiled.
        seeds: how many runs, from number 0.
        seed: decides all of them.

    Raises:
        InputError: if another host fails.
    """
    rounds = _rounds_of(method, problem, plan, seeds)
    given, how = _given(problem, seeds, seed), _how(method, problem, plan, keep)
    return handed_over(rounds, lambda numbers: _compute(numbers, given, **how))


def prepare(
    method: Method, problem: Problem, plan: Plan, *, seeds: int, course: bool = False
) -> jax.stages.Compiled:
    """Compiles what a sweep will run, which may be done in another thread; `check` it before."""
    numbers = _rounds_of(method, problem, plan, seeds).numbers(0)
    how = _how(method, problem, plan, _KEEPS[course])
    with _TRACING:
        lowered = _compute.lower(numbers, _given(problem, seeds, 0), **how)
    return lowered.compile()


def _rounds_of(method: Method, problem: Problem, plan: Plan, seeds: int) -> Rounds:
    """Smaller blocks for a belief that works on a grid of numbers for each group."""
    arms = problem.grouping.arms
    numbers = method.belief(problem.prior, problem.grouping).numbers
    touched = numbers if numbers > _PLAIN * arms else 0
    return rounds_of(plan.steps, arms, seeds, ends_early=plan.until_stopped, touched=touched)


def _how(method: Method, problem: Problem, plan: Plan, keep: Keep) -> dict[str, Any]:
    """What is part of what is compiled."""
    asked = {"method": method, "plan": plan, "keep": keep, "at_once": at_once()}
    return asked | {"build": problem.build, "grouping": problem.grouping}


def _given(problem: Problem, seeds: int, seed: int) -> tuple[Any, ...]:
    """What all rounds are given, on every device: so it need not be sent there in each."""
    everywhere = NamedSharding(_devices(), PartitionSpec())
    return jax.device_put((threefry.key(seed), np.uint32(seeds), problem.arrays), everywhere)


def _devices() -> jax.sharding.Mesh:
    """This host's devices, which share the blocks."""
    local = jax.local_devices()
    automatic = (jax.sharding.AxisType.Auto,)
    return jax.make_mesh((len(local),), ("block",), axis_types=automatic, devices=local)


def run_once(
    method: Method, problem: Problem, plan: Plan, *, seed: int = 0, number: int = 0
) -> Run:
    """One run of a sweep in full, the one with that number, as NumPy arrays."""
    run = _one_run(
        threefry.key(seed),
        np.uint32(number),
        problem.arrays,
        build=problem.build,
        method=method,
        grouping=problem.grouping,
        plan=plan,
    )
    return jax.device_get(run)


def rules_of(method: Method, plan: Plan) -> tuple[Rule, ...]:
    """The stop rules that are looked at: those asked for, else the method's own.

    The method's own takes on the plan's tolerance.
    """
    if plan.stop or method.stop is None:
        return plan.stop
    return (for_tolerance(method.stop, plan.tolerance),)


def check(method: Method, problem: Problem, plan: Plan, seeds: int) -> None:
    """Refuses numbers that make no sense, and runs that are to end by a rule that is not given.

    Raises:
        InputError: naming the number and its range, or the method.
    """
    arms = problem.grouping.arms
    if not 1 <= plan.select <= arms:
        raise InputError(
            f"cannot select {in_words(plan.select)} of {arms} datasets; give 1 to {arms}"
        )
    if not 0 <= plan.tolerance < float("inf"):
        raise InputError(f"the tolerance is {plan.tolerance}; it must be 0 or more, and finite")
    limits.check(
        limits.Size(
            seeds,
            plan.steps,
            arms,
            rules=len(rules_of(method, plan)),
            ends_early=plan.until_stopped,
        )
    )
    if plan.selection not in SELECTIONS:
        raise unknown("selection", plan.selection, SELECTIONS)
    if not 1 <= plan.batch <= arms:
        raise InputError(
            f"a batch of {in_words(plan.batch)} of {arms} datasets; give --batch 1 to {arms}"
        )
    if any(map(is_calibrated, plan.stop)):
        raise InputError(
            "stop rule calibrated takes its threshold from the other targets of a table, and there "
            "are none; replay a table, or give good-selection"
        )
    if plan.until_stopped and not rules_of(method, plan):
        raise InputError(
            f"'{method.name}' has no stop rule of its own, and runs are to end when stopped; give "
            f"--stop, or leave out --until-stopped"
        )


@functools.partial(
    jax.jit, static_argnames=("build", "method", "grouping", "plan", "keep", "at_once")
)
def _compute(numbers, given, *, build, method, grouping, plan, keep, at_once):
    """Blocks of runs `[block, ..., seed]`; each device computes its own.

    Blocks that begin beyond the last run may be left empty.
    """
    everywhere, by_block = PartitionSpec(), PartitionSpec("block")

    def mine(numbers, given):
        def one(number, given):
            root, _, arrays = given
            key = jax.random.fold_in(root, number)
            run = _run(key, arrays, build, method, grouping, plan, loop.fast)
            return keep(run, method, plan)

        each = jax.vmap(one, in_axes=(0, None), out_axes=-1)
        block = jax.jit(each, inline=True)  # so it is traced but once
        if at_once:
            return jax.vmap(block, in_axes=(0, None))(numbers, given)
        _, seeds, _ = given
        return in_turn(block, numbers, seeds, given)

    return jax.shard_map(
        mine,
        mesh=_devices(),
        in_specs=(by_block, everywhere),
        out_specs=by_block,
        check_vma=False,
    )(numbers, given)


@functools.partial(
    jax.jit,
    static_argnames=("build", "method", "grouping", "plan"),
    compiler_options={"xla_backend_optimization_level": 0},  # to compile takes longer than to run
)
def _one_run(root, number, arrays, *, build, method, grouping, plan) -> Run:
    key = jax.random.fold_in(root, number)
    return _run(key, arrays, build, method, grouping, plan, loop.plain)


def _run(
    key: Any,
    arrays: tuple[Any, ...],
    build: Callable[[Any], Environment],
    method: Method,
    grouping: Grouping,
    plan: Plan,
    scan: loop.Loop,
) -> Run:
    data, prior, costs, available, floor = arrays
    goal = goal_for(
        grouping.arms, plan.select, plan.steps, costs=costs, available=available, floor=floor
    )
    return rollout(
        key,
        agent(method, prior, grouping, goal),
        build(data),
        goal,
        selector=SELECTIONS[plan.selection](goal),
        rules=rules_of(method, plan),
        until_stopped=plan.until_stopped,
        batch=plan.batch,
        scan=scan,
    )


def _reduce(run: Run, method: Method, plan: Plan) -> tuple[Any, ...]:
    """The fields of a `Block` but the last, for one run."""
    last = jnp.minimum(run.stopped, plan.steps) - 1
    regret_then, cost_then = run.simple_regret[last], run.progress.spent[last]
    whole = run.simple_regret, run.total_regret, run.pulls, run.selection
    return *whole, run.stopped, regret_then, cost_then


def _with_course(run: Run, method: Method, plan: Plan) -> tuple[Any, ...]:
    """The fields of a `Block`, for one run."""
    return *_reduce(run, method, plan), (run.arm, run.reward)


_KEEPS = {False: _reduce, True: _with_course}
