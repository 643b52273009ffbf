"""Top-two Thompson sampling on sets: two draws that disagree say what to look at (Russo 2016)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.parts import per, remembering_nothing
from dashjax.bandit.worth import masked
from dashjax.engine.random import largest
from dashjax.engine.top_k import edge, is_among_largest

_CHALLENGERS = 16  # draws in which a set other than the leader's is looked for


def top_two(belief: Belief, goal: Goal) -> Policy:
    """Of the arms on which two drawn best sets differ, pulls the one that tells most of itself.

    The leader is one draw's best set, the challenger the first of 16 more draws' that is another;
    if none is, the closest pair across the boundary changes places in the last of them. What a pull
    tells is the fall of its arm's variance, per unit of cost.
    """

    def select(key: RandomKey, belief_state: State) -> Arm:
        keys = jax.random.split(key, 1 + _CHALLENGERS)
        draws = jax.vmap(lambda one: belief.sample(one, belief_state, 1)[:, 0])(keys)
        draws = jax.vmap(lambda one: masked(one, goal))(draws)
        apart = _differing(draws, goal.select)
        var = belief.moments(belief_state).var
        fall = var**2 / (var + belief.noise_var(belief_state)) / per(goal, var)
        return largest(jnp.where(apart & jnp.asarray(goal.available), fall, -1))

    return remembering_nothing(select)


def _differing(draws: Float[Array, "draw arm"], select: int) -> Bool[Array, " arm"]:
    """The arms in just one of the leader's and the challenger's sets; all if there is one set."""
    if select == draws.shape[1]:
        return jnp.ones(draws.shape[1], bool)
    inside = jax.vmap(lambda draw: is_among_largest(draw, select))(draws)
    apart = inside[1:] != inside[:1]
    found = jnp.any(apart, 1)
    first = jnp.argmax(found)
    least, most = edge(draws[-1], inside[-1])
    pair = (draws[-1] == least) | (draws[-1] == most)
    return jnp.where(found[first], apart[first], pair)
