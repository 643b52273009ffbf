"""Rewards from a known law: Gaussian, or the accuracy on a batch."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dashjax.bandit.base import Environment, RandomKey, Reward
from dashjax.bandit.environments.counted import Pull, counted
from dashjax.bandit.gaussian import Prior
from dashjax.engine.random import normal
from dashjax.pools.grouping import Grouping

Draw = Callable[[RandomKey], Float[Array, " arm"]]


def gaussian(draw: Draw, noise_var: Float[Array, ""]) -> Environment:
    """Rewards N(utility, noise_var); utilities are `draw(key)`, once a run."""

    def answer(pull: Pull) -> Reward:
        return pull.utility + jnp.sqrt(noise_var) * normal(pull.own_key, (), noise_var.dtype)

    return counted(draw, answer)


def bernoulli(draw: Draw, batch: int) -> Environment:
    """Rewards that are the share of successes among `batch` trials with the utility as chance.

    This is the accuracy of a fixed model on `batch` examples (docs/mathematics.md, section 1.4,
    reward A). Utilities are clipped to [0, 1].
    """

    def clipped(key: RandomKey) -> Float[Array, " arm"]:
        return jnp.clip(draw(key), 0, 1)

    def answer(pull: Pull) -> Reward:
        success = jax.random.uniform(pull.own_key, (batch,), pull.utility.dtype) < pull.utility
        return jnp.mean(success.astype(pull.utility.dtype))

    return counted(clipped, answer)


def fixed(utility: Float[Array, " arm"]) -> Draw:
    """The same utilities in every run."""
    return lambda key: utility


def drawn(prior: Prior, grouping: Grouping) -> Draw:
    """Utilities drawn afresh from the hierarchical prior in every run."""

    def draw(key: RandomKey) -> Float[Array, " arm"]:
        key_groups, key_arms = jax.random.split(key)
        dtype = prior.group_mean.dtype
        noise = normal(key_groups, (grouping.groups,), dtype)
        groups = prior.group_mean + jnp.sqrt(prior.group_var) * noise
        spread = grouping.spread(jnp.sqrt(prior.arm_var))
        return grouping.spread(groups) + spread * normal(key_arms, (grouping.arms,), dtype)

    return draw
