"""How loud each dataset is, against likelihoods by numerical integration and dense conditioning."""

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import optimize, special, stats
from worlds import assert_within_errors, pool_of, quick_jit, some_pulls, told, usual_prior

from dashjax.bandit.beliefs.learned import learned
from dashjax.bandit.beliefs.noise import EQUAL, USUAL, drawn, judged

COUNT = np.array([[4.0, 2.0], [5.0, 1.0], [3.0, 0.0]])
SQUARES = np.array([[0.02, 0.5], [3.0, 0.0], [0.04, 0.0]])
MORE = np.maximum(COUNT - 1, 0)
GROUPING = pool_of(2, 3, 1).grouping
PULLED, REWARDS = some_pulls(GROUPING.arms, 12, seed=3, unpulled=(4,))
judge = quick_jit(lambda count, squares: judged(USUAL, count, squares))
usual = quick_jit(lambda arms, rewards: of_usual().moments(told(of_usual(), arms, rewards)))


def of_usual():
    return learned(usual_prior(3), GROUPING)


LOG_PRECISION = np.linspace(-25, 12, 4001)


def log_likelihood(freedom: float, typical: float, more: np.ndarray, squares: np.ndarray) -> float:
    """Of sums of squares: chi-squares whose precision is integrated out by quadrature."""
    precision = np.exp(LOG_PRECISION)
    prior = stats.gamma.logpdf(precision, freedom / 2, scale=2 / freedom) + LOG_PRECISION
    total = 0.0
    for m, square in flat(more, squares):
        given = stats.chi2.logpdf(square * precision / typical, m) + np.log(precision / typical)
        total += np.log(np.trapezoid(np.exp(prior + given), LOG_PRECISION))
    return total


def test_chances_and_factors_are_those_of_the_likelihoods(x64):
    found = judge(jnp.asarray(COUNT), jnp.asarray(SQUARES))
    pooled = SQUARES.sum() / MORE.sum()
    plain = [stats.chi2.logpdf(v / pooled, m) - np.log(pooled) for m, v in flat(MORE, SQUARES)]
    logs, factors = [sum(plain)], [np.ones_like(COUNT)]
    for freedom, by_group in zip(*USUAL, strict=True):
        more, squares = (part.sum(1) if by_group else part.ravel() for part in (MORE, SQUARES))
        fit = optimize.minimize_scalar(
            lambda size, v=freedom, m=more, s=squares: -log_likelihood(v, np.exp(size), m, s),
            bounds=(-8, 2),
            options={"xatol": 1e-7},
        )
        logs.append(-fit.fun - jacobian(more, squares) + jacobian(MORE.ravel(), SQUARES.ravel()))
        own = np.exp(fit.x) * (freedom + squares / np.exp(fit.x)) / (freedom + more) / pooled
        factors.append(own[:, None] if by_group else own.reshape(COUNT.shape))
    chance = np.exp(logs - np.logaddexp.reduce(logs))
    factor = sum(one * part for one, part in zip(chance, factors, strict=True))
    unit = np.exp((COUNT * np.log(factor)).sum() / COUNT.sum())

    np.testing.assert_allclose(found.chance, chance, atol=2e-3)
    np.testing.assert_allclose(found.factor, factor / unit, rtol=5e-3)


def flat(more: np.ndarray, squares: np.ndarray) -> list[tuple[float, float]]:
    return [(m, v) for m, v in zip(more.ravel(), squares.ravel(), strict=True) if m > 0]


def jacobian(more: np.ndarray, squares: np.ndarray) -> float:
    """What the density of sums of squares has beside the likelihood of the rewards."""
    return sum((m / 2 - 1) * np.log(v) - special.gammaln(m / 2) for m, v in flat(more, squares))


def test_draws_have_the_median_of_the_law(x64):
    """Of the precision by kind: a gamma law, whose cube root is nearly normal."""
    found = judge(jnp.asarray(COUNT), jnp.asarray(SQUARES))
    draws = drawn(jax.random.key(0), USUAL, found, 20_000)
    place = (0, 0)
    below = np.mean(np.asarray(draws[place])[None] <= np.array([0.1, 0.3, 1.0])[:, None], axis=1)
    chance = np.asarray(found.chance)
    law = chance[0] * (1 / float(found.unit) <= np.array([0.1, 0.3, 1.0]))
    for share, shape, factor in zip(chance[1:], found.shape, found.factors, strict=True):
        a = float(jnp.broadcast_to(shape, (len(shape), 2))[place])
        size = float(jnp.broadcast_to(factor, (len(shape), 2))[place]) / float(found.unit)
        law = law + share * stats.gamma.sf(size / np.array([0.1, 0.3, 1.0]), a, scale=1 / a)

    assert_within_errors(below, law, 0.5 / np.sqrt(20_000) + 0.003)  # the cube's own error


def test_equal_noise_is_equal_and_no_look_again_says_nothing():
    even = judge(jnp.full((3, 2), 50.0), jnp.full((3, 2), 49.0))
    nothing = judge(jnp.ones((3, 2)), jnp.zeros((3, 2)))

    np.testing.assert_allclose(even.factor, 1, rtol=1e-4)
    np.testing.assert_array_equal(nothing.factor, 1)
    np.testing.assert_allclose(nothing.chance, 0.25)
    assert float(even.chance[0]) > 0.9


def test_only_relative_sizes_matter():
    one, other = (judge(jnp.asarray(COUNT), s * jnp.asarray(SQUARES)) for s in (1.0, 2.0**40))

    for part, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(part, same)


def test_given_the_factors_moments_are_those_of_dense_conditioning(x64):
    belief = of_usual()
    state = told(belief, PULLED, REWARDS)
    factor = np.asarray(state.noise.factor)
    of_pull = GROUPING.to_arms(jnp.asarray(factor))[PULLED]
    mean, covariance = oracle.told_nothing(GROUPING, PULLED, REWARDS, np.asarray(of_pull)).moments()
    moments = usual(jnp.asarray(PULLED), jnp.asarray(REWARDS))

    assert np.ptp(factor) > 0.1
    np.testing.assert_allclose(moments.mean, mean, atol=1e-9)
    np.testing.assert_allclose(moments.var, np.diag(covariance), atol=1e-9)


@pytest.mark.parametrize("kinds", [EQUAL])
def test_without_kinds_all_noise_is_equal(kinds):
    found = judged(kinds, jnp.asarray(COUNT), jnp.asarray(SQUARES))

    np.testing.assert_array_equal(found.factor, 1)
    np.testing.assert_array_equal(drawn(jax.random.key(0), kinds, found, 3), 1)
