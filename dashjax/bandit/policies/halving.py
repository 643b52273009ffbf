"""Successive halving: equal effort for all, then for the better half, and so on."""

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.bandit.base import Arm, Belief, Goal, Pending, Policy, RandomKey, State
from dashjax.engine.random import largest


def halving(belief: Belief, goal: Goal) -> Policy:
    """Spends the steps in rounds of equal length on ever fewer arms (Karnin et al., ICML 2013).

    Each round keeps the better half by posterior mean, and at least as many as are wanted; within
    it the arm on which least was spent so far comes next. It plans for the whole run: a longer one
    does not begin like a shorter one.
    """
    arms = goal.arms
    left = jnp.asarray(schedule(arms, goal.select, goal.steps), jnp.int32)
    costs, arm_numbers = jnp.asarray(goal.costs, float), jnp.arange(arms, dtype=jnp.int32)

    def survivors(belief_state: State, alive: jax.Array, count: jax.Array) -> jax.Array:
        mean = jnp.where(alive, belief.moments(belief_state).mean, -jnp.inf)
        return alive & (mean >= jnp.sort(mean)[arms - count])

    def init() -> State:
        return jnp.zeros((), jnp.int32), jnp.asarray(goal.available), jnp.zeros(arms)

    def select(key: RandomKey, belief_state: State, policy_state: State, pending: Pending) -> Arm:
        _, alive, spent = policy_state
        return largest(jnp.where(alive, -spent, -jnp.inf))

    def update(belief_state: State, policy_state: State, arm: Arm) -> State:
        step, alive, spent = policy_state
        alive = survivors(belief_state, alive, left[jnp.minimum(step + 1, len(left) - 1)])
        return step + 1, alive, spent + jnp.where(arm_numbers == arm, costs, 0)

    return Policy(init, select, update)


def schedule(arms: int, select: int, steps: int) -> np.ndarray:
    """How many arms are left at each step, `[step]`: halved from round to round."""
    sizes = [arms]
    while sizes[-1] > select:
        sizes.append(max(-(-sizes[-1] // 2), select))
    rounds = max(len(sizes) - 1, 1)  # the last size is the selection itself
    return np.array([sizes[min(step * rounds // steps, rounds - 1)] for step in range(steps)])
