"""The belief that is told nothing, against dense conditioning, and in any unit."""

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import STANDARD_ERRORS, assert_within_errors, pool_of, some_pulls, told, usual_prior

from dashjax.bandit.beliefs.learned import learned
from dashjax.bandit.beliefs.noise import EQUAL

SIZES = (2, 3, 1)
GROUPING = pool_of(*SIZES).grouping
ARMS, REWARDS = some_pulls(GROUPING.arms, 9, seed=3, unpulled=(4,))


def state_of(scale: float = 1.0, shift: float = 0.0):
    belief = learned(usual_prior(len(SIZES)), GROUPING, kinds=EQUAL)
    return belief, told(belief, ARMS, scale * REWARDS + shift)


def test_moments_and_covariances_are_those_of_dense_conditioning(x64):
    mean, covariance = oracle.told_nothing(GROUPING, ARMS, REWARDS).moments()
    belief, state = state_of()

    moments = belief.moments(state)
    found = belief.covariance(state, jnp.arange(GROUPING.arms, dtype=jnp.int32))

    np.testing.assert_allclose(moments.mean, mean, atol=1e-10)
    np.testing.assert_allclose(moments.var, np.diag(covariance), atol=1e-10)
    np.testing.assert_allclose(found, covariance, atol=1e-10)


@pytest.mark.parametrize(
    ("scale", "shift"),
    [(1e-6, 0.0), (0.125, 0.0), (100.0, 0.0), (1e6, 0.0), (1.0, 30.0), (2.0, -9.0)],
)
def test_neither_unit_nor_zero_matters(x64, scale, shift):
    belief, plain = state_of()
    _, other = state_of(scale, shift)
    mean, var = belief.moments(plain)
    draws = belief.sample(jax.random.key(0), plain, 64)

    np.testing.assert_allclose(belief.moments(other).mean, scale * mean + shift, rtol=1e-8)
    np.testing.assert_allclose(belief.moments(other).var, scale**2 * var, rtol=1e-6)
    np.testing.assert_allclose(
        belief.sample(jax.random.key(0), other, 64), scale * draws + shift, rtol=1e-6
    )
    np.testing.assert_allclose(
        belief.noise_var(other), scale**2 * belief.noise_var(plain), rtol=1e-6
    )


def test_a_power_of_two_changes_no_bit():
    belief, plain = state_of()
    _, other = state_of(1024.0)

    np.testing.assert_array_equal(belief.moments(other).mean, 1024 * belief.moments(plain).mean)


def test_draws_have_the_moments(x64):
    belief, state = state_of()
    draws = belief.sample(jax.random.key(1), state, 80_000)
    mean, var = belief.moments(state)

    assert_within_errors(draws.mean(1), mean, np.sqrt(np.asarray(var) / 80_000))
    # Wilson and Hilferty's chi-square is some hundredths too wide with eight degrees of freedom
    np.testing.assert_allclose(draws.var(1), var, rtol=0.05)


def test_a_draw_by_group_is_a_draw_of_the_belief(x64):
    belief, state = state_of()
    view = belief.groups

    def one(key):
        utility = view.sample(key, state)
        return utility, view.sample_arms(key, state, jnp.int32(1), utility[1])

    groups, arms = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(2), 40_000))
    group_mean, group_var = view.moments(state)
    assert_within_errors(groups.mean(0), group_mean, np.sqrt(np.asarray(group_var) / 40_000))
    mean, var = (np.asarray(part)[[2, 3, 4]] for part in belief.moments(state))
    assert_within_errors(arms.mean(0), mean, np.sqrt(var / 40_000))


@pytest.mark.parametrize("rewards", [[], [0.5], [0.5, 0.5, 0.5, 0.5], [3.0, 3.0, 3.0, 3.1]])
def test_with_next_to_no_evidence_everything_is_finite(rewards):
    belief = learned(usual_prior(len(SIZES)), GROUPING, kinds=EQUAL)
    state = belief.init()
    for arm, reward in enumerate(rewards):
        state = belief.update(state, jnp.int32(arm), jnp.float32(reward))

    for part in (*belief.moments(state), belief.noise_var(state), belief.groups.weight(state)):
        assert np.isfinite(part).all()
    assert np.isfinite(belief.sample(jax.random.key(0), state, 8)).all()
    assert STANDARD_ERRORS
