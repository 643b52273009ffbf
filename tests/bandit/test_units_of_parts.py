"""Beliefs, policies and scores are the same in any unit, for rewards of any kind.

Rewards x become a x + b, and priors, floors and tolerances with them. A power of two changes no bit
and so decides no pull; other units and zeros change what rounding does.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import explored, next_arm, pool_of, quick_jit, told

from dashjax.bandit.base import goal_for
from dashjax.bandit.gaussian import Prior, uniform_prior
from dashjax.bandit.methods import BELIEFS, POLICIES, Method, agent, method
from dashjax.bandit.stopping.scores import best_gain, bound_good, chance_good, expected_loss

GROUPING, SELECT, TOLERANCE = pool_of(2, 1, 2).grouping, 2, 0.1
SMALL, FLOOR = 2.0**-30, 0.25
ARMS = np.array([0, 2, 3, 0, 4, 3, 2], np.int32)  # arm 1 is never pulled
FEW = settings(max_examples=12, deadline=None, derandomize=True, database=None)
pytestmark = pytest.mark.usefixtures("double")

rewards = st.lists(
    st.floats(-1, 1, allow_subnormal=False).map(lambda value: round(value, 6)),
    min_size=len(ARMS),
    max_size=len(ARMS),
    unique=True,
)
powers = st.integers(-40, 40).map(lambda exponent: 2.0**exponent)
scales = st.floats(-6, 6).map(lambda exponent: 10.0**exponent)
zeros = st.floats(-1e3, 1e3)


@pytest.fixture(scope="module")
def double():
    with jax.enable_x64(True):
        yield


def prior_in(scale: float, zero: float) -> Prior:
    prior = uniform_prior(3, group_mean=0.1, group_sd=0.4, arm_sd=0.2, noise_sd=0.3)
    variances = (scale**2 * np.asarray(part) for part in prior[1:])
    return Prior(scale * np.asarray(prior.group_mean) + zero, *variances)


@functools.cache
def held(name: str):
    """Means, covariances, draws and noise of a belief after the pulls."""

    def of(prior, values):
        belief = BELIEFS[name](prior, GROUPING)
        state = told(belief, ARMS, values)
        every = jnp.arange(GROUPING.arms, dtype=jnp.int32)
        drawn = belief.sample(jax.random.key(0), state, 8)
        mean = belief.moments(state).mean
        return mean, belief.covariance(state, every), drawn, belief.noise_var(state)

    return quick_jit(of)


@pytest.mark.parametrize("name", BELIEFS)
@given(values=rewards, scale=scales, zero=zeros)
@FEW
def test_a_belief_scales_with_its_rewards(name, values, scale, zero):
    values, zero = np.array(values), scale * zero
    plain = held(name)(prior_in(1.0, 0.0), values)
    other = held(name)(prior_in(scale, zero), scale * values + zero)
    unit = [scale, scale**2, scale, scale**2]
    shift = [zero, 0.0, zero, 0.0]

    for found, same, size, less in zip(other, plain, unit, shift, strict=True):
        back = (np.asarray(found) - less) / size
        np.testing.assert_allclose(back, same, rtol=1e-5, atol=1e-7)


@functools.cache
def chosen():
    """The next arm by every policy, and by the methods that are wrapped ones."""
    every = [Method(name, BELIEFS["learned"], policy) for name, policy in POLICIES.items()]
    every += [method("best"), method("dash")]
    goal = goal_for(GROUPING.arms, SELECT, 30)

    def of(prior, values):
        arms = []
        for one in every:
            who = agent(one, prior, GROUPING, goal)
            arms.append(next_arm(jax.random.key(1), who, explored(who, ARMS, values)))
        return jnp.stack(arms)

    return quick_jit(of)


@pytest.mark.slow
@given(values=rewards, scale=powers)
@FEW
def test_a_power_of_two_decides_no_pull(values, scale):
    values = np.array(values)
    plain = chosen()(prior_in(1.0, 0.0), values)
    other = chosen()(prior_in(scale, 0.0), scale * values)

    np.testing.assert_array_equal(other, plain)


@functools.cache
def measured(scale: float):
    """What the scores of stop rules say, with tolerance and floor in that unit."""
    goal = goal_for(GROUPING.arms, SELECT, 30, floor=scale * FLOOR)
    asked = chance_good(scale * TOLERANCE), bound_good(scale * TOLERANCE)
    asked = *asked, expected_loss(), best_gain()

    def of(prior, values):
        belief = BELIEFS["learned"](prior, GROUPING)
        state = told(belief, ARMS, values)
        pulls = jnp.bincount(ARMS, length=GROUPING.arms)
        key = jax.random.key(2)
        return jnp.stack([score(key, belief, goal)(state, pulls) for score in asked])

    return quick_jit(of)


@given(values=rewards)
@FEW
def test_a_power_of_two_decides_no_stop(values):
    values = np.array(values)
    plain = np.asarray(measured(1.0)(prior_in(1.0, 0.0), values))
    other = np.asarray(measured(SMALL)(prior_in(SMALL, 0.0), SMALL * values))

    np.testing.assert_array_equal(other, plain * [1, 1, SMALL, SMALL])
