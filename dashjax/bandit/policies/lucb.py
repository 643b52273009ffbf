"""Bayes-LUCB: the inner arm that may be worst against the outer arm that may be best.

As simulated in docs/mathematics.md, section 3.9, after Kalyanakrishnan et al. (ICML 2012), with
posterior standard deviations in place of the frequentist bounds.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import counting, per
from dashjax.bandit.worth import masked
from dashjax.engine.random import largest
from dashjax.engine.top_k import in_order, is_among_largest

_MISS = 0.1  # the chance delta that its bounds are built for


def lucb(belief: Belief, goal: Goal) -> Policy:
    """Of those two arms, pulls the one whose variance falls more, per unit of cost."""

    def select(key: RandomKey, belief_state: State, steps: Array) -> Arm:
        mean, var = belief.moments(belief_state)
        sd = jnp.sqrt(var)
        count = jnp.asarray(goal.candidates).astype(sd.dtype)
        width = jnp.sqrt(jnp.log(count * jnp.maximum(steps, 1) ** 2 / _MISS) / 2) * sd
        mean = masked(mean + 1e-5 * sd * jax.random.uniform(key, mean.shape, mean.dtype), goal)
        inside = is_among_largest(in_order(mean), goal.select)
        worst = largest(jnp.where(inside, width - mean, -jnp.inf))
        best = largest(jnp.where(inside, -jnp.inf, width + mean))
        fall = var**2 / (var + belief.noise_var(belief_state)) / per(goal, var)
        no_rival = goal.select == goal.candidates
        return jnp.where(no_rival | (fall[worst] >= fall[best]), worst, best)

    return counting(select)
