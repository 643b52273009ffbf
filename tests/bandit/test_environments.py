import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import assert_law, assert_within_errors, pool_of, quick_jit, uneven_prior

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.rollout import rollout
from dashjax.errors import InputError

KEY = jax.random.key(11)
UTILITY = jnp.array([0.2, 0.9, 0.55])
TABLE = jnp.array([[0.1, 0.2, 0.3, 0.4], [1.1, 1.2, 1.3, 1.4], [2.1, 2.2, 2.3, 2.4]])
SOURCES = {
    "gaussian": environments.gaussian(environments.fixed(UTILITY), jnp.float32(0.04)),
    "bernoulli": environments.bernoulli(environments.fixed(UTILITY), 5),
    "bootstrap": environments.replay(TABLE, "bootstrap"),
    "sequence": environments.replay(TABLE, "sequence"),
    "mean": environments.replay(TABLE, "mean"),
}
COUNTS = np.array([2, 4, 1], np.int32)  # of replicates; what lies beyond must never be seen
GAPS = jnp.where(np.arange(4)[None] < COUNTS[:, None], TABLE, 99.0)
SOURCES |= {
    f"{mode} with gaps": environments.replay(GAPS, mode, counts=COUNTS)
    for mode in ("bootstrap", "sequence", "mean")
}
SOURCES["with noise"] = environments.replay(GAPS, counts=COUNTS, noise_sd=0.5)


@functools.partial(jax.jit, static_argnums=0)
def pulled(name, key, arms):
    """Rewards of those pulls, in their order."""
    source = SOURCES[name]

    def step(state, arm):
        reward, state = source.pull(state, arm)
        return state, reward

    return jax.lax.scan(step, source.init(key), arms)[1]


def in_order_of_arms(arms, rewards):
    """The rewards of each arm, pull by pull."""
    return [np.asarray(rewards)[np.asarray(arms) == arm] for arm in range(3)]


@pytest.mark.parametrize("name", SOURCES)
def test_the_nth_pull_of_an_arm_is_the_same_in_whatever_order(name):
    in_turn = jnp.tile(jnp.arange(3, dtype=jnp.int32), 4)
    at_random = jax.random.permutation(jax.random.key(0), in_turn)
    by_arm = jnp.sort(in_turn)
    first, *others = (
        in_order_of_arms(arms, pulled(name, KEY, arms)) for arms in (in_turn, at_random, by_arm)
    )

    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("name", ["gaussian", "bootstrap", "sequence"])
def test_pulls_arms_and_runs_differ(name):
    arms = jnp.repeat(jnp.arange(3, dtype=jnp.int32), 4)
    one, other = (
        np.stack(in_order_of_arms(arms, pulled(name, key, arms))) - np.asarray(UTILITY)[:, None]
        if name == "gaussian"
        else np.stack(in_order_of_arms(arms, pulled(name, key, arms))) % 1
        for key in (KEY, jax.random.key(12))
    )

    assert not np.allclose(one, other)
    assert not np.allclose(one[0], one[1], atol=1e-3)
    assert len(np.unique(one[0])) > 1


def test_every_policy_and_grouping_meets_the_same_rewards(ragged_pool):
    truth = uneven_prior(4)
    thompson = with_thompson(ragged_pool, "mixed", truth)
    in_turn = with_round_robin(ragged_pool, "single", truth)
    common = {pull for pull in thompson if pull in in_turn}

    assert len(common) > 10
    assert all(thompson[pull] == in_turn[pull] for pull in common)


def with_thompson(pool, kind, truth):
    belief = exact(uneven_prior(4), pool.regroup(kind))
    return rewards_met(belief, policies.thompson_by_group, pool, truth)


def with_round_robin(pool, kind, truth):
    belief = flat(uneven_prior(1), pool.regroup(kind))
    return rewards_met(belief, policies.round_robin, pool, truth)


def rewards_met(belief, policy, pool, truth):
    """The reward of each (arm, how often it was pulled before) of one run."""
    goal = goal_for(10, 3, 60)
    agent = Agent(belief, policy(belief, goal), exact(truth, pool.grouping))
    source = environments.gaussian(environments.drawn(truth, pool.grouping), truth.noise_var)
    run = quick_jit(lambda key: rollout(key, agent, source, goal))(KEY)
    arms = np.asarray(run.arm).tolist()
    numbers = [arms[:step].count(arm) for step, arm in enumerate(arms)]
    return dict(zip(zip(arms, numbers, strict=True), np.asarray(run.reward).tolist(), strict=True))


def test_gaussian_rewards_have_their_mean_variance_and_no_memory():
    rewards = np.asarray(pulled("gaussian", KEY, jnp.ones(40_000, jnp.int32)), np.float64)
    noise = (rewards - float(UTILITY[1])) / 0.2

    assert stats.kstest(noise, "norm").pvalue > 7e-6
    assert_within_errors(np.mean(noise[1:] * noise[:-1]), 0, 1 / 200)


def test_bernoulli_rewards_are_shares_of_the_batch():
    rewards = np.asarray(pulled("bernoulli", KEY, jnp.zeros(20_000, jnp.int32)), np.float64)
    successes = rewards * 5
    counts = np.bincount(np.rint(successes).astype(int), minlength=6)

    np.testing.assert_allclose(successes, np.rint(successes), atol=1e-5)
    assert stats.chisquare(counts, 20_000 * stats.binom.pmf(np.arange(6), 5, 0.2)).pvalue > 7e-6


