"""The numeric part of a study: what is believed, what is asked next, and whether it is enough.

Everything is compiled once for a shape; which datasets are available, what they cost and what was
seen are arguments. A study that is told a table's rewards does what `simulate.replay` does with the
same seed.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dashjax.bandit import agent as agents
from dashjax.bandit.agent import Agent, AgentState
from dashjax.bandit.base import Belief, Goal, Moments, goal_for
from dashjax.bandit.futures import MOST_NEAR
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.methods import Method, agent
from dashjax.bandit.selection import top_k
from dashjax.bandit.stopping.scores import Score
from dashjax.engine import indexing, threefry
from dashjax.engine.top_k import turns
from dashjax.pools.grouping import Grouping

_CHUNK = 64  # looks that are learned from in one call, and room for those that are out
_DRAWS, _PARTS = 1024, 4  # joint draws that certainty is counted in, and of how many
# small programs, which take longer to compile than to run
_QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
_compiled = functools.partial(jax.jit, static_argnames="static", compiler_options=_QUICKLY)


class Static(NamedTuple):
    """What is part of what is compiled."""

    method: Method
    grouping: Grouping
    select: int
    steps: int
    equal_costs: bool
    has_floor: bool


class Given(NamedTuple):
    """What may change without compiling anew."""

    key: Any  # of the study's seed
    prior: Prior
    costs: np.ndarray  # [arm]
    available: np.ndarray  # [arm]
    floor: np.ndarray  # [], from the centre


class Known(NamedTuple):
    """What was learned so far."""

    agent: AgentState
    pulls: Int[Array, " arm"]
    selection: Bool[Array, " arm"]
    looks: Int[Array, ""]
    changed: Int[Array, ""]  # looks made when the selection last changed


class Measured(NamedTuple):
    """What is thought after the looks so far; rewards are counted from the centre."""

    scores: dict[Score, Any]
    mean: np.ndarray  # [arm]
    sd: np.ndarray  # [arm]
    selection: np.ndarray  # [arm]
    pulls: np.ndarray  # [arm]
    unchanged_for: np.ndarray  # [], looks since the selection last changed


class Closer(NamedTuple):
    """What is believed of some arms together, and of the groups; means are from the centre."""

    cov: Float[Array, "some some"]
    noise_var: Float[Array, ""]
    groups: Moments | None  # [group]; None for a belief that has no groups, or others
    weight: Float[Array, " arm"] | None  # of the group in each arm's mean


def learn(
    static: Static, given: Given, known: Known | None, arms: Sequence[int], rewards: Sequence[float]
) -> Known:
    """What is known after further looks, in their order.

    Args:
        static: what is compiled for.
        given: the rest.
        known: before; None at the start.
        arms: the arm of each look.
        rewards: what came of it, from the centre, higher is better.
    """
    known = _begin(static, given) if known is None else known
    for start in range(0, len(arms), _CHUNK):
        end = min(start + _CHUNK, len(arms))
        chunk, values = np.zeros(_CHUNK, np.int32), np.zeros(_CHUNK, np.float32)
        chunk[: end - start], values[: end - start] = arms[start:end], rewards[start:end]
        known = _learn(static, given, known, chunk, values, np.int32(end - start))
    assert known is not None
    return known


def ask(static: Static, given: Given, known: Known, step: int, pending: Sequence[int]) -> int:
    """The arm to look at next.

    Args:
        static: what is compiled for.
        given: the rest.
        known: what was learned.
        step: how many looks were asked for before.
        pending: arms whose reward is out, in the order in which they were asked for.
    """
    return int(_ask(static, given, known, np.int32(step), _with_room(pending)))


def imagined(
    static: Static, given: Given, known: Known, pending: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each arm, `[arm]`, where pending looks are imagined.

    Args:
        static: what is compiled for.
        given: the rest.
        known: what was learned.
        pending: as in `ask`.
    """
    mean, var = jax.device_get(_imagined(static, given, known, _with_room(pending)))
    return mean, np.sqrt(var)


def _with_room(pending: Sequence[int]) -> tuple[np.ndarray, np.int32]:
    """The pending arms, -1 after them, and how many they are; the room grows by doubling."""
    room = _CHUNK
    while room < len(pending):
        room *= 2
    waiting = np.full(room, -1, np.int32)
    waiting[: len(pending)] = pending
    return waiting, np.int32(len(pending))


def measure(static: Static, given: Given, known: Known, scores: tuple[Score, ...] = ()) -> Measured:
    """What is thought, and what stop rules ask for.

    Args:
        static: what is compiled for.
        given: the rest.
        known: what was learned.
        scores: what is measured.
    """
    values, (mean, var), selection = jax.device_get(_measure(static, given, known, scores))
    pulls, looks, changed = jax.device_get((known.pulls, known.looks, known.changed))
    named = dict(zip(scores, values, strict=True))
    return Measured(named, mean, np.sqrt(var), selection, pulls, looks - changed)


def closer(static: Static, given: Given, known: Known, arms: np.ndarray) -> Closer:
    """What is believed of some arms together, and of the groups.

    Args:
        static: what is compiled for.
        given: the rest.
        known: what was learned.
        arms: which, `MOST_NEAR` of them at most.
    """
    some = np.resize(arms, min(MOST_NEAR, static.grouping.arms)).astype(np.int32)
    found = jax.device_get(_closer(static, given, known, some))
    return found._replace(cov=found.cov[: len(arms), : len(arms)])


