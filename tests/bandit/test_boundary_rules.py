"""Bayes-LUCB, the pair rule, Bayes-UCB and top-two sampling, each against its definition."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import RAGGED, explored, next_arm, pool_of, quick_jit, some_pulls, uneven_prior

from dashjax.bandit import policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact

GROUPING, PRIOR = pool_of(*RAGGED).grouping, uneven_prior(4)
BELIEF = exact(PRIOR, GROUPING)
NOISE_VAR = float(PRIOR.noise_var)
TIMES, PULLS, SELECT = 40, 16, 3
COSTS = np.random.default_rng(3).uniform(1, 4, 10)
KEY = jax.random.key(2)


def history(seed):
    """Each arm once, so that no two are alike, and six more pulls."""
    arms, rewards = some_pulls(10, PULLS, seed)
    arms[:10] = np.arange(10)
    return arms, rewards


HISTORIES = [history(seed) for seed in range(TIMES)]
DENSE = [oracle.posterior(PRIOR, GROUPING, *pulls) for pulls in HISTORIES]


def agent_of(rule, costs=None, select=SELECT):
    costs = None if costs is None else jnp.asarray(costs, jnp.float32)
    goal = goal_for(10, select, 100, costs=costs)
    return Agent(BELIEF, rule(BELIEF, goal))


def choices(rule, costs):
    """What a rule pulls next after each history."""
    agent = agent_of(rule, costs)

    @quick_jit
    @jax.vmap
    def chosen(arms, rewards):
        learner = explored(agent, arms, rewards)
        return next_arm(KEY, agent, learner)

    arms, rewards = map(jnp.asarray, zip(*HISTORIES, strict=True))
    return np.asarray(chosen(arms, rewards.astype(jnp.float32)))


def lucb(mean, cov, cost):
    """docs/mathematics.md, section 3.9: beta = .5 sqrt(2 ln(K t^2 / .1)); of two arms, the less
    known.
    """
    beta = 0.5 * np.sqrt(2 * np.log(len(mean) * PULLS**2 / 0.1))
    sd = np.sqrt(np.diag(cov))
    best, rest = sides(mean)
    worst_inside = best[np.argmin((mean - beta * sd)[best])]
    best_outside = rest[np.argmax((mean + beta * sd)[rest])]
    value = np.diag(cov) if (cost == 1).all() else fall(cov) / cost
    return {arm: value[arm] for arm in (worst_inside, best_outside)}


def pair(mean, cov, cost):
    """docs/mathematics.md, section 3.8: the pair likeliest to be in the wrong order, and what a
    pull tells.
    """
    gap = np.subtract.outer(mean, mean)
    wrong = stats.norm.sf(gap / np.sqrt(between(cov) + np.eye(len(mean))))
    i, j = max(itertools.product(*sides(mean)), key=lambda two: wrong[two])
    law = oracle.Normal(mean, cov)

    def told(arm):
        row = np.eye(len(mean))[arm : arm + 1]
        after = oracle.conditioned(law, row, mean[arm : arm + 1], NOISE_VAR)
        return between(cov)[i, j] - between(after.cov)[i, j]

    return {arm: told(arm) / cost[arm] for arm in (i, j)}


def ucb(mean, cov, cost):
    """The quantile 1 - 1/(t + 1) at step t."""
    level = stats.norm.ppf(1 - 1 / (PULLS + 2), mean, np.sqrt(np.diag(cov)))
    return dict(enumerate((level - level.min()) / cost))


def sides(mean):
    """The best by mean, and the rest."""
    order = np.argsort(-mean)
    return order[:SELECT], order[SELECT:]


def between(cov):
    """Variances of all differences."""
    return np.add.outer(np.diag(cov), np.diag(cov)) - 2 * cov


def fall(cov):
    """By how much one pull of each arm lowers its own variance."""
    var = np.diag(cov)
    return var - 1 / (1 / var + 1 / NOISE_VAR)


def values(definition, costs):
    """What each arm that may be pulled is worth, after each history."""
    return [definition(law.mean[4:], law.cov[4:, 4:], costs) for law in DENSE]


@pytest.mark.parametrize("costs", [np.ones(10), COSTS], ids=["equal costs", "uneven costs"])
@pytest.mark.parametrize("definition", [lucb, pair, ucb])
def test_a_rule_is_its_definition(definition, costs):
    chosen = choices(getattr(policies, definition.__name__), costs).tolist()
    for arm, worth in zip(chosen, values(definition, costs), strict=True):
        assert worth[arm] > (1 - 1e-4) * max(worth.values())  # some are equal

    assert len(set(chosen)) > 4


@pytest.mark.parametrize("definition", [lucb, pair, ucb])
def test_costs_sway_a_rule(definition):
    one, other = (
        [max(worth, key=worth.get) for worth in values(definition, costs)]
        for costs in (np.ones(10), COSTS)
    )

    assert one != other


def brute_top_two(law, cost, times):
    """How often each arm is pulled: two drawn best sets that differ, and what tells most of it.

    The challenger is the first of 16 draws whose set is another than the leader's; if none is, the
    arms next to the boundary of the last of them are what is looked at.
    """
    mean, cov = law.mean[4:], law.cov[4:, 4:]
    value = fall(cov) / cost
    drawn = np.random.default_rng(0).multivariate_normal(mean, cov, (times, 17), method="eigh")
    pulled = np.zeros(len(mean), int)
    for order in np.argsort(-drawn, axis=2):
        leader = set(order[0, :SELECT])
        others = [leader ^ set(row[:SELECT]) for row in order[1:]]
        apart = next(filter(None, others), set(order[-1, SELECT - 1 : SELECT + 1]))
        pulled[max(apart, key=lambda arm: value[arm])] += 1
    return pulled


def top_two_pulls(arms, rewards, costs, times=20_000):
    """How often each arm is pulled after those pulls."""
    agent = agent_of(policies.top_two, costs)

    @quick_jit
    def chosen(keys, arms, rewards):
        learner = explored(agent, arms, rewards)
        return jax.vmap(lambda key: next_arm(key, agent, learner))(keys)

    return np.bincount(
        chosen(jax.random.split(KEY, times), arms, jnp.float32(rewards)), minlength=10
    )


@pytest.mark.parametrize("costs", [np.ones(10), COSTS], ids=["equal costs", "uneven costs"])
def test_top_two_pulls_as_often_as_by_brute_force(costs):
    found = top_two_pulls(*HISTORIES[0], costs)
    brute = brute_top_two(DENSE[0], costs, 8000)
    often = (found + brute) > 20

    assert often.sum() > 3
    assert stats.chi2_contingency([found[often], brute[often]]).pvalue > 7e-6


def test_top_two_looks_at_the_boundary_where_all_draws_agree():
    arms = HISTORIES[0][0]
    utility = np.random.default_rng(0).permutation(np.linspace(0, 30, 10))
    found = top_two_pulls(arms, utility[arms], np.ones(10), 50)
    law = oracle.posterior(PRIOR, GROUPING, arms, utility[arms])
    third, fourth = np.argsort(-law.mean[4:])[2:4]

    assert found[[third, fourth]].sum() == 50
    assert found.argmax() == max(third, fourth, key=lambda arm: fall(law.cov[4:, 4:])[arm])
