import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from worlds import RAGGED, pool_of, quick_jit, usual_prior

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent, ask, begin, tell
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.rollout import rollout
from dashjax.bandit.selection import top_k
from dashjax.engine.top_k import turns

GROUPING = pool_of(*RAGGED).grouping
PRIOR = usual_prior(4)
KEY, STEPS = jax.random.key(4), 20
AIM = goal_for(10, 3, STEPS)
BELIEF = exact(PRIOR, GROUPING)
JUDGE = flat(PRIOR, GROUPING)
AGENT = Agent(BELIEF, policies.thompson_by_group(BELIEF, AIM), JUDGE)
SOURCE = environments.gaussian(environments.drawn(PRIOR, GROUPING), PRIOR.noise_var)


@functools.cache
def run():
    """One run, and its true utilities."""

    def one(key):
        world = SOURCE.init(jax.random.split(key, 4)[0])
        return rollout(key, AGENT, SOURCE, AIM), SOURCE.utility(world)

    return jax.tree.map(np.asarray, quick_jit(one)(KEY))


def test_regret_is_what_the_best_arm_would_have_given_more():
    trace, utility = run()

    np.testing.assert_allclose(trace.regret, utility.max() - utility[trace.arm], atol=1e-6)
    assert trace.total_regret == pytest.approx(trace.regret.sum(), rel=1e-5)


def test_simple_regret_is_that_of_the_judges_selection_after_each_step():
    trace, utility = run()
    best, state = np.sort(utility)[-3:].mean(), JUDGE.init()
    turn = turns(jax.random.split(KEY, 4)[2], 10)
    update = quick_jit(JUDGE.update)
    choose = quick_jit(lambda state: top_k(AIM)(JUDGE, state, turn))
    for step in range(STEPS):
        state = update(state, trace.arm[step], trace.reward[step])
        chosen = np.asarray(choose(state))
        assert trace.simple_regret[step] == pytest.approx(best - utility[chosen].mean(), abs=1e-6)
    np.testing.assert_array_equal(trace.selection, chosen)


def test_rewards_are_near_the_utility_of_the_arm_pulled():
    trace, utility = run()
    noise = (trace.reward - utility[trace.arm]) / 0.05

    assert np.abs(noise).max() < 4.5
    assert 0.5 < noise.std() < 1.7


def test_asking_and_telling_one_by_one_is_the_same_run():
    """What a live study does; there is no second loop."""
    trace, _ = run()
    key_policy = jax.random.split(KEY, 4)[1]
    learner = begin(AGENT)
    ask_once = quick_jit(lambda learner, step: ask(key_policy, AGENT, learner, step))
    tell_once = quick_jit(lambda *told: tell(AGENT, *told))
    for step in range(STEPS):
        arm = ask_once(learner, jnp.int32(step))
        assert arm == trace.arm[step]
        learner = tell_once(learner, arm, jnp.float32(trace.reward[step]))


def test_which_of_equals_is_selected_is_a_matter_of_chance():
    rewards = jnp.full((10, 1), 0.5).at[0].set(0.3)  # arm 0 is pulled, and falls behind

    @quick_jit
    @jax.vmap
    def selected(key):
        goal = goal_for(10, 3, 1)
        agent = Agent(JUDGE, policies.round_robin(JUDGE, goal))
        source = environments.replay(rewards, "mean")
        return rollout(key, agent, source, goal).selection

    often = np.asarray(selected(jax.random.split(KEY, 6000))).sum(axis=0)

    assert often[0] == 0
    assert stats.chisquare(often[1:]).pvalue > 7e-6
