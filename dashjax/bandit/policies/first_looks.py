"""What an explorer that is told nothing does besides: it looks around first, and confirms.

Both functions wrap another policy, and count the pulls of each arm for it.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dashjax.bandit.base import Arm, Belief, Goal, Pending, Policy, RandomKey, State
from dashjax.bandit.worth import masked
from dashjax.engine.random import largest
from dashjax.engine.top_k import in_order, is_among_largest

Builder = Callable[[Belief, Goal], Policy]
Select = Callable[[RandomKey, State, State, Pending, Int[Array, " arm"]], Arm]

LOOKS, RIVALS = 4, 2  # looks that confirm an arm; arms beyond the best set that need them too
_EVERY = 2  # steps: how often a look may confirm
_EACH = 2  # each dataset is looked at first where the run is so many times as long as that takes
_HOPE = 2.0  # standard deviations above its mean that a dataset may be worth at best
_NUDGE = 1e-5  # of a standard deviation, which puts equals in an order by chance
_SHARE = 4  # at most one step in so many is spent on a first look at each group


def look_around_first(policy: Builder) -> Builder:
    """One look into each group in random order, then one at each other dataset, then one again.

    The other datasets come in the order of what they may be worth at best, by the belief: what lies
    in a group that looks good comes first. The look that is made again tells the noise. Where there
    are so many datasets that this would take more than half of the run, only groups are looked
    into, and of these too many for a quarter of it, so many as that is. Of a belief without groups,
    datasets stand for groups.
    """

    def build(belief: Belief, goal: Goal) -> Policy:
        inner, group = policy(belief, goal), _group_of(belief, goal)
        same = jnp.asarray(group[:, None] == group[None, :]) if goal.arms <= 64 else None
        wanted = max(2, min(int(group.max()) + 1, -(-goal.steps // _SHARE)))
        available = jnp.asarray(goal.available)
        each = goal.candidates * _EACH <= goal.steps

        def seen_groups(pulls: Int[Array, " arm"]) -> Array:
            """Whether each arm's group was looked into."""
            if same is not None:
                return jnp.any(same & (pulls > 0)[None, :], axis=1)
            per_group = jax.ops.segment_max(pulls, group, int(group.max()) + 1)
            return per_group[group] > 0

        def select(
            key: RandomKey,
            belief_state: State,
            own: State,
            pending: Pending,
            pulls: Int[Array, " arm"],
        ) -> Arm:
            key_group, key_arm, key_inner = jax.random.split(key, 3)
            new = available & ~seen_groups(pulls)
            of_group = jax.random.uniform(key_group, (goal.arms,))[group]
            ranked = jnp.where(new, of_group, -1)
            within = jax.random.uniform(key_arm, (goal.arms,))
            first = largest(jnp.where(new & (ranked == jnp.max(ranked)), within, -1))
            mean, var = belief.moments(belief_state)
            unseen = available & (pulls == 0)
            hoped = mean + (_HOPE + _NUDGE * within.astype(mean.dtype)) * jnp.sqrt(var)
            other = largest(jnp.where(unseen, hoped, -jnp.inf))
            again = largest(jnp.where(pulls > 0, mean, -jnp.inf))
            usual = inner.select(key_inner, belief_state, own, pending)
            known = jnp.where(jnp.max(pulls) >= 2, usual, again)
            known = jnp.where(each & jnp.any(unseen), other, known)
            enough = (jnp.sum(pulls) >= wanted) | ~jnp.any(new)
            return jnp.where(enough, known, first)

        return _counting(inner, select, goal)

    return build


def confirming(policy: Builder) -> Builder:
    """Every other step looks at what leads and was seen least, until it was seen often enough.

    A leader that was seen but once may lead by luck (docs/mathematics.md, section 11). Of the best
    set and the next two by posterior mean, the one with the fewest looks is looked at, if it has
    fewer than four. Not before there were as many looks as there are datasets, or half of the run:
    until then more is learned from others.
    """

    def build(belief: Belief, goal: Goal) -> Policy:
        inner = policy(belief, goal)
        begin = jnp.minimum(goal.candidates, goal.steps // 2)

        def select(
            key: RandomKey,
            belief_state: State,
            own: State,
            pending: Pending,
            pulls: Int[Array, " arm"],
        ) -> Arm:
            mean = masked(belief.moments(belief_state).mean, goal)
            leading = is_among_largest(in_order(mean), min(goal.select + RIVALS, goal.arms))
            leading = leading & jnp.asarray(goal.available)
            least = largest(jnp.where(leading, -pulls.astype(mean.dtype), -jnp.inf))
            looks = jnp.min(jnp.where(leading, pulls, LOOKS))
            usual = inner.select(key, belief_state, own, pending)
            made = jnp.sum(pulls)
            turn = (made % _EVERY == 0) & (made >= begin) & (looks < LOOKS)
            return jnp.where(turn, least, usual)

        return _counting(inner, select, goal)

    return build


def _counting(inner: Policy, select: Select, goal: Goal) -> Policy:
    """A policy whose state is another's and the pulls of each arm."""

    def update(belief_state: State, policy_state: State, arm: Arm) -> State:
        own, pulls = policy_state
        here = jnp.arange(goal.arms, dtype=jnp.int32) == arm
        return inner.update(belief_state, own, arm), pulls + here.astype(jnp.int32)

    return Policy(
        lambda: (inner.init(), jnp.zeros(goal.arms, jnp.int32)),
        lambda key, belief_state, state, pending: select(
            key, belief_state, state[0], pending, state[1]
        ),
        update,
    )


def _group_of(belief: Belief, goal: Goal) -> np.ndarray:
    """The group of each arm; each arm is a group of its own where there are none."""
    group = np.arange(goal.arms, dtype=np.int32)
    if belief.groups is not None and len(belief.groups.arms) > 1:
        held = belief.groups.arms >= 0
        group[belief.groups.arms[held]] = held.nonzero()[0]
    return group
