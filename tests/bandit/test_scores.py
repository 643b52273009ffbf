"""What is measured after every step, against draws from the dense posterior."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import RAGGED, assert_within_errors, pool_of, quick_jit, some_pulls, told, usual_prior

from dashjax.bandit import stopping
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.learned import learned
from dashjax.bandit.beliefs.noise import EQUAL
from dashjax.bandit.methods import BELIEFS

GROUPING, PRIOR = pool_of(*RAGGED).grouping, usual_prior(4)
OF = BELIEFS | {"learned": functools.partial(learned, kinds=EQUAL)}  # as the dense one has it
TOLERANCE = 0.02
PULLS = some_pulls(10, 40, seed=4, unpulled=(6,))
COSTS = np.random.default_rng(3).uniform(1, 4, 10)
DRAWS, KEYS = 64, 400
NO_PULLS = np.zeros(10, np.int32)


def brute_draws(belief, count=400_000):
    """Means of the arms, and draws of all."""
    rng = np.random.default_rng(0)
    if belief == "learned":
        law = oracle.told_nothing(GROUPING, *PULLS)
        return law.moments().mean, law.draw(rng, count)
    law = oracle.posterior(PRIOR, GROUPING, *PULLS)
    return law.mean[4:], rng.multivariate_normal(*law, count, method="eigh")[:, 4:]


@functools.cache
def losses(belief, select):
    """By how much the best set by mean falls short of the best set, draw by draw."""
    mean, drawn = brute_draws(belief)
    held = drawn[:, np.argsort(-mean)[:select]].mean(axis=1)
    return np.sort(drawn, axis=1)[:, -select:].mean(axis=1) - held


def measured(score, belief, select, costs=None, keys=1):
    """A score of the belief after the pulls, by as many keys."""
    thinking = OF[belief](PRIOR, GROUPING)
    costs = None if costs is None else jnp.asarray(costs, float)
    goal = goal_for(10, select, 100, costs=costs)

    @quick_jit
    def by_key(keys, arms, rewards):
        state = told(thinking, arms, rewards)
        return jax.vmap(lambda key: score(key, thinking, goal)(state, NO_PULLS))(keys)

    arms, rewards = PULLS
    keys = jax.random.split(jax.random.key(1), keys)
    return np.asarray(by_key(keys, jnp.asarray(arms), jnp.asarray(rewards)), np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("belief", ["exact", "learned"])
@pytest.mark.parametrize("select", [1, 3])
def test_chance_and_loss_are_those_of_draws_from_the_dense_posterior(belief, select):
    truth = losses(belief, select)
    for score, values in (
        (stopping.chance_good(TOLERANCE, DRAWS), truth <= TOLERANCE),
        (stopping.expected_loss(DRAWS), truth),
    ):
        found = measured(score, belief, select, keys=KEYS)
        error = np.hypot(found.std() / KEYS**0.5, values.std() / len(values) ** 0.5)
        assert_within_errors(found.mean(), values.mean(), error)
        assert found.std() < 1.2 * values.std() / DRAWS**0.5  # hardly worse than as many apart

    assert 0.1 < (truth <= TOLERANCE).mean() < 0.9


@pytest.mark.parametrize("select", [1, 3, 9])
def test_the_bound_is_bonferronis_and_below_the_chance(select):
    law = oracle.posterior(PRIOR, GROUPING, *PULLS)
    mean, cov = law.mean[4:], law.cov[4:, 4:]
    order = np.argsort(-mean)
    miss = 0.0
    for i in order[:select]:
        for j in order[select:]:
            sd = np.sqrt(cov[i, i] + cov[j, j] - 2 * cov[i, j])
            miss += stats.norm.cdf(-(mean[i] - mean[j] + TOLERANCE) / sd)
    (found,) = measured(stopping.bound_good(TOLERANCE), "exact", select)

    assert found == pytest.approx(1 - miss, abs=1e-4)
    truth = losses("exact", select) <= TOLERANCE
    assert found < truth.mean() + 4.5 * truth.std() / len(truth) ** 0.5


@pytest.mark.parametrize("select", [1, 3])
def test_the_best_gain_is_that_of_the_best_pull_per_cost_and_dataset(select):
    law = oracle.posterior(PRIOR, GROUPING, *PULLS)
    effect = oracle.effects(law.cov[4:, 4:], 0.05**2)
    gain = np.array([oracle.rise(law.mean[4:], row, select) for row in effect])
    for costs in (np.ones(10), COSTS):
        (found,) = measured(stopping.best_gain(), "exact", select, costs)
        assert found == pytest.approx((gain / costs).max() / select, rel=0.1)  # 16 nodes


@pytest.mark.parametrize("belief", ["exact", "learned"])
def test_with_nothing_left_out_all_is_well(belief):
    scores = (
        stopping.chance_good(0.0, 16),
        stopping.bound_good(0.0),
        stopping.expected_loss(16),
        stopping.best_gain(),
    )

    def all_four(key, thinking, goal):
        measures = [score(key, thinking, goal) for score in scores]
        return lambda state, pulls: jnp.stack([measure(state, pulls) for measure in measures])

    (values,) = measured(all_four, belief, 10)

    np.testing.assert_allclose(values, [1, 1, 0, 0], atol=1e-6)


def test_the_bound_is_finite_before_the_first_pull():
    """Where means are equal but for a difference that rounding may take away."""
    thinking = BELIEFS["exact"](PRIOR, GROUPING)
    measure = stopping.bound_good(TOLERANCE)
    keys = jax.random.split(jax.random.key(0), 100)
    goal = goal_for(10, 3, 9)
    of_one = jax.vmap(lambda key: measure(key, thinking, goal)(thinking.init(), NO_PULLS))
    found = quick_jit(of_one)(keys)

    assert np.isfinite(found).all()


def test_a_tolerance_of_zero_asks_for_the_best_set():
    """Sums in another order differ by rounding, which must not count as a loss."""
    truth = losses("exact", 3) <= 1e-12
    found = measured(stopping.chance_good(0.0, DRAWS), "exact", 3, keys=KEYS)

    assert truth.mean() > 0.05
    assert_within_errors(found.mean(), truth.mean(), found.std() / KEYS**0.5)


def test_the_bound_is_below_the_chance_in_large_pools_too():
    """One arm is known to be good; of each of the 399 others little is."""
    grouping = pool_of(*(8,) * 50).grouping
    thinking = BELIEFS["flat"](usual_prior(50), grouping)
    arms = np.concatenate([np.zeros(100, np.int32), np.arange(1, 400, dtype=np.int32)])
    rewards = np.where(arms == 0, 0.75, 0.62).astype(np.float32)

    @quick_jit
    def found(key):
        state, goal = told(thinking, arms, rewards), goal_for(400, 1, 100)
        scores = stopping.bound_good(TOLERANCE), stopping.chance_good(TOLERANCE, 4096)
        return [score(key, thinking, goal)(state, NO_PULLS) for score in scores]

    bound, chance = found(jax.random.key(0))
    assert bound < chance + 4.5 * (chance * (1 - chance) / 4096) ** 0.5
