import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import (
    assert_law,
    assert_within_errors,
    pool_of,
    some_pulls,
    told,
    uneven_prior,
    usual_prior,
)

from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.paper import paper
from dashjax.bandit.gaussian import Prior, arms_given_group

DRAWS = 40_000
EXACT = {"atol": 1e-10, "rtol": 0}

# sizes of the groups, arms never pulled, number of pulls
HISTORIES = {
    "nothing seen": ((2, 4, 1, 3), (), 0),
    "arms unseen": ((2, 4, 1, 3), (1, 4), 12),
    "groups unseen": ((2, 4, 1, 3), (0, 1, 6), 40),
    "one group": ((5,), (), 9),
    "one arm": ((1,), (), 3),
    "more than 128 places": ((90, 40), (7,), 60),
}


def published(prior, grouping, arms, rewards):
    """Equations (4)-(8) of the paper, one group and one dataset at a time.

    Returns means and variances of groups, and of datasets with the group's mean plugged in.
    """
    mu, var_0, var_hat, var_r = (np.asarray(field, np.float64) for field in prior)
    groups, datasets = np.zeros((2, grouping.groups)), np.zeros((2, grouping.arms))
    for i in range(grouping.groups):
        own = [
            reward for arm, reward in zip(arms, rewards, strict=True) if grouping.group[arm] == i
        ]
        groups[:, i] = mu[i], var_0[i]
        if len(own):
            evidence_var = var_hat[i] + var_r / len(own)
            lam2 = 1 / (1 / var_0[i] + 1 / evidence_var)
            groups[:, i] = lam2 * (mu[i] / var_0[i] + np.mean(own) / evidence_var), lam2
    for ij in range(grouping.arms):
        i = grouping.group[ij]
        own = rewards[arms == ij]
        lam2 = 1 / (1 / var_hat[i] + len(own) / var_r)
        datasets[:, ij] = lam2 * (groups[0, i] / var_hat[i] + sum(own) / var_r), lam2
    return groups, datasets


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("sizes", "unpulled", "pulls"), HISTORIES.values(), ids=HISTORIES)
def test_exact_is_dense_conditioning(sizes, unpulled, pulls):
    grouping = pool_of(*sizes).grouping
    prior = uneven_prior(grouping.groups)
    seen = some_pulls(grouping.arms, pulls, unpulled=unpulled)
    belief = exact(prior, grouping)
    state = told(belief, *seen)
    law = oracle.posterior(prior, grouping, *seen)
    groups, var = grouping.groups, np.diag(law.cov)
    some = jnp.array([grouping.arms - 1, 0, 0], jnp.int32)

    np.testing.assert_allclose(belief.groups.moments(state).mean, law.mean[:groups], **EXACT)
    np.testing.assert_allclose(belief.groups.moments(state).var, var[:groups], **EXACT)
    np.testing.assert_allclose(belief.moments(state).mean, law.mean[groups:], **EXACT)
    np.testing.assert_allclose(belief.moments(state).var, var[groups:], **EXACT)
    np.testing.assert_allclose(
        belief.covariance(state, some), law.cov[groups:, groups:][np.asarray(some)], **EXACT
    )


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("kind", ["mixed", "crossed", "shuffled", "single"])
def test_exact_is_dense_conditioning_where_groups_are_not_in_order(ragged_pool, kind):
    grouping = ragged_pool.regroup(kind, seed=3)
    prior = uneven_prior(grouping.groups)
    seen = some_pulls(grouping.arms, 15)
    belief = exact(prior, grouping)
    state = told(belief, *seen)
    law = oracle.posterior(prior, grouping, *seen)
    every = jnp.arange(grouping.arms, dtype=jnp.int32)

    np.testing.assert_allclose(belief.moments(state).mean, law.mean[grouping.groups :], **EXACT)
    np.testing.assert_allclose(
        belief.covariance(state, every), law.cov[grouping.groups :, grouping.groups :], **EXACT
    )


