"""Small worlds that several tests share: pools, priors, pulls, and how to judge draws."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.bandit.agent import NOTHING_PENDING, Agent, AgentState, begin, tell
from dashjax.bandit.base import Belief, State
from dashjax.bandit.gaussian import Prior, uniform_prior
from dashjax.pools.pool import Pool

STANDARD_ERRORS = 4.5  # how far a simulated figure may lie from the true one

SQUARE = (3, 3, 3, 3, 3)
RAGGED = (2, 4, 1, 3)


# a function compiled in half the time, to run a little slower: for those that run once
quick_jit = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def pool_of(*sizes: int) -> Pool:
    """A pool with one group of each size, every dataset of one example and cost 1."""
    group = tuple(g for g, size in enumerate(sizes) for _ in range(size))
    names = tuple(f"group {g}" for g in range(len(sizes)))
    datasets = tuple(f"dataset {arm}" for arm in range(len(group)))
    return Pool(datasets, names, group, (1,) * len(group), (1.0,) * len(group))


def usual_prior(groups: int) -> Prior:
    """The prior of the reference figures (docs/mathematics.md, section 2.5)."""
    return uniform_prior(groups, group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05)


def uneven_prior(groups: int, seed: int = 0) -> Prior:
    """A prior that differs from group to group."""
    rng = np.random.default_rng(seed)
    return Prior(
        jnp.asarray(rng.normal(0.5, 0.1, groups)),
        jnp.asarray(rng.uniform(0.1, 0.2, groups) ** 2),
        jnp.asarray(rng.uniform(0.02, 0.1, groups) ** 2),
        jnp.asarray(rng.uniform(0.04, 0.08) ** 2),
    )


def some_pulls(arms: int, pulls: int, seed: int = 0, unpulled: tuple[int, ...] = ()):
    """Arms pulled at random, never those named, and a reward for each."""
    rng = np.random.default_rng(seed)
    pulled = rng.choice([arm for arm in range(arms) if arm not in unpulled], pulls)
    return pulled.astype(np.int32), rng.normal(0.5, 0.15, pulls)


def told(belief: Belief, arms: np.ndarray, rewards: np.ndarray) -> State:
    """The belief's state after those pulls."""

    def step(state, pull):
        return belief.update(state, *pull), None

    return jax.lax.scan(step, belief.init(), (jnp.asarray(arms), jnp.asarray(rewards)))[0]


def explored(agent: Agent, arms: np.ndarray, rewards: np.ndarray) -> AgentState:
    """What the agent knows after those pulls."""

    def step(state, pull):
        return tell(agent, state, *pull), None

    return jax.lax.scan(step, begin(agent), (jnp.asarray(arms), jnp.asarray(rewards)))[0]


def next_arm(key, agent: Agent, state: AgentState):
    """What the agent pulls next, by a key of that step alone."""
    return agent.policy.select(key, state.belief, state.policy, NOTHING_PENDING)


def assert_within_errors(estimate, truth, error) -> None:
    """Fails if an estimate is too many of its standard errors away from the truth."""
    off = np.abs(np.asarray(estimate) - np.asarray(truth)) / np.asarray(error)
    assert off.max() < STANDARD_ERRORS, f"off by {off.max():.1f} standard errors"


def assert_law(draws, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Fails if draws `[draw, unit]` do not have the mean and covariance of that normal law."""
    draws, count = np.asarray(draws, np.float64), len(draws)
    var = np.diag(covariance)
    assert_within_errors(draws.mean(axis=0), mean, np.sqrt(var / count))
    error = np.sqrt((np.outer(var, var) + covariance**2) / count)
    assert_within_errors(np.cov(draws, rowvar=False), covariance, error)
