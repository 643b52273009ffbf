"""Do intervals hold what they say? Utilities are drawn from the model that the belief assumes."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import SQUARE, STANDARD_ERRORS, pool_of, told

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import Moments, goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.paper import paper
from dashjax.bandit.gaussian import uniform_prior
from dashjax.bandit.rollout import rollout

RUNS = 20_000
NORMAL_90 = 1.6448536
GROUPING = pool_of(*SQUARE).grouping


class Judged(NamedTuple):
    """One run: the truth, the pulls of every arm, and what each belief makes of them."""

    groups: jax.Array
    arms: jax.Array
    pulls: jax.Array
    exact_groups: Moments
    paper_groups: Moments
    exact_arms: Moments
    paper_arms: Moments


class Figures(NamedTuple):
    """A row of docs/mathematics.md, section 2.4; `few` are arms with at most one pull, of groups
    with any.
    """

    variance_ratio: float
    exact_groups: float
    paper_groups: float
    exact_arms: float
    paper_arms: float
    paper_few: float | None


TABLE = {
    (0.03, 0.05, (9, 0, 0)): Figures(1.00, 0.90, 0.90, 0.90, 0.77, 0.73),
    (0.03, 0.05, (3, 3, 3)): Figures(1.99, 0.90, 0.98, 0.90, 0.85, None),
    (0.03, 0.05, (7, 1, 1)): Figures(1.60, 0.90, 0.95, 0.90, 0.82, 0.80),
    (0.03, 0.05, "dash"): Figures(1.44, 0.90, 0.92, 0.90, 0.69, 0.63),
    (0.03, 0.15, (3, 3, 3)): Figures(1.19, 0.90, 0.93, 0.90, 0.62, None),
    (0.03, 0.15, "dash"): Figures(1.18, 0.90, 0.92, 0.90, 0.54, 0.41),
    (0.10, 0.05, (3, 3, 3)): Figures(2.27, 0.90, 0.97, 0.90, 0.89, None),
    (0.10, 0.05, (7, 1, 1)): Figures(2.12, 0.90, 0.94, 0.90, 0.89, 0.88),
    (0.10, 0.05, "dash"): Figures(1.76, 0.90, 0.94, 0.90, 0.86, 0.85),
}


@pytest.mark.parametrize(("arm_sd", "noise_sd", "pulls"), TABLE)
def test_calibration_is_that_of_table_2_4(arm_sd, noise_sd, pulls):
    judged = study(arm_sd, noise_sd, pulls)
    few = judged.pulls <= 1
    few &= np.repeat(by_group(judged.pulls).sum(axis=2) > 0, 3, axis=1)
    right = covered(judged.paper_arms, judged.arms)
    found = Figures(
        (judged.paper_groups.var / judged.exact_groups.var).mean(),
        covered(judged.exact_groups, judged.groups).mean(),
        covered(judged.paper_groups, judged.groups).mean(),
        covered(judged.exact_arms, judged.arms).mean(),
        right.mean(),
        right[few].mean() if few.any() else None,
    )

    assert found == pytest.approx(TABLE[arm_sd, noise_sd, pulls], abs=0.01)


def test_exact_intervals_cover_what_they_say_though_pulls_are_adaptive():
    judged = study(0.03, 0.05, "dash-exact")
    groups = covered(judged.exact_groups, judged.groups)
    arms = covered(judged.exact_arms, judged.arms)
    favourite = np.arange(RUNS), by_group(judged.pulls).sum(axis=2).argmax(axis=1)
    rarely = judged.pulls <= 1

    assert_nine_in_ten(groups, np.ones_like(groups))
    assert_nine_in_ten(arms, np.ones_like(arms))
    assert_nine_in_ten(groups[favourite][:, None], np.ones((RUNS, 1)))
    assert_nine_in_ten(arms, rarely)
    assert_nine_in_ten(arms, ~rarely)


def assert_nine_in_ten(right, counted):
    """The share of `right` among those `counted`, `[run, unit]`; units of a run go together."""
    share = (right & (counted > 0)).sum() / counted.sum()
    off = ((right - share) * counted).sum(axis=1)
    error = np.sqrt((off**2).sum()) / counted.sum()
    assert 0.89 < share < 0.91
    assert abs(share - 0.9) < STANDARD_ERRORS * error


def covered(moments, truth):
    return np.abs(truth - moments.mean) <= NORMAL_90 * np.sqrt(moments.var)


def by_group(values):
    return values.reshape(len(values), *GROUPING.arm.shape)


@functools.cache
def study(arm_sd, noise_sd, pulls) -> Judged:
    """All runs, as NumPy arrays with a leading axis of runs."""
    prior = uniform_prior(5, group_mean=0.5, group_sd=0.15, arm_sd=arm_sd, noise_sd=noise_sd)
    keys = jax.random.split(jax.random.key(1), RUNS)
    if isinstance(pulls, str):
        runs = adaptive(keys, prior, paper if pulls == "dash" else exact)
    else:
        runs = by_schedule(keys, prior, jnp.repeat(jnp.arange(15), jnp.array(5 * pulls)))
    return jax.tree.map(np.asarray, runs)


@functools.partial(jax.jit, static_argnums=2)
@functools.partial(jax.vmap, in_axes=(0, None, None))
def adaptive(key, prior, belief):
    """60 pulls of the best arm of the best group, drawn from that belief."""
    key_truth, key_run = jax.random.split(key)
    groups, arms = truth(key_truth, prior)
    goal, thinking = goal_for(15, 3, 60), belief(prior, GROUPING)
    agent = Agent(thinking, policies.thompson_by_group(thinking, goal))
    source = environments.gaussian(environments.fixed(arms), prior.noise_var)
    run = rollout(key_run, agent, source, goal)
    return judge(prior, groups, arms, run.arm, run.reward)


@jax.jit
@functools.partial(jax.vmap, in_axes=(0, None, None))
def by_schedule(key, prior, pulled):
    key_truth, key_noise = jax.random.split(key)
    groups, arms = truth(key_truth, prior)
    noise = jnp.sqrt(prior.noise_var) * jax.random.normal(key_noise, pulled.shape)
    return judge(prior, groups, arms, pulled, arms[pulled] + noise)


def truth(key, prior):
    key_groups, key_arms = jax.random.split(key)
    groups = prior.group_mean + jnp.sqrt(prior.group_var) * jax.random.normal(key_groups, (5,))
    spread = jnp.sqrt(prior.arm_var)[:, None] * jax.random.normal(key_arms, (5, 3))
    return groups, (groups[:, None] + spread).reshape(-1)


def judge(prior, groups, arms, pulled, rewards) -> Judged:
    true, published = exact(prior, GROUPING), paper(prior, GROUPING)
    state, state_published = told(true, pulled, rewards), told(published, pulled, rewards)
    return Judged(
        groups,
        arms,
        state.evidence.count.reshape(-1),
        true.groups.moments(state),
        published.groups.moments(state_published),
        true.moments(state),
        published.moments(state_published),
    )
