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
from dashjax.bandit.stopping import budget, chance_good, each_once, expected_loss, stable
from dashjax.bandit.stopping.rules import Rule
from dashjax.bandit.worth import mean_of_selected
from dashjax.engine.top_k import turns

GROUPING = pool_of(*RAGGED).grouping
PRIOR = usual_prior(4)
KEY, STEPS = jax.random.key(4), 20
COSTS = np.linspace(1.0, 2.0, 10, dtype=np.float32)
AIM = goal_for(10, 3, STEPS, costs=COSTS)
RULES = (
    budget(7),
    stable(4),
    each_once(),
    Rule("", (expected_loss(32), chance_good(0.01, 32)), lambda progress: progress.step < 0),
)
BELIEF = exact(PRIOR, GROUPING)
JUDGE = flat(PRIOR, GROUPING)
AGENT = Agent(BELIEF, policies.thompson_by_group(BELIEF, AIM), JUDGE)
SOURCE = environments.gaussian(environments.drawn(PRIOR, GROUPING), PRIOR.noise_var)


@functools.cache
def run():
    """One run, and its true utilities."""

    def one(key):
        world = SOURCE.init(jax.random.split(key, 4)[0])
        return rollout(key, AGENT, SOURCE, AIM, rules=RULES), SOURCE.utility(world)

    return jax.tree.map(np.asarray, quick_jit(one)(KEY))


def test_regret_is_what_the_best_arm_would_have_given_more():
    trace, utility = run()

    np.testing.assert_allclose(trace.regret, utility.max() - utility[trace.arm], atol=1e-6)
    assert trace.total_regret == pytest.approx(trace.regret.sum(), rel=1e-5)


@functools.cache
def judged():
    """What the judge knows after each step of the run, and what then is selected."""
    trace, _ = run()
    turn = turns(jax.random.split(KEY, 4)[2], 10)

    @quick_jit
    def after(state, arm, reward):
        state = JUDGE.update(state, arm, reward)
        return state, top_k(AIM)(JUDGE, state, turn)

    states, chosen = [JUDGE.init()], []
    for arm, reward in zip(trace.arm, trace.reward, strict=True):
        state, mask = after(states[-1], arm, reward)
        states.append(state)
        chosen.append(np.asarray(mask))
    return states[1:], np.array(chosen)


def test_simple_regret_is_that_of_the_judges_selection_after_each_step():
    trace, utility = run()
    _, chosen = judged()
    best, taken = np.sort(utility)[-3:].mean(), (chosen * utility).sum(axis=1) / 3

    np.testing.assert_allclose(trace.simple_regret, best - taken, atol=1e-6)
    np.testing.assert_array_equal(trace.selection, chosen[-1])


def test_progress_is_what_was_done_and_found_until_each_step():
    trace, _ = run()
    _, chosen = judged()
    changed = [0, *(1 + np.flatnonzero((chosen[1:] != chosen[:-1]).any(axis=1)))]
    steps = np.arange(STEPS)
    last = [max(step for step in changed if step <= now) for now in steps]
    unseen = [10 - len(set(trace.arm[: now + 1].tolist())) for now in steps]

    np.testing.assert_array_equal(trace.progress.step, steps + 1)
    np.testing.assert_allclose(trace.progress.spent, np.cumsum(COSTS[trace.arm]), rtol=1e-6)
    np.testing.assert_array_equal(trace.progress.unchanged_for, steps - last)
    np.testing.assert_array_equal(trace.progress.unseen, unseen)
    assert len(changed) > 2


def test_scores_are_what_the_judge_measures_after_each_step():
    trace, _ = run()
    states, _ = judged()
    key, scores = jax.random.split(KEY, 4)[3], RULES[-1].scores

    @quick_jit
    def measured(state, pulls):
        return [score(key, JUDGE, AIM)(state, pulls) for score in scores]

    for now, state in enumerate(states):
        pulls = jnp.asarray(np.bincount(trace.arm[: now + 1], minlength=10), jnp.int32)
        for score, value in zip(scores, measured(state, pulls), strict=True):
            assert trace.progress.scores[score][now] == pytest.approx(float(value), abs=1e-5)


def test_rules_stop_at_the_first_step_at_which_they_hold():
    trace, _ = run()
    unchanged, unseen = trace.progress.unchanged_for, trace.progress.unseen
    expected = [7, *(first_step(held) for held in (unchanged >= 4, unseen == 0)), STEPS + 1]

    np.testing.assert_array_equal(trace.stopped, expected)


def first_step(held):
    return int(np.argmax(held)) + 1 if held.any() else STEPS + 1


def test_rewards_are_near_the_utility_of_the_arm_pulled():
    trace, utility = run()
    noise = (trace.reward - utility[trace.arm]) / 0.05

    assert np.abs(noise).max() < 4.5
    assert 0.5 < noise.std() < 1.7


def test_asking_and_telling_one_by_one_is_the_same_run():
    """What a live study does; there is no second loop."""
    trace, _ = run()
    key_policy = jax.random.split(KEY, 4)[1]
    state = begin(AGENT)
    ask_once = quick_jit(lambda state, step: ask(key_policy, AGENT, state, step))
    tell_once = quick_jit(lambda *told: tell(AGENT, *told))
    for step in range(STEPS):
        arm = ask_once(state, jnp.int32(step))
        assert arm == trace.arm[step]
        state = tell_once(state, arm, jnp.float32(trace.reward[step]))


def test_which_of_equals_is_selected_is_a_matter_of_chance():
    rewards = jnp.full((10, 1), 0.5).at[0].set(0.3)  # arm 0 is pulled, and falls behind

    @quick_jit
    @jax.vmap
    def selected(key):
        goal = goal_for(10, 3, 1)
        agent = Agent(JUDGE, policies.round_robin(JUDGE, goal))
        return rollout(key, agent, environments.replay(rewards, "mean"), goal).selection

    often = np.asarray(selected(jax.random.split(KEY, 6000))).sum(axis=0)

    assert often[0] == 0
    assert stats.chisquare(often[1:]).pvalue > 7e-6


def test_the_mean_of_no_arms_is_zero():
    utility, goal = jnp.array([[1.0], [2.0], [4.0]]), goal_for(3, 2, 1)

    assert mean_of_selected(jnp.array([True, False, True]), utility, goal) == 2.5
    assert mean_of_selected(jnp.zeros(3, bool), utility, goal) == 0
