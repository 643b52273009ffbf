"""The belief that learns the spreads is a mixture of dense normal laws, weighed by likelihood."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from oracle import NOISE_VAR
from worlds import RAGGED, pool_of, quick_jit, some_pulls, told, usual_prior

from dashjax.bandit.beliefs.averaged import averaged
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.hyperprior import hyperprior, posterior
from dashjax.bandit.methods import BELIEFS

EXACT = {"atol": 1e-9, "rtol": 0}
HISTORIES = {  # sizes of the groups, how they are grouped, arms never pulled, number of pulls
    "nothing seen": (RAGGED, "perfect", (), 0),
    "one pull": (RAGGED, "perfect", (), 1),
    "arms unseen": (RAGGED, "perfect", (1, 4), 12),
    "groups unseen": (RAGGED, "perfect", (0, 1, 6), 40),
    "mixed": (RAGGED, "mixed", (), 15),
    "shuffled": (RAGGED, "shuffled", (), 15),
    "one group": (RAGGED, "single", (2,), 9),
    "one arm": ((1,), "perfect", (), 3),
}


@functools.cache
def seen(history):
    """A grouping, its pulls, and the dense mixture."""
    sizes, kind, unpulled, pulls = HISTORIES[history]
    grouping = pool_of(*sizes).regroup(kind, seed=3)
    arms, rewards = some_pulls(grouping.arms, pulls, unpulled=unpulled)
    return grouping, (arms, rewards), oracle.unknown_spreads(grouping, arms, rewards)


def known(name, grouping, arms, rewards):
    """All that a belief says after those pulls, and the mass of the points of its grid."""
    belief = BELIEFS[name](usual_prior(grouping.groups), grouping)
    every = jnp.arange(grouping.arms, dtype=jnp.int32)

    @quick_jit
    def found(arms, rewards):
        state = told(belief, arms, rewards)
        return {
            "groups": belief.groups.moments(state),
            "arms": belief.moments(state),
            "cov": belief.covariance(state, every),
            "some rows": belief.covariance(state, jnp.array([grouping.arms - 1, 0, 0], jnp.int32)),
            "shrinkage": belief.groups.weight(state),
            "noise": belief.noise_var(state),
            "mass": posterior(hyperprior(), state.evidence, belief.noise_var(state)).mass,
        }

    return jax.tree.map(np.asarray, found(jnp.asarray(arms), jnp.asarray(rewards)))


@functools.cache
def learned(history):
    with jax.enable_x64(True):
        return known("averaged", seen(history)[0], *seen(history)[1])


@pytest.mark.usefixtures("x64")
def test_the_grid_has_the_half_normal_mass_of_its_cells():
    hyper, grid = hyperprior(), oracle.grid()

    np.testing.assert_allclose(hyper.mass, grid.mass, **EXACT)
    np.testing.assert_allclose(np.sqrt(hyper.group_var), grid.group_sd, **EXACT)
    np.testing.assert_allclose(np.sqrt(hyper.arm_var), grid.arm_sd, **EXACT)
    assert hyper.mass.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("history", HISTORIES)
def test_points_are_weighed_by_the_likelihood_of_the_raw_rewards(history):
    mass, truth = learned(history)["mass"], seen(history)[2]
    found = np.log(mass) - np.log(oracle.grid().mass)
    true = truth.log_likelihood - truth.log_likelihood[0]

    assert mass.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found - found[0], true, **EXACT)


@pytest.mark.parametrize("history", HISTORIES)
def test_moments_and_covariances_are_those_of_the_mixture(history):
    (grouping, _, truth), found = seen(history), learned(history)
    groups, mean, cov = grouping.groups, truth.mean(), truth.cov()
    var, between_arms = np.diag(cov), cov[groups:, groups:]

    np.testing.assert_allclose(found["groups"], [mean[:groups], var[:groups]], **EXACT)
    np.testing.assert_allclose(found["arms"], [mean[groups:], var[groups:]], **EXACT)
    np.testing.assert_allclose(found["cov"], between_arms, **EXACT)
    np.testing.assert_allclose(found["some rows"], between_arms[[-1, 0, 0]], **EXACT)


@pytest.mark.parametrize("history", ["arms unseen", "mixed"])
def test_shrinkage_is_the_weight_of_the_group_in_the_mean(history):
    """By how much an arm's mean moves with its group's, averaged over the points."""
    (grouping, (arms, _), truth), found = seen(history), learned(history)
    groups, group = grouping.groups, np.asarray(grouping.group)
    slopes = [
        [law.cov[group[arm], groups + arm] / law.cov[group[arm], group[arm]] for arm in range(10)]
        for law in truth.laws
    ]

    np.testing.assert_allclose(found["shrinkage"], truth.mass @ np.array(slopes), **EXACT)
    assert (found["shrinkage"][np.bincount(arms, minlength=10) == 0] == 1).all()


@pytest.mark.usefixtures("x64")
def test_averaged_flat_is_one_group_with_a_learned_spread():
    _, pulls, truth = seen("one group")
    found = known("averaged-flat", pool_of(*RAGGED).grouping, *pulls)

    np.testing.assert_allclose(found["arms"][0], truth.mean()[1:], **EXACT)
    np.testing.assert_allclose(found["cov"], truth.cov()[1:, 1:], **EXACT)


@pytest.mark.usefixtures("x64")
def test_with_one_point_and_a_known_mean_it_is_the_exact_posterior():
    grouping, pulls, _ = seen("arms unseen")
    prior = usual_prior(grouping.groups)
    alone = hyperprior((0.15,), (0.03,), mean_sd=1e-9)
    learned, given = averaged(prior, grouping, hyper=alone), exact(prior, grouping)

    np.testing.assert_allclose(
        learned.moments(told(learned, *pulls)), given.moments(told(given, *pulls)), **EXACT
    )


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("history", ["one pull", "groups unseen"])
def test_learned_noise_is_the_pooled_variance_with_the_priors_worth_four_rewards(history):
    grouping, (arms, rewards), _ = seen(history)
    found = known("averaged-noise", grouping, arms, rewards)
    own = [rewards[arms == arm] for arm in set(arms.tolist())]
    squares = sum(((values - values.mean()) ** 2).sum() for values in own)
    again = sum(len(values) - 1 for values in own)
    noise_var = (4 * NOISE_VAR + squares) / (4 + again)
    truth = oracle.unknown_spreads(grouping, arms, rewards, noise_var)

    np.testing.assert_allclose(found["noise"], noise_var, rtol=1e-12)
    np.testing.assert_allclose(found["arms"][0], truth.mean()[grouping.groups :], **EXACT)
    assert learned(history)["noise"] == pytest.approx(NOISE_VAR, rel=1e-12)


@pytest.mark.parametrize("name", ["averaged", "averaged-noise"])
def test_single_precision_does_not_drift_over_a_long_run(name):
    arms, _ = some_pulls(10, 1000)
    arms[:400] = 3  # a favourite
    utility = np.linspace(0.3, 0.7, 10)
    rewards = utility[arms] + np.random.default_rng(1).normal(0, NOISE_VAR**0.5, 1000)
    single_precision = known(name, pool_of(*RAGGED).grouping, arms, rewards)
    with jax.enable_x64(True):
        double_precision = known(name, pool_of(*RAGGED).grouping, arms, rewards)

    for field in ("arms", "groups", "noise", "mass"):
        np.testing.assert_allclose(
            single_precision[field], double_precision[field], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize(
    ("kind", "least", "most"), [("perfect", 0, 0.09), ("crossed", 0.36, 1), ("shuffled", 0.36, 1)]
)
def test_useless_groups_are_found_out(square_pool, kind, least, most):
    """A group spread of at most .03 has a chance of .18 before; in truth groups are .15 apart."""
    rng = np.random.default_rng(0)
    utility = rng.normal(0.5, 0.15, (40, 5)).repeat(3, axis=1) + rng.normal(0, 0.03, (40, 15))
    arms = np.tile(np.arange(15, dtype=np.int32), 4)
    rewards = utility[:, arms] + rng.normal(0, NOISE_VAR**0.5, (40, 60))
    grouping = square_pool.regroup(kind)
    belief = averaged(usual_prior(grouping.groups), grouping)
    small = oracle.grid().group_sd < 0.031

    @quick_jit
    @jax.vmap
    def mass(rewards):
        evidence = told(belief, arms, rewards).evidence
        return posterior(hyperprior(), evidence, jnp.float32(NOISE_VAR)).mass

    assert oracle.grid().mass[small].sum() == pytest.approx(0.18, abs=0.005)
    assert least <= np.asarray(mass(jnp.asarray(rewards)))[:, small].sum(axis=1).mean() <= most
