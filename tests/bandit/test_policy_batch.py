import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import RAGGED, explored, pool_of, quick_jit, some_pulls, told, uneven_prior

from dashjax.bandit import policies
from dashjax.bandit.base import Environment, Goal
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.methods import POLICIES
from dashjax.bandit.rollout import Agent, rollout
from dashjax.bandit.selection import top_k

GROUPING, PRIOR = pool_of(*RAGGED).grouping, uneven_prior(4)
BELIEF = exact(PRIOR, GROUPING)
AIM = Goal(3, 20)
SIZE = 5


def test_a_batch_of_one_is_the_rule_itself():
    for policy in POLICIES.values():
        assert policies.in_batches(policy, 1) is policy


def scripted(rewards):
    """A source whose n-th answer is the n-th of these, whatever is pulled."""
    return Environment(
        init=lambda key: jnp.zeros((), jnp.int32),
        pull=lambda step, arm: (rewards[step], step + 1),
        utility=lambda step: jnp.linspace(0.0, 1.0, 10),
    )


@functools.cache
def compiled(name, size):
    policy = policies.in_batches(POLICIES[name], size)(BELIEF, AIM)

    @quick_jit
    @jax.vmap
    def arms(rewards):
        agent, source = Agent(BELIEF, policy), scripted(rewards)
        return rollout(jax.random.key(0), agent, source, goal=AIM, choose=top_k(3)).arm

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


def imagined(belief, pulls, arms):
    """What is imagined after some pulls and a batch that is not yet full, and what is known."""
    agent = Agent(belief, policies.in_batches(policies.ucb, 100)(belief, AIM))
    start = told(belief, *pulls)
    own = agent.policy.init()._replace(belief_state=start)
    belief_state = start
    for arm in arms:
        own = agent.policy.update(belief_state, own, jnp.int32(arm))
    return start, own.belief_state


@pytest.mark.usefixtures("x64")
def test_imagined_pulls_leave_means_and_shrink_covariances_as_rewards_will():
    pulls, batch = some_pulls(10, 12, unpulled=(1, 6)), np.array([3, 6, 3, 0], np.int32)
    belief = exact(uneven_prior(4), GROUPING)
    before, after = quick_jit(lambda: imagined(belief, pulls, batch))()
    every = jnp.arange(10, dtype=jnp.int32)
    arms = np.concatenate([pulls[0], batch])
    law = oracle.posterior(PRIOR, GROUPING, arms, np.concatenate([pulls[1], np.zeros(4)]))
    was, now = belief.moments(before), belief.moments(after)

    np.testing.assert_allclose(now.mean, was.mean, atol=1e-12)
    np.testing.assert_allclose(belief.covariance(after, every), law.cov[4:, 4:], atol=1e-12)
    assert (now.var[batch] < was.var[batch]).all()


def test_when_the_batch_is_full_what_was_imagined_is_forgotten():
    arms, rewards = some_pulls(10, 2 * SIZE)
    agent = Agent(BELIEF, policies.in_batches(policies.ucb, SIZE)(BELIEF, AIM))
    learner = explored(agent, arms, rewards)
    one_more = explored(agent, arms[: 2 * SIZE - 1], rewards[: 2 * SIZE - 1])

    for seen, known in zip(
        jax.tree.leaves(learner.own.belief_state),
        jax.tree.leaves(learner.belief_state),
        strict=True,
    ):
        np.testing.assert_array_equal(seen, known)
    imagined = one_more.own.belief_state.evidence.total
    assert not np.array_equal(imagined, one_more.belief_state.evidence.total)
    np.testing.assert_array_equal(
        one_more.own.belief_state.evidence.count, one_more.belief_state.evidence.count
    )
