"""Successive halving: equal effort for all, then for the better half, and so on."""

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.engine.random import largest


def halving(belief: Belief, goal: Goal) -> Policy:
    """Spends the steps in rounds of equal length on ever fewer arms (Karnin et al., ICML 2013).

    Each round keeps the better half by posterior mean, and at least as many as are wanted; within
    it the arm on which least was spent so far comes next. It plans for the whole run: a longer one
    does not begin like a shorter one.
    """
    arms = belief.grouping.arms
    left = jnp.asarray(schedule(arms, goal.select, goal.steps), jnp.int32)
    costs = jnp.ones(arms) if goal.costs is None else goal.costs
    turn = jnp.arange(arms, dtype=jnp.int32)

    def survivors(belief_state: State, alive: jax.Array, count: jax.Array) -> jax.Array:
        mean = jnp.where(alive, belief.moments(belief_state).mean, -jnp.inf)
        return alive & (mean >= jnp.sort(mean)[arms - count])

    def init() -> State:
        return jnp.zeros((), jnp.int32), jnp.ones(arms, bool), jnp.zeros(arms)

    def select(key: RandomKey, belief_state: State, own: State) -> Arm:
        _, alive, spent = own
        return largest(jnp.where(alive, -spent, -jnp.inf))

    def update(belief_state: State, own: State, arm: Arm) -> State:
        step, alive, spent = own
        alive = survivors(belief_state, alive, left[jnp.minimum(step + 1, len(left) - 1)])
        return step + 1, alive, spent + jnp.where(turn == arm, costs, 0)

    return Policy(init, select, update)


def schedule(arms: int, select: int, steps: int) -> np.ndarray:
    """How many arms are left at each step, `[step]`: halved from round to round."""
    sizes = [arms]
    while sizes[-1] > select:
        sizes.append(max(-(-sizes[-1] // 2), select))
    rounds = max(len(sizes) - 1, 1)  # the last size is the selection itself
    return np.array([sizes[min(step * rounds // steps, rounds - 1)] for step in range(steps)])
