"""One run: ask the policy, pull, tell everybody; the only loop there is."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dashjax.base import Arm, Belief, Choose, Policy, RandomKey, Reward, Source, State


class Learner(NamedTuple):
    """What learns during a run: the policy, and the belief that judges."""

    policy: State
    belief: State


class Run(NamedTuple):
    """One run. `simple_regret` and `regret` are in units of reward.

    `simple_regret` is the mean utility of the best set of the selection's intended size, minus that
    of what is selected after the step; `regret` is the best arm's utility minus the pulled arm's.
    """

    arm: Int[Array, " step"]
    reward: Float[Array, " step"]
    simple_regret: Float[Array, " step"]
    regret: Float[Array, " step"]
    selection: Bool[Array, " arm"]  # after the last step


def ask(key: RandomKey, policy: Policy, learner: Learner, step: Int[Array, ""]) -> Arm:
    """The arm to explore at `step`; the same key serves the whole run."""
    return policy.select(jax.random.fold_in(key, step), learner.policy)


def tell(policy: Policy, belief: Belief, learner: Learner, arm: Arm, reward: Reward) -> Learner:
    """What the learner knows after one more reward."""
    return Learner(
        policy.update(learner.policy, arm, reward), belief.update(learner.belief, arm, reward)
    )


def rollout(
    key: RandomKey,
    policy: Policy,
    source: Source,
    *,
    belief: Belief,
    choose: Choose,
    select: int,
    steps: int,
) -> Run:
    """One run of `steps` exploration steps.

    Args:
        key: decides everything; a longer run begins like a shorter one.
        policy: picks the arms.
        source: answers the pulls.
        belief: the judge, updated beside the policy; the selection is made from it.
        choose: the selection.
        select: size of the best set that the selection is measured against.
        steps: number of pulls.
    """
    key_source, key_policy, key_precedence = jax.random.split(key, 3)
    world = source.init(key_source)
    utility = source.utility(world)
    best_mean = jnp.mean(jax.lax.top_k(utility, select)[0])
    best_arm = jnp.max(utility)
    precedence = jax.random.permutation(key_precedence, utility.shape[0]).astype(jnp.int32)

    def one(carry, step):
        learner, world = carry
        arm = ask(key_policy, policy, learner, step)
        reward, world = source.pull(world, arm)
        learner = tell(policy, belief, learner, arm, reward)
        chosen = mean_of(utility, choose(belief, learner.belief, precedence))
        regret = best_arm - utility[arm]
        return (learner, world), (arm, reward, best_mean - chosen, regret)

    start = (Learner(policy.init(), belief.init()), world)
    (learner, _), trace = jax.lax.scan(one, start, jnp.arange(steps, dtype=jnp.int32))
    return Run(*trace, selection=choose(belief, learner.belief, precedence))


def mean_of(utility: Float[Array, " arm"], mask: Bool[Array, " arm"]) -> Float[Array, ""]:
    """Mean utility of the selected arms."""
    total = jnp.sum(jnp.where(mask, utility, 0))
    return total / jnp.maximum(jnp.sum(mask), 1).astype(utility.dtype)