def draws(static: Static, given: Given, known: Known) -> list[np.ndarray]:
    """Joint draws of all arms from the posterior, `[arm, draw]`, in parts."""
    return [some_draws(static, given, known, part) for part in range(_PARTS)]


def some_draws(static: Static, given: Given, known: Known, part: int = 0) -> np.ndarray:
    """One part of the joint draws, `[arm, draw]`."""
    return np.asarray(_draws(static, given, known, np.uint32(part)), np.float64)


def goal_of(static: Static, given: Given) -> Goal:
    """What is wanted; what is known while a function is traced is in it as NumPy."""
    return goal_for(
        static.grouping.arms,
        static.select,
        static.steps,
        costs=None if static.equal_costs else given.costs,
        available=given.available,
        floor=given.floor if static.has_floor else None,
    )


class _Setup(NamedTuple):
    """What every function builds anew while it is traced."""

    goal: Goal
    agent: Agent
    judge: Belief
    policy_key: Any
    scores_key: Any
    ties: Int[Array, " arm"]


def _setup(static: Static, given: Given) -> _Setup:
    """The keys are those of `rollout`, for the first run of a sweep."""
    run = jax.random.fold_in(given.key, np.uint32(0))
    _, policy_key, ties_key, scores_key = jax.random.split(run, 4)
    goal = goal_of(static, given)
    explorer = agent(static.method, given.prior, static.grouping, goal)
    ties = turns(ties_key, goal.arms)
    return _Setup(goal, explorer, explorer.judge or explorer.belief, policy_key, scores_key, ties)


def _judged(setup: _Setup, state: AgentState) -> Any:
    return state.judge if setup.agent.judge else state.belief


def _select(setup: _Setup, state: AgentState) -> Bool[Array, " arm"]:
    chosen = top_k(setup.goal)(setup.judge, _judged(setup, state), setup.ties)
    return chosen & jnp.asarray(setup.goal.available)


@_compiled
def _begin(static: Static, given: Given) -> Known:
    setup = _setup(static, given)
    nothing = jnp.zeros(setup.goal.arms, bool)
    zero = jnp.zeros((), jnp.int32)
    state = agents.begin(setup.agent)
    return Known(state, jnp.zeros(setup.goal.arms, jnp.int32), nothing, zero, zero)


@_compiled
def _learn(
    static: Static, given: Given, known: Known, arms: Any, rewards: Any, count: Any
) -> Known:
    setup = _setup(static, given)

    def one(place: Any, known: Known) -> Known:
        arm, reward = arms[place], rewards[place]
        state = agents.tell(setup.agent, known.agent, arm, reward)
        pulls = indexing.put(known.pulls, arm, indexing.take(known.pulls, arm) + 1)
        selection, looks = _select(setup, state), known.looks + 1
        changed = jnp.where(jnp.any(selection != known.selection), looks, known.changed)
        return Known(state, pulls, selection, looks, changed)

    return jax.lax.fori_loop(0, count, one, known)


@_compiled
def _ask(
    static: Static, given: Given, known: Known, step: Any, pending: tuple[Any, Any]
) -> Int[Array, ""]:
    """As `agents.ask`, but what is compiled serves any number of pending looks that has room."""
    setup = _setup(static, given)
    state = _imagine(setup, known.agent, pending)
    return agents.select(setup.policy_key, setup.agent, state, step, pending[0])


@_compiled
def _imagined(static: Static, given: Given, known: Known, pending: tuple[Any, Any]) -> Moments:
    setup = _setup(static, given)
    return setup.agent.belief.moments(_imagine(setup, known.agent, pending).belief)


def _imagine(setup: _Setup, state: AgentState, pending: tuple[Any, Any]) -> AgentState:
    arms, count = pending
    return jax.lax.fori_loop(
        0, count, lambda place, state: agents.imagine(setup.agent, state, arms[place]), state
    )


@functools.partial(jax.jit, static_argnames=("static", "scores"), compiler_options=_QUICKLY)
def _measure(
    static: Static, given: Given, known: Known, scores: tuple[Score, ...]
) -> tuple[list[Float[Array, ""]], Moments, Bool[Array, " arm"]]:
    setup = _setup(static, given)
    state = _judged(setup, known.agent)
    values = [
        score(setup.scores_key, setup.judge, setup.goal)(state, known.pulls) for score in scores
    ]
    return values, setup.judge.moments(state), _select(setup, known.agent)


@_compiled
def _closer(static: Static, given: Given, known: Known, some: Any) -> Closer:
    setup = _setup(static, given)
    belief, state = setup.judge, _judged(setup, known.agent)
    view = belief.groups
    same = view is not None and np.array_equal(view.arms, static.grouping.arm)
    return Closer(
        belief.covariance(state, some)[:, some],
        belief.noise_var(state),
        view.moments(state) if view and same else None,
        view.weight(state) if view and same else None,
    )


@_compiled
def _draws(static: Static, given: Given, known: Known, part: Any) -> Float[Array, "arm draw"]:
    setup = _setup(static, given)
    key = jax.random.fold_in(setup.scores_key, part)
    return setup.judge.sample(key, _judged(setup, known.agent), _DRAWS)


def root_key(seed: int) -> Any:
    """The key of a study's seed."""
    return threefry.key(seed)
