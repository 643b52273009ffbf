"""Bayes-UCB: pull the arm with the largest upper quantile (Kaufmann, Cappé, Garivier 2012)."""

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from dashjax.base import Aim, Arm, Belief, Policy, RandomKey, State
from dashjax.policies.parts import advantage, counting
from dashjax.sampling import largest


def ucb(belief: Belief, aim: Aim) -> Policy:
    """Pulls the arm whose quantile 1 - 1/(t + 1) is largest at step t (per unit of cost).

    Made for little regret on the way, not for finding a set.
    """

    def select(key: RandomKey, thought: State, own: State) -> Arm:
        mean, var = belief.moments(thought)
        sd = jnp.sqrt(var)
        nudge = 1e-5 * jax.random.uniform(key, sd.shape, sd.dtype)
        level = -ndtri(1 / (own + 2)).astype(sd.dtype)
        return largest(advantage(mean + sd * (level + nudge), aim))

    return counting(select)
