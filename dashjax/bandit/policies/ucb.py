"""Bayes-UCB: pull the arm with the largest upper quantile (Kaufmann, Cappé, Garivier 2012)."""

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import advantage, counting
from dashjax.engine.random import largest


def ucb(belief: Belief, goal: Goal) -> Policy:
    """Pulls the arm whose quantile 1 - 1/(t + 1) is largest at step t (per unit of cost).

    Made for little regret on the way, not for finding a set.
    """

    def select(key: RandomKey, belief_state: State, steps: Array) -> Arm:
        mean, var = belief.moments(belief_state)
        sd = jnp.sqrt(var)
        nudge = 1e-5 * jax.random.uniform(key, sd.shape, sd.dtype)  # of a standard deviation
        level = -ndtri(1 / (steps + 2)).astype(sd.dtype)
        return largest(advantage(mean + sd * (level + nudge), goal))

    return counting(select)
