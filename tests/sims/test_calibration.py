"""Do intervals hold what they say? Utilities are drawn from the model that the belief assumes."""

import functools

import jax
import numpy as np
import pytest
from worlds import STANDARD_ERRORS

from dashjax.bandit import environments
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.gaussian import uniform_prior
from dashjax.bandit.methods import METHODS, agent
from dashjax.bandit.rollout import rollout
from dashjax.engine import loop
from sims import calibration
from sims.calibration import covered, drawn, told
from sims.problems import pool

RUNS = 20_000
KEYS = (
    "variance_ratio",
    "exact_groups",
    "paper_groups",
    "exact_arms",
    "paper_arms",
    "paper_few",  # arms with at most one pull, of groups with any
)
# docs/mathematics.md, section 2.4: spread of arms, spread of a reward, pulls of a group's datasets
TABLE = {
    (0.03, 0.05, "9,0,0"): (1.00, 0.90, 0.90, 0.90, 0.77, 0.73),
    (0.03, 0.05, "3,3,3"): (1.99, 0.90, 0.98, 0.90, 0.85, None),
    (0.03, 0.05, "7,1,1"): (1.60, 0.90, 0.95, 0.90, 0.82, 0.80),
    (0.03, 0.05, "dash, 60"): (1.44, 0.90, 0.92, 0.90, 0.69, 0.63),
    (0.03, 0.15, "3,3,3"): (1.19, 0.90, 0.93, 0.90, 0.62, None),
    (0.03, 0.15, "dash, 60"): (1.18, 0.90, 0.92, 0.90, 0.54, 0.41),
    (0.10, 0.05, "3,3,3"): (2.27, 0.90, 0.97, 0.90, 0.89, None),
    (0.10, 0.05, "7,1,1"): (2.12, 0.90, 0.94, 0.90, 0.89, 0.88),
    (0.10, 0.05, "dash, 60"): (1.76, 0.90, 0.94, 0.90, 0.86, 0.85),
}


@functools.cache
def rows():
    found = calibration.rows(RUNS, seed=1)
    return {(row["arm_sd"], row["noise_sd"], row["pulls"]): row for row in found}


@pytest.mark.slow
def test_every_setting_has_a_row():
    assert set(rows()) == set(TABLE)


@pytest.mark.parametrize("setting", TABLE, ids=str)
def test_calibration_is_that_of_table_2_4(setting):
    found = [rows()[setting][key] for key in KEYS]

    assert found == pytest.approx(TABLE[setting], abs=0.01)


@jax.jit
@functools.partial(jax.vmap, in_axes=(0, None))
def explored_by_the_exact_posterior(key, prior):
    """60 pulls of `dash-exact`; the truth, and what is known in the end."""
    key_truth, key_run = jax.random.split(key)
    groups, arms = drawn(key_truth, prior)
    grouping, goal = pool().grouping, goal_for(15, 3, 60)
    environment = environments.gaussian(environments.fixed(arms), prior.noise_var)
    explorer = agent(METHODS["dash-exact"], prior, grouping, goal)
    run = rollout(key_run, explorer, environment, goal, scan=loop.fast)
    belief = exact(prior, grouping)
    state = told(belief, run.arm, run.reward)
    return groups, arms, run.pulls, belief.groups.moments(state), belief.moments(state)


@pytest.mark.slow
def test_exact_intervals_cover_what_they_say_though_pulls_are_adaptive():
    prior = uniform_prior(5, group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05)
    keys = jax.random.split(jax.random.key(1), RUNS)
    found = jax.tree.map(np.asarray, explored_by_the_exact_posterior(keys, prior))
    true_groups, true_arms, pulls, of_groups, of_arms = found
    groups, arms = covered(of_groups, true_groups), covered(of_arms, true_arms)
    favourite = np.arange(RUNS), pulls.reshape(RUNS, 5, 3).sum(axis=2).argmax(axis=1)
    rarely = pulls <= 1

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
