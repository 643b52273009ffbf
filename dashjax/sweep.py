"""Many runs at once: seeds in blocks of one size, compiled once, spread over the devices."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from dashjax.base import Source
from dashjax.errors import InputError
from dashjax.gaussian import Prior
from dashjax.methods import SELECTIONS, Method
from dashjax.metrics import Block, Results, Tally
from dashjax.pool import Grouping
from dashjax.rollout import Run, rollout
from dashjax.settings import Plan

BLOCK = 512  # seeds that run together on a device
MOST_STEPS = 1_000_000  # each has a place in the memory of every run


class Problem(NamedTuple):
    """What the methods are to solve.

    `build(data)` makes the source; the same function must be passed for the same kind of source
    (it is part of what was compiled), while `data` and `prior` are arrays and may change freely.
    """

    build: Callable[[Any], Source]
    data: Any
    prior: Prior
    grouping: Grouping


def sweep(
    method: Method,
    problem: Problem,
    plan: Plan,
    *,
    seeds: int,
    seed: int = 0,
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
        advance: is told the number of runs done since the last call.

    Raises:
        InputError: if a number is out of range or the selection is unknown.
    """
    check(plan, problem.grouping.arms, seeds)
    tally = Tally(method.name, plan.steps, plan.select, plan.tolerance)
    for block in blocks(method, problem, plan, seeds=seeds, seed=seed):
        tally.add(block)
        advance(len(block.regret))
    return tally.results()


def blocks(
    method: Method, problem: Problem, plan: Plan, *, seeds: int, seed: int
) -> Iterator[Block]:
    """The blocks of a sweep as NumPy arrays, in the order of the seeds."""
    root = jax.random.key(seed)
    width = BLOCK * jax.local_device_count()
    compiled = functools.partial(
        _block, build=problem.build, method=method, grouping=problem.grouping, plan=plan
    )
    for first in range(0, seeds, width):
        numbers = jnp.arange(first, first + width, dtype=jnp.uint32)
        block = compiled(root, numbers, problem.data, problem.prior)
        keep = min(width, seeds - first)
        yield Block(*(np.asarray(field)[:keep] for field in block))


def run_once(
    method: Method, problem: Problem, plan: Plan, *, seed: int = 0, number: int = 0
) -> Run:
    """One run of a sweep in full: the one with that number."""
    key = jax.random.fold_in(jax.random.key(seed), number)
    return _one_run(
        key,
        problem.data,
        problem.prior,
        method=method,
        plan=plan,
        build=problem.build,
        grouping=problem.grouping,
    )


def check(plan: Plan, arms: int, seeds: int) -> None:
    """Refuses numbers that make no sense.

    Raises:
        InputError: naming the number and its range.
    """
    if not 1 <= plan.select <= arms:
        raise InputError(f"cannot select {plan.select} of {arms} datasets; give 1 to {arms}")
    if plan.steps < 1 or seeds < 1:
        raise InputError(f"{plan.steps} steps, {seeds} seeds: both must be at least 1")
    if plan.steps > MOST_STEPS:
        raise InputError(f"{plan.steps} steps are more than {MOST_STEPS:,}; give fewer")
    if not 0 <= plan.tolerance < float("inf"):
        raise InputError(f"the tolerance is {plan.tolerance}; it must be 0 or more")
    if plan.selection not in SELECTIONS:
        known = ", ".join(SELECTIONS)
        raise InputError(f"unknown selection '{plan.selection}'; choose from {known}")


@functools.partial(jax.jit, static_argnames=("build", "method", "grouping", "plan"))
def _block(root, numbers, data, prior, *, build, method, grouping, plan):
    """One block on every device; each device runs the same program on its own `BLOCK` seeds."""
    mesh = jax.make_mesh(
        (jax.local_device_count(),), ("seed",), axis_types=(jax.sharding.AxisType.Auto,)
    )
    everywhere, by_seed = PartitionSpec(), PartitionSpec("seed")

    def runs(root, numbers, data, prior):
        def one(number):
            key = jax.random.fold_in(root, number)
            return _reduce(_run(key, build(data), prior, method, grouping, plan), grouping.arms)

        return jax.vmap(one)(numbers)

    return jax.shard_map(
        runs,
        mesh=mesh,
        in_specs=(everywhere, by_seed, everywhere, everywhere),
        out_specs=by_seed,
        check_vma=False,
    )(root, numbers, data, prior)


@functools.partial(jax.jit, static_argnames=("method", "plan", "build", "grouping"))
def _one_run(key, data, prior, *, method, plan, build, grouping) -> Run:
    return _run(key, build(data), prior, method, grouping, plan)


def _run(key, source: Source, prior: Prior, method: Method, grouping: Grouping, plan: Plan) -> Run:
    return rollout(
        key,
        method.policy(method.belief(prior, grouping)),
        source,
        belief=method.judge(prior, grouping),
        choose=SELECTIONS[plan.selection](plan.select, grouping.arms),
        select=plan.select,
        steps=plan.steps,
    )


def _reduce(run: Run, arms: int) -> tuple[jax.Array, ...]:
    """The fields of a `Block`, for one run."""
    pulled = run.arm[:, None] == jnp.arange(arms, dtype=run.arm.dtype)[None, :]
    pulls = jnp.sum(pulled, axis=0, dtype=jnp.int32)
    return run.simple_regret, jnp.sum(run.regret), pulls, run.selection
