"""Several pulls asked at once: rewards are seen when a batch is full, pending ones imagined."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import RAGGED, pool_of, quick_jit, some_pulls, told, uneven_prior

from dashjax.bandit import policies
from dashjax.bandit.agent import Agent, AgentState, ask, begin, imagine
from dashjax.bandit.base import Environment, goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.methods import POLICIES
from dashjax.bandit.rollout import rollout

GROUPING, PRIOR = pool_of(*RAGGED).grouping, uneven_prior(4)
BELIEF = exact(PRIOR, GROUPING)
GOAL = goal_for(10, 3, 20)
SIZE = 5


def scripted(rewards):
    """An environment whose n-th answer is the n-th of these, whatever is pulled."""
    return Environment(
        init=lambda key: jnp.zeros((), jnp.int32),
        pull=lambda step, arm: (rewards[step], step + 1),
        utility=lambda step: jnp.linspace(0.0, 1.0, 10),
    )


@functools.cache
def compiled(name, size):
    agent = Agent(BELIEF, POLICIES[name](BELIEF, GOAL))

    @quick_jit
    @jax.vmap
    def arms(rewards):
        return rollout(jax.random.key(0), agent, scripted(rewards), GOAL, batch=size).arm

    return arms


@pytest.mark.parametrize(
    "name", ["knowledge-gradient", "thompson-by-group", "halving", "ucb", "top-two"]
)
def test_rewards_are_seen_only_when_the_batch_is_full(name):
    """Runs that differ in one reward go apart not before its batch ends, and then do."""
    rewards = np.random.default_rng(0).normal(0.5, 0.15, 20).astype(np.float32)
    changed = rewards + 0.6 * np.eye(20, dtype=np.float32)
    same, *others = compiled(name, SIZE)(jnp.asarray([rewards, *changed]))
    parted = [int(np.argmax(other != same)) if (other != same).any() else 20 for other in others]
    ends = [SIZE * (step // SIZE + 1) for step in range(20)]

    assert all(np.array(parted) >= ends)
    if name != "halving":  # which goes on with its round
        assert np.equal(parted, ends)[: 2 * SIZE].any()


def test_one_by_one_rewards_are_seen_at_once():
    """So that the test above can fail."""
    rewards = np.random.default_rng(0).normal(0.5, 0.15, 20).astype(np.float32)
    changed = rewards.copy()
    changed[0] += 0.6
    same, other = compiled("ucb", 1)(jnp.asarray([rewards, changed]))

    assert same[0] == other[0]
    assert (same[1:SIZE] != other[1:SIZE]).any()


@pytest.mark.usefixtures("x64")
def test_imagined_pulls_leave_means_and_shrink_covariances_as_rewards_will():
    (arms, rewards), batch = some_pulls(10, 12, unpulled=(1, 6)), np.array([3, 6, 3, 0], np.int32)
    belief = exact(uneven_prior(4), GROUPING)
    agent = Agent(belief, policies.ucb(belief, GOAL))

    @quick_jit
    def states():
        state = AgentState(told(belief, arms, rewards), agent.policy.init())
        after = state
        for arm in batch:
            after = imagine(agent, after, jnp.int32(arm))
        return state.belief, after.belief

    before, after = states()
    every = jnp.arange(10, dtype=jnp.int32)
    law = oracle.posterior(
        PRIOR, GROUPING, np.concatenate([arms, batch]), np.concatenate([rewards, np.zeros(4)])
    )
    was, now = belief.moments(before), belief.moments(after)

    np.testing.assert_allclose(now.mean, was.mean, atol=1e-12)
    np.testing.assert_allclose(belief.covariance(after, every), law.cov[4:, 4:], atol=1e-12)
    assert (now.var[batch] < was.var[batch]).all()


def test_asking_with_pending_arms_is_asking_after_they_were_imagined():
    agent = Agent(BELIEF, policies.round_robin(BELIEF, GOAL))
    key, state = jax.random.key(3), begin(agent)
    imagined = imagine(agent, imagine(agent, state, jnp.int32(0)), jnp.int32(1))

    assert int(ask(key, agent, state, 2, np.array([0, 1], np.int32))) == 2
    assert int(ask(key, agent, imagined, 2)) == 2
    assert int(ask(key, agent, state, 2, np.array([0, -1, -1], np.int32))) == 1
    assert int(ask(key, agent, state, 2, np.array([-1, -1], np.int32))) == 0


@pytest.mark.parametrize("name", ["lucb", "thompson"])
def test_a_batch_is_asking_with_what_was_asked_before_pending(name):
    rewards = np.random.default_rng(1).normal(0.5, 0.15, 20).astype(np.float32)
    (arms,) = compiled(name, SIZE)(jnp.asarray(rewards[None]))
    agent = Agent(BELIEF, POLICIES[name](BELIEF, GOAL))
    key = jax.random.split(jax.random.key(0), 4)[1]
    ask_once = quick_jit(lambda state, step, pending: ask(key, agent, state, step, pending))
    state = begin(agent)
    for asked in range(SIZE):
        pending = np.full(SIZE, -1, np.int32)
        pending[:asked] = arms[:asked]
        assert int(ask_once(state, jnp.int32(asked), pending)) == arms[asked]