@pytest.mark.usefixtures("x64")
def test_arms_given_groups_are_dense_conditioning(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    seen = some_pulls(grouping.arms, 12, unpulled=(1, 4))
    utilities = np.random.default_rng(1).normal(0.5, 0.2, grouping.groups)
    law = oracle.given_groups(oracle.posterior(prior, grouping, *seen), utilities)
    given = arms_given_group(prior, told(exact(prior, grouping), *seen).evidence)
    mean = given.slope * utilities[:, None] + given.offset

    np.testing.assert_allclose(grouping.to_arms(mean), law.mean, **EXACT)
    np.testing.assert_allclose(np.diag(grouping.to_arms(given.var)), law.cov, **EXACT)


def test_single_precision_does_not_drift_over_a_long_run(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    seen = some_pulls(grouping.arms, 1000)
    belief = exact(prior, grouping)
    moments = belief.groups.moments(told(belief, *seen))
    law = oracle.posterior(prior, grouping, *seen)

    np.testing.assert_allclose(moments.mean, law.mean[: grouping.groups], atol=1e-5)
    np.testing.assert_allclose(moments.var, np.diag(law.cov)[: grouping.groups], rtol=1e-4)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("pulls", [0, 12, 40])
def test_paper_is_its_equations_4_to_8(ragged_pool, pulls):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    seen = some_pulls(grouping.arms, pulls, unpulled=(4, 6))
    belief = paper(prior, grouping)
    state = told(belief, *seen)
    groups, datasets = published(prior, grouping, *seen)

    np.testing.assert_allclose(belief.groups.moments(state), groups, **EXACT)
    np.testing.assert_allclose(belief.moments(state), datasets, **EXACT)
    np.testing.assert_allclose(
        belief.covariance(state, jnp.array([3, 0], jnp.int32)),
        np.diag(datasets[1])[[3, 0]],
        **EXACT,
    )


@pytest.mark.usefixtures("x64")
def test_paper_is_exact_where_one_arm_of_each_group_is_pulled(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    arms = np.array([0, 3, 6, 9, 3, 0, 3], np.int32)
    rewards = np.random.default_rng(0).normal(0.5, 0.1, len(arms))
    published_groups, exact_groups = (
        belief.groups.moments(told(belief, arms, rewards))
        for belief in (paper(prior, grouping), exact(prior, grouping))
    )

    np.testing.assert_allclose(published_groups, exact_groups, **EXACT)


@pytest.mark.usefixtures("x64")
def test_paper_differs_by_the_effective_number_of_arms_where_pulls_are_balanced(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    arms = np.repeat(np.arange(grouping.arms, dtype=np.int32), 2)
    rewards = np.random.default_rng(0).normal(0.5, 0.1, len(arms))
    effective = jnp.array([2.0, 4.0, 1.0, 3.0])  # n_i^2 / sum_j n_ij^2
    mended = paper(prior._replace(arm_var=prior.arm_var / effective), grouping)
    truth = exact(prior, grouping)
    wide = paper(prior, grouping)

    true_groups = truth.groups.moments(told(truth, arms, rewards))
    np.testing.assert_allclose(
        mended.groups.moments(told(mended, arms, rewards)), true_groups, **EXACT
    )
    wider = wide.groups.moments(told(wide, arms, rewards)).var / true_groups.var
    assert (wider[np.array([0, 1, 3])] > 1.02).all()
    assert wider[2] == pytest.approx(1)


@pytest.mark.usefixtures("x64")
def test_without_spread_of_arms_a_group_is_one_arm(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    prior = prior._replace(arm_var=jnp.zeros(grouping.groups))
    arms, rewards = some_pulls(grouping.arms, 12, unpulled=(6,))
    belief = exact(prior, grouping)
    state = told(belief, arms, rewards)
    group_of_pull = np.asarray(grouping.group)[arms]
    alone = Prior(prior.group_mean, 0 * prior.group_var, prior.group_var, prior.noise_var)
    law = oracle.posterior(alone, pool_of(1, 1, 1, 1).grouping, group_of_pull, rewards)

    np.testing.assert_allclose(belief.groups.moments(state).mean, law.mean[4:], **EXACT)
    np.testing.assert_allclose(belief.groups.moments(state).var, np.diag(law.cov)[4:], **EXACT)
    np.testing.assert_allclose(
        belief.moments(state).mean, grouping.spread(belief.groups.moments(state).mean), **EXACT
    )
    draw = belief.sample(jax.random.key(0), state, 1)
    np.testing.assert_allclose(draw[:2], draw[:1].repeat(2, axis=0), **EXACT)


@pytest.mark.usefixtures("x64")
def test_without_spread_of_groups_arms_are_independent(ragged_pool):
    grouping = ragged_pool.grouping
    prior = uneven_prior(grouping.groups)
    prior = prior._replace(group_var=jnp.zeros(grouping.groups))
    seen = some_pulls(grouping.arms, 12, unpulled=(6,))
    belief = exact(prior, grouping)
    state = told(belief, *seen)
    every = jnp.arange(grouping.arms, dtype=jnp.int32)
    mean, var = normal_normal(
        grouping.spread(prior.group_mean), grouping.spread(prior.arm_var), prior.noise_var, *seen
    )

    np.testing.assert_allclose(belief.moments(state).mean, mean, **EXACT)
    np.testing.assert_allclose(belief.covariance(state, every), np.diag(var), **EXACT)
    np.testing.assert_allclose(belief.groups.moments(state).mean, prior.group_mean, **EXACT)


@pytest.mark.usefixtures("x64")
def test_flat_is_independent_normal_models(ragged_pool):
    grouping = ragged_pool.grouping
    prior = usual_prior(grouping.groups)
    seen = some_pulls(grouping.arms, 12, unpulled=(6,))
    belief = flat(prior, grouping)
    state = told(belief, *seen)
    every = jnp.arange(grouping.arms, dtype=jnp.int32)
    ones = np.ones(grouping.arms)
    mean, var = normal_normal(0.5 * ones, (0.15**2 + 0.03**2) * ones, 0.05**2, *seen)

    np.testing.assert_allclose(belief.moments(state).mean, mean, **EXACT)
    np.testing.assert_allclose(belief.covariance(state, every), np.diag(var), **EXACT)


def normal_normal(mean, var, noise_var, arms, rewards):
    """Means and variances of arms that teach nothing of each other."""
    count = np.bincount(arms, minlength=len(mean))
    total = np.bincount(arms, rewards, minlength=len(mean))
    precision = 1 / np.asarray(var) + count / float(noise_var)
    return (
        np.asarray(mean) / np.asarray(var) + total / float(noise_var)
    ) / precision, 1 / precision


GROUPING = pool_of(2, 4, 1, 3).grouping


@functools.cache
def seen_by(builder):
    """A belief over a ragged pool after twelve pulls, with all there is to compare it with."""
    grouping = GROUPING
    prior = usual_prior(4) if builder is flat else uneven_prior(4)
    seen = some_pulls(grouping.arms, 12, unpulled=(1, 6))
    belief = builder(prior, grouping)
    return belief, told(belief, *seen), prior, seen


def jointly(belief, key, state):
    """One draw of all arms, `[arm]`."""
    return belief.sample(key, state, 1)[:, 0]


def many(sample, *given):
    keys = jax.random.split(jax.random.key(7), DRAWS)
    return jax.jit(jax.vmap(sample, (0, *(None for _ in given))))(keys, *given)


@pytest.mark.parametrize("builder", [exact, flat])
def test_draws_have_the_moments_and_covariance_that_the_belief_states(builder):
    belief, state, *_ = seen_by(builder)
    every = jnp.arange(GROUPING.arms, dtype=jnp.int32)
    covariance = np.asarray(belief.covariance(state, every), np.float64)
    moments = belief.moments(state)

    assert_law(many(functools.partial(jointly, belief), state), moments.mean, covariance)
    np.testing.assert_allclose(moments.var, np.diag(covariance), rtol=1e-5)


def test_drawing_groups_then_arms_is_one_draw_of_the_exact_posterior():
    belief, state, prior, seen = seen_by(exact)
    law = oracle.posterior(prior, GROUPING, *seen)

    assert_law(many(functools.partial(in_two_steps, belief), state), *law)


def test_paper_draws_arms_around_the_drawn_group():
    belief, state, prior, seen = seen_by(paper)
    groups, _ = published(prior, GROUPING, *seen)
    given = arms_given_group(prior, state.evidence)
    slope, offset, var = (np.asarray(GROUPING.to_arms(field)) for field in given)
    group = np.asarray(GROUPING.group)
    slopes = np.concatenate([np.eye(4), slope[:, None] * np.eye(4)[group]])
    mean = slopes @ groups[0] + np.concatenate([np.zeros(4), offset])
    cov = slopes @ np.diag(groups[1]) @ slopes.T + np.diag(np.concatenate([np.zeros(4), var]))

    assert_law(many(functools.partial(in_two_steps, belief), state), mean, cov)
    assert_law(many(functools.partial(jointly, belief), state), mean[4:], cov[4:, 4:])


def in_two_steps(belief, key, state):
    """Groups, then arms group by group, `[group + arm]`."""
    key_groups, *keys = jax.random.split(key, 1 + GROUPING.groups)
    utilities = belief.groups.sample(key_groups, state)
    places = [
        belief.groups.sample_arms(one, state, jnp.int32(group), utilities[group])
        for group, one in enumerate(keys)
    ]
    return jnp.concatenate([utilities, GROUPING.to_arms(jnp.stack(places))])


def groups_alone(belief, key, state):
    return belief.groups.sample(key, state)


@pytest.mark.parametrize("builder", [exact, paper])
def test_padding_is_never_worth_pulling(builder):
    belief, state, *_ = seen_by(builder)
    drawn = [
        belief.groups.sample_arms(jax.random.key(0), state, jnp.int32(group), jnp.float32(0.5))
        for group in range(GROUPING.groups)
    ]

    np.testing.assert_array_equal(np.isneginf(np.stack(drawn)), ~GROUPING.mask)


def test_group_draws_have_the_groups_moments():
    for builder in (exact, paper):
        belief, state, *_ = seen_by(builder)
        draws = many(functools.partial(groups_alone, belief), state)
        moments = belief.groups.moments(state)
        assert_within_errors(draws.mean(axis=0), moments.mean, np.sqrt(moments.var / DRAWS))
