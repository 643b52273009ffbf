r"""Thompson sampling on pools of up to a million arms, at a cost that follows the arms pulled.

All arms of a group that were never pulled are alike, and so are all groups of one size that were
never entered. Of such equals only the largest draw matters, whose law is known, and each of them is
equally likely to have it (ours; the posterior is that of `beliefs.exact`):

    given theta_i, the best of k unpulled arms     theta_i + sigma_hat max(Z_1, ..., Z_k)
    by group: the best of k unseen groups          mu + sigma_0 max(Z_1, ..., Z_k)
    jointly: the best arm in k unseen groups       mu + max(X_1, ..., X_k), X as in `quantiles`

Pulled arms and groups lie in buffers, in the order of their first pull, which are read block by
block as far as they are filled: a step costs O(pulled), and a run's memory is O(steps). Which of
the unpulled comes next is dealt from a deck: Fisher and Yates' shuffle, of which only the swaps are
kept. Utilities are held less mu, in single precision; where draws are compared they lose their last
bits, 1e-5 of themselves.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int

from dashjax.base import Arm, RandomKey, Reward
from dashjax.errors import InputError
from dashjax.gaussian import Prior
from dashjax.large import quantiles
from dashjax.large.blocks import blocks_for
from dashjax.large.choice import choose
from dashjax.large.state import Kinds, Problem, Scale, Seen, learn, nothing
from dashjax.sampling import normal


@dataclass(frozen=True)
class LargePool:
    """How many arms each group has; arms are numbered group by group.

    Attributes:
        sizes: arms of each group.
    """

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.sizes or min(self.sizes) < 1:
            raise InputError("a large pool needs groups, and each of them at least one arm")
        if self.arms >= 2**31 - 1:
            raise InputError(f"a large pool has fewer than 2^31 - 1 arms; this one has {self.arms}")

    @property
    def arms(self) -> int:
        """Number of arms."""
        return sum(self.sizes)

    @cached_property
    def size(self) -> np.ndarray:
        """Arms of each group, `[group]`."""
        return np.asarray(self.sizes, np.int32)

    @cached_property
    def end(self) -> np.ndarray:
        """The first arm after each group, `[group]`."""
        return np.cumsum(self.size, dtype=np.int32)


class Exploration(NamedTuple):
    """One run; `regret` is the best arm's utility minus the pulled arm's, in units of reward."""

    arm: Int[Array, " step"]
    reward: Float[Array, " step"]
    regret: Float[Array, " step"]


def explore(
    key: RandomKey,
    pool: LargePool,
    prior: Prior,
    utility: Float[Array, " arm"],
    *,
    steps: int,
    by_group: bool,
) -> Exploration:
    """One run of Thompson sampling with the exact posterior; batch it with `vmap` over keys.

    The n-th pull of an arm gives the same reward in whatever order. Jointly, a step costs
    O(pulled + distinct sizes of groups). Runs that are batched cost what the one costs that pulled
    the most arms.

    Args:
        key: decides everything; a longer run begins like a shorter one.
        pool: the arms and their groups.
        prior: the same for all groups, all variances above 0; not traced.
        utility: the truth; rewards are N(utility, prior.noise_var).
        steps: pulls.
        by_group: draws groups and then arms of the best one, as DaSH does; else all arms jointly.

    Raises:
        InputError: if the prior differs between groups, has a variance that is not above 0 or is
            traced, or if there is not one utility an arm.
    """
    if utility.shape[0] != pool.arms:
        raise InputError(
            f"the pool has {pool.arms} arms, but there are {utility.shape[0]} utilities"
        )
    scale = _scale(prior)
    kinds = _kinds(pool, scale, by_group)
    firsts = blocks_for(min(steps, len(pool.sizes)))
    later = blocks_for(min(steps, pool.arms), after=firsts.stop)
    problem = Problem(scale, kinds, pool.size, pool.end, firsts, later)
    truth = utility.astype(jnp.float32)
    key_choices, key_rewards = jax.random.split(key)

    def one(seen: Seen, step: Int[Array, ""]) -> tuple[Seen, tuple[Arm, Reward]]:
        choice = choose(jax.random.fold_in(key_choices, step), seen, problem)
        pulls = jnp.where(choice.arm_is_new, 0, seen.arms.count[choice.place])
        key_arm = jax.random.fold_in(key_rewards, choice.arm)
        noise = normal(jax.random.fold_in(key_arm, pulls.astype(jnp.int32)), (), truth.dtype)
        reward = truth[choice.arm] + np.float32(scale.noise) * noise
        seen = learn(seen, choice, reward - np.float32(scale.mean), problem)
        return seen, (choice.arm, reward)

    _, (arm, reward) = jax.lax.scan(one, nothing(problem), jnp.arange(steps, dtype=jnp.int32))
    return Exploration(arm, reward, jnp.max(truth) - truth[arm])


def _scale(prior: Prior) -> Scale:
    """The prior as numbers; InputError if it is not one prior for all groups."""
    if any(isinstance(field, Tracer) for field in prior):
        raise InputError("a large pool's prior must be made outside of what is compiled or batched")
    fields = [np.unique(np.asarray(field)) for field in prior]
    if any(len(field) > 1 for field in fields):
        raise InputError("a large pool needs the same prior for all groups; see `uniform_prior`")
    mean, *variances = (float(field[0]) for field in fields)
    if min(variances) <= 0:
        raise InputError("a large pool needs a prior whose variances are all above 0")
    return Scale(mean, *np.sqrt(variances).tolist())


def _kinds(pool: LargePool, scale: Scale, by_group: bool) -> Kinds:
    """Which unseen groups are equals, and what their best draw is."""
    sizes = pool.size
    if by_group:
        whole = np.arange(len(sizes), dtype=np.int32)
        return Kinds(whole, np.zeros(1, np.int32), np.asarray([len(sizes)], np.int32), None)
    distinct, number = np.unique(sizes, return_counts=True)
    tables = [quantiles.best_unseen(int(size), scale.group, scale.arm) for size in distinct]
    first = np.cumsum([0, *number[:-1]]).astype(np.int32)
    order = np.argsort(sizes, kind="stable").astype(np.int32)
    return Kinds(order, first, number.astype(np.int32), np.asarray(tables, np.float32))
