import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import RAGGED, SQUARE, assert_within_errors, pool_of, usual_prior

from dashjax.bandit.gaussian import uniform_prior
from dashjax.errors import InputError
from dashjax.pools.grouping import GROUPINGS
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings

NESTED, NOISY = (0.15, 0.03, 0.05), (0.05, 0.1, 0.2)  # spread of groups, of arms, noise


def table(sizes, targets, replicates, seed=0, spreads=NESTED):
    """Rewards `[target, arm, replicate]` drawn from the model."""
    rng = np.random.default_rng(seed)
    group_sd, arm_sd, noise_sd = spreads
    group = np.asarray(pool_of(*sizes).group)
    groups = rng.normal(0.5, group_sd, (targets, len(sizes)))
    arms = groups[:, group] + rng.normal(0, arm_sd, (targets, len(group)))
    return arms[:, :, None] + rng.normal(0, noise_sd, (*arms.shape, replicates))


@pytest.mark.parametrize("spreads", [NESTED, NOISY])
@pytest.mark.parametrize("sizes", [SQUARE, RAGGED])
def test_moments_recover_the_prior_of_a_big_table(sizes, spreads):
    rewards = table(sizes, 8000, 3, spreads=spreads)
    found = priors.describe(priors.by_moments(rewards, pool_of(*sizes).grouping))

    assert found.pop("group_mean") == pytest.approx(0.5, abs=0.005)
    assert list(found.values()) == pytest.approx(spreads, rel=0.03)


def test_moments_are_unbiased_in_small_tables():
    grouping = pool_of(*RAGGED).grouping
    fits = [priors.by_moments(table(RAGGED, 2, 4, seed), grouping) for seed in range(400)]
    for field, truth in (("group_var", 0.15**2), ("arm_var", 0.03**2), ("noise_var", 0.05**2)):
        found = np.array([float(jnp.ravel(getattr(fit, field))[0]) for fit in fits])
        assert_within_errors(found.mean(), truth, found.std(ddof=1) / len(found) ** 0.5)


def test_moments_leave_some_variance_to_every_level():
    """Without any, two-level sampling would enter the first group for ever."""
    grouping = pool_of(2, 2).grouping
    rewards = np.broadcast_to(np.array([0.2, 0.4, 0.2, 0.4])[None, :, None], (3, 4, 5))
    prior = priors.by_moments(rewards, grouping)
    share = 0.01 * rewards.mean(axis=2).var(axis=1).mean()

    assert float(prior.group_var[0]) == pytest.approx(share, rel=1e-3)
    assert float(prior.noise_var) == pytest.approx(share, rel=1e-3)
    assert float(prior.arm_var[0]) == pytest.approx(0.02, rel=1e-3)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (4,), (1,)])
def test_moments_of_pools_without_one_of_the_levels_are_finite(sizes):
    prior = priors.by_moments(table(sizes, 3, 2), pool_of(*sizes).grouping)

    assert all(np.isfinite(field).all() and (field > 0).all() for field in prior)


def test_moments_need_two_replicates():
    with pytest.raises(InputError, match="needs 2 replicates of a dataset"):
        priors.by_moments(table(SQUARE, 2, 1), pool_of(*SQUARE).grouping)


@pytest.mark.parametrize("kind", GROUPINGS)
@pytest.mark.parametrize("sizes", [SQUARE, RAGGED, (1, 1)])
def test_matched_variances_are_those_of_the_true_covariance(kind, sizes):
    pool = pool_of(*sizes)
    true, grouping = usual_prior(len(sizes)), pool.regroup(kind)
    found = priors.matched(true, pool.grouping, grouping)
    covariance = oracle.prior_law(true, pool.grouping).cov[len(sizes) :, len(sizes) :]
    group = np.asarray(grouping.group)
    pairs = (group[:, None] == group[None, :]) & ~np.eye(len(group), dtype=bool)
    total = 0.15**2 + 0.03**2
    shared = covariance[pairs].mean() if pairs.any() else 0.15**2

    np.testing.assert_allclose(found.group_var, max(shared, 0.01 * total), rtol=1e-5)
    np.testing.assert_allclose(found.group_var + found.arm_var, total, rtol=1e-5)
    np.testing.assert_allclose(found.group_mean, 0.5)
    np.testing.assert_allclose(found.noise_var, 0.05**2, rtol=1e-5)


def test_a_prior_is_described_by_standard_deviations():
    prior = uniform_prior(3, group_mean=0.4, group_sd=0.2, arm_sd=0.1, noise_sd=0.3)
    described = {"group_mean": 0.4, "group_sd": 0.2, "arm_sd": 0.1, "noise_sd": 0.3}

    assert priors.describe(prior) == pytest.approx(described)


def test_a_method_is_never_told_that_all_groups_are_equal():
    """With no variance at all, two-level sampling would enter the first group for ever."""
    settings = PriorSettings(0.5, 0.0, 0.03, 0.05)

    assert float(priors.truth(settings, 5).group_var[0]) == 0
    assert float(priors.given(settings, 5).group_var[0]) == pytest.approx(0.01 * 0.03**2)
    grouping = pool_of(*SQUARE).grouping
    implied = priors.matched(priors.truth(settings, 5), grouping, grouping)
    assert float(implied.group_var[0]) == pytest.approx(0.01 * 0.03**2)
    assert float(implied.arm_var[0]) == pytest.approx(0.99 * 0.03**2)