def test_bernoulli_utilities_are_chances():
    source = environments.bernoulli(environments.fixed(jnp.array([-0.3, 0.4, 1.7])), 8)
    state = source.init(KEY)

    np.testing.assert_allclose(source.utility(state), [0, 0.4, 1])
    assert source.pull(state, jnp.int32(0))[0] == 0
    assert source.pull(state, jnp.int32(2))[0] == 1


def test_bootstrap_draws_every_replicate_as_often():
    rewards = np.asarray(pulled("bootstrap", KEY, jnp.ones(20_000, jnp.int32)))
    values, counts = np.unique(rewards, return_counts=True)

    np.testing.assert_array_equal(values, TABLE[1])
    assert stats.chisquare(counts).pvalue > 7e-6


def test_sequence_gives_each_replicate_once_before_it_repeats():
    arms = jnp.repeat(jnp.arange(3, dtype=jnp.int32), 6)
    keys = jax.random.split(KEY, 400)
    runs = np.asarray(jax.vmap(lambda key: pulled("sequence", key, arms))(keys)).reshape(400, 3, 6)

    np.testing.assert_array_equal(np.sort(runs[:, :, :4]), np.broadcast_to(TABLE, (400, 3, 4)))
    np.testing.assert_array_equal(runs[:, :, 4:], runs[:, :, 3:4].repeat(2, axis=2))


def test_sequence_begins_with_any_replicate_independently_for_every_arm():
    arms = jnp.arange(3, dtype=jnp.int32)
    keys = jax.random.split(KEY, 4000)
    first = np.asarray(jax.vmap(lambda key: pulled("sequence", key, arms))(keys))
    place = np.rint((first % 1) * 10).astype(int) - 1
    together = np.histogram2d(place[:, 0], place[:, 1], bins=4)[0]

    assert stats.chisquare(together.ravel()).pvalue > 7e-6


def test_mean_gives_the_arms_mean_and_it_is_the_truth_of_every_mode():
    arms = jnp.array([0, 1, 2, 1], jnp.int32)

    np.testing.assert_allclose(pulled("mean", KEY, arms), [0.25, 1.25, 2.25, 1.25], rtol=1e-6)
    for name in ("bootstrap", "sequence", "mean"):
        truth = SOURCES[name].utility(SOURCES[name].init(KEY))
        np.testing.assert_allclose(truth, [0.25, 1.25, 2.25], rtol=1e-6)
    gaps = SOURCES["mean with gaps"]
    np.testing.assert_allclose(gaps.utility(gaps.init(KEY)), [0.15, 1.25, 2.1], rtol=1e-6)


def test_where_arms_have_fewer_replicates_only_those_are_drawn_each_as_often():
    for arm, count in enumerate(COUNTS.tolist()):
        pulls = jnp.full(6000, arm, jnp.int32)
        rewards = np.asarray(pulled("bootstrap with gaps", KEY, pulls))
        values, often = np.unique(rewards, return_counts=True)

        np.testing.assert_array_equal(values, TABLE[arm, :count])
        assert count == 1 or stats.chisquare(often).pvalue > 7e-6


def test_where_arms_have_fewer_replicates_each_comes_once_before_the_last_repeats():
    arms = jnp.repeat(jnp.arange(3, dtype=jnp.int32), 6)
    runs = [
        np.asarray(pulled("sequence with gaps", key, arms)).reshape(3, 6)
        for key in jax.random.split(KEY, 40)
    ]
    for arm, count in enumerate(COUNTS.tolist()):
        own = np.stack(runs)[:, arm]
        np.testing.assert_array_equal(
            np.sort(own[:, :count]), np.broadcast_to(TABLE[arm, :count], (40, count))
        )
        assert (own[:, count:] == own[:, count - 1 : count]).all()
    assert len({run[1].tobytes() for run in runs}) > 10  # orders of four


def test_noise_is_added_where_an_arm_has_a_single_replicate():
    arms = jnp.tile(jnp.arange(3, dtype=jnp.int32), 4000)
    rewards = np.asarray(pulled("with noise", KEY, arms), np.float64).reshape(-1, 3)
    noise = (rewards[:, 2] - float(TABLE[2, 0])) / 0.5

    assert np.isin(rewards[:, :2], TABLE).all()
    assert stats.kstest(noise, "norm").pvalue > 7e-6


def test_drawn_utilities_follow_the_prior_of_their_groups():
    pool = pool_of(2, 4, 1, 3)
    grouping, prior = pool.regroup("shuffled", seed=2), uneven_prior(4)
    keys = jax.random.split(KEY, 40_000)
    draws = jax.jit(jax.vmap(environments.drawn(prior, grouping)))(keys)
    law = oracle.prior_law(prior, grouping)

    assert_law(draws, law.mean[4:], law.cov[4:, 4:])


def test_an_unknown_replay_mode_is_refused():
    with pytest.raises(InputError, match="unknown replay mode 'x'; choose from bootstrap, seq"):
        environments.replay(TABLE, "x")
