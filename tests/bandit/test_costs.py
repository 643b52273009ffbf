"""What a step costs: equal costs change nothing, and the dear is looked at less."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import (
    RAGGED,
    explored,
    next_arm,
    pool_of,
    quick_jit,
    some_pulls,
    uneven_prior,
    usual_prior,
)

from dashjax.bandit.agent import NOTHING_PENDING, Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.methods import POLICIES

GROUPING, PRIOR = pool_of(*RAGGED).grouping, uneven_prior(4)
BELIEF = exact(PRIOR, GROUPING)
PULLS = some_pulls(10, 14, seed=6)
TIMES = 4000
COSTS = np.random.default_rng(3).uniform(1, 4, 10)
BLIND = ("random", "round-robin")


@functools.cache
def compiled(name):
    """What a policy pulls next, by many keys: without costs, and with each row of costs."""

    def chosen(costs):
        agent = Agent(BELIEF, POLICIES[name](BELIEF, goal_for(10, 3, 30, costs=costs)))
        learner = explored(agent, *PULLS)
        keys = jax.random.split(jax.random.key(0), TIMES)
        return jax.vmap(lambda key: next_arm(key, agent, learner))(keys)

    return quick_jit(lambda costs: (chosen(None), jax.vmap(chosen)(costs)))


def pulled(name, *costs):
    """What is pulled without costs, and with each of these."""
    rows = [*costs, *(np.ones(10) for _ in range(3 - len(costs)))]
    free, priced = compiled(name)(jnp.asarray(np.array(rows), jnp.float32))
    return np.asarray(free), *np.asarray(priced)[: len(costs)]


@pytest.mark.parametrize("name", POLICIES)
def test_costs_of_one_are_no_costs_and_their_unit_changes_nothing(name):
    free, ones, twos = pulled(name, np.ones(10), np.full(10, 2.0))

    np.testing.assert_array_equal(free, ones)
    np.testing.assert_array_equal(free, twos)


@pytest.mark.parametrize("name", [name for name in POLICIES if name not in (*BLIND, "halving")])
def test_what_would_be_pulled_is_not_where_it_costs_all_the_money(name):
    """Halving looks at what was spent: see its own tests.

    Group by group, what an arm has over the least of two decides for the better at whatever cost;
    there a favourite of the larger groups is taken.
    """
    free, _ = pulled(name, np.ones(10))
    looked_at = [2, 3, 4, 5, 7, 8, 9] if name == "thompson-by-group" else range(10)
    favourite = max(looked_at, key=np.bincount(free, minlength=10).item)
    dear = np.where(np.arange(10) == favourite, 1e4, 1.0)
    _, priced = pulled(name, dear)

    assert (free == favourite).mean() > 0.05
    assert (priced == favourite).mean() < 0.01


@pytest.mark.parametrize("name", BLIND)
def test_policies_that_look_at_nothing_do_not_look_at_costs(name):
    np.testing.assert_array_equal(*pulled(name, COSTS))


@pytest.mark.parametrize("name", ["thompson", "thompson-by-group"])
def test_thompson_pulls_what_has_most_over_the_least_per_cost(name):
    law = oracle.posterior(PRIOR, GROUPING, *PULLS)
    both = np.random.default_rng(0).multivariate_normal(*law, 100_000, method="eigh")
    groups, arms = both[:, :4], both[:, 4:]
    within = np.ones(arms.shape, bool)
    if name == "thompson-by-group":
        within = np.asarray(GROUPING.group)[None, :] == groups.argmax(axis=1)[:, None]
    least = np.where(within, arms, np.inf).min(axis=1, keepdims=True)
    brute = np.where(within, (arms - least) / COSTS, -1).argmax(axis=1)
    free, priced = (np.bincount(arms, minlength=10) for arms in pulled(name, COSTS))
    expected = np.bincount(brute, minlength=10)
    often = priced + expected > 20

    assert often.sum() > 3
    assert stats.chi2_contingency([priced[often], expected[often]]).pvalue > 7e-6
    assert stats.chi2_contingency([free[often], expected[often]]).pvalue < 1e-9


def test_the_cheapest_of_equals_is_pulled():
    costs = np.array([3, 2, 2, 2, 1, 2, 3, 2, 2, 2], np.float32)
    goal = goal_for(10, 3, 30, costs=jnp.asarray(costs))
    even = exact(usual_prior(1), pool_of(10).grouping)
    policy = POLICIES["knowledge-gradient"](even, goal)
    chosen = quick_jit(policy.select)(
        jax.random.key(0), even.init(), policy.init(), NOTHING_PENDING
    )

    assert chosen == 4
