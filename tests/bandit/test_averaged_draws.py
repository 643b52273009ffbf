"""Draws of the belief that learns the spreads follow the mixture, not a normal law like it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import (
    RAGGED,
    STANDARD_ERRORS,
    assert_within_errors,
    pool_of,
    quick_jit,
    told,
    usual_prior,
)

from dashjax.bandit.beliefs.averaged import averaged

DRAWS = 40_000
SHARES = np.array([0.005, 0.05, 0.3, 0.7, 0.95, 0.995])
GROUPING = pool_of(*RAGGED).grouping
PULLS = np.array([2, 2, 3, 9, 9], np.int32), np.array([0.62, 0.58, 0.6, 0.41, 0.45])
BELIEF = averaged(usual_prior(4), GROUPING)
GROUP = 1  # its arms are 2, 3, 4 and 5, of which two were pulled


@functools.cache
def truth():
    return oracle.unknown_spreads(GROUPING, *PULLS)


def many(sample, count=DRAWS):
    """Draws by as many keys, of the belief after those pulls."""
    state = told(BELIEF, *PULLS)
    keys = jax.random.split(jax.random.key(7), count)
    return np.asarray(quick_jit(jax.vmap(sample, (0, None)))(keys, state), np.float64)


def jointly(key, state):
    return BELIEF.sample(key, state, 1)[:, 0]


def in_two_steps(key, state):
    """A group, then its arms, `[1 + arm]`."""
    utility = BELIEF.groups.sample(key, state)[GROUP]
    arms = BELIEF.groups.sample_arms(key, state, jnp.int32(GROUP), utility)
    return jnp.concatenate([utility[None], arms])


def groups_alone(key, state):
    return BELIEF.groups.sample(key, state)


def directions(units):
    """Each unit's utility, and all differences of two, as rows over groups and arms."""
    own = np.eye(GROUPING.groups + GROUPING.arms)[units]
    pairs = [(one, other) for one in range(len(own)) for other in range(one)]
    return np.array([*own, *(own[one] - own[other] for one, other in pairs)])


def assert_mixture(draws, units):
    """Mean, covariance, and the shares below quantiles of the mixture, in standard errors.

    The errors of means and covariances come from the draws: the mixture has heavy tails.
    """
    off = draws - draws.mean(axis=0)
    products = off[:, :, None] * off[:, None, :]
    mean, cov = truth().mean()[units], truth().cov()[np.ix_(units, units)]
    assert_within_errors(draws.mean(axis=0), mean, draws.std(axis=0) / len(draws) ** 0.5)
    assert_within_errors(products.mean(axis=0), cov, products.std(axis=0) / len(draws) ** 0.5)
    rows = directions(units)
    whole = np.zeros((len(draws), rows.shape[1]))
    whole[:, units] = draws
    edges = np.array([[truth().quantile(row, share) for share in SHARES] for row in rows])
    below = ((whole @ rows.T)[:, :, None] <= edges).mean(axis=0)
    assert_within_errors(below, SHARES[None], np.sqrt(SHARES * (1 - SHARES) / len(draws))[None])


def test_joint_draws_follow_the_mixture():
    assert_mixture(many(jointly), np.arange(4, 14))


def test_group_draws_follow_the_mixture():
    assert_mixture(many(groups_alone), np.arange(4))


def test_a_group_and_then_its_arms_are_one_draw_of_the_mixture():
    assert_mixture(many(in_two_steps), np.array([GROUP, 6, 7, 8, 9]))


def test_a_normal_law_with_the_same_moments_would_be_found_out():
    mean, sd = truth().mean(), np.sqrt(np.diag(truth().cov()))
    below = [
        [truth().cdf(row, mean[unit] + sd[unit] * stats.norm.ppf(share)) for share in SHARES]
        for unit, row in enumerate(np.eye(14))
    ]
    errors = np.abs(below - SHARES) / np.sqrt(SHARES * (1 - SHARES) / DRAWS)

    unexplored = np.delete(errors, 4 + PULLS[0], axis=0)
    assert unexplored.max(axis=1).min() > 2 * STANDARD_ERRORS


@pytest.mark.parametrize("count", [256, 15])
def test_many_draws_of_one_key_follow_the_mixture_together(count):
    """They are stratified: only their averages over keys can be held against the mixture."""
    rows = np.eye(14)[4:]
    edges = np.array([[truth().quantile(row, share) for share in SHARES] for row in rows])

    def shares(key, state):
        drawn = BELIEF.sample(key, state, count)
        below = drawn[:, None, :] <= jnp.asarray(edges, drawn.dtype)[:, :, None]
        return jnp.concatenate([below.mean(-1), drawn.mean(-1)[:, None]], 1)

    found = many(shares, 1000)
    error = found.std(axis=0) / len(found) ** 0.5
    expected = np.column_stack([np.tile(SHARES, (10, 1)), truth().mean()[4:]])
    alone = np.sqrt(SHARES * (1 - SHARES) / count)

    assert found.shape == (1000, 10, 7)
    assert_within_errors(found.mean(axis=0), expected, error)
    assert (found[:, :, :-1].std(axis=0) < 1.2 * alone).all()  # hardly worse than as many apart


def test_padding_is_never_worth_pulling():
    @quick_jit
    def drawn():
        sample = jax.vmap(BELIEF.groups.sample_arms, (None, None, 0, None))
        return sample(jax.random.key(0), BELIEF.init(), jnp.arange(4), jnp.float32(0.5))

    np.testing.assert_array_equal(np.isneginf(drawn()), ~GROUPING.mask)
