import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import (
    RAGGED,
    explored,
    next_arm,
    pool_of,
    quick_jit,
    some_pulls,
    uneven_prior,
    usual_prior,
)

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.methods import BELIEFS, METHODS, POLICIES
from dashjax.bandit.rollout import rollout
from dashjax.bandit.selection import SELECTIONS
from dashjax.bandit.stopping.parse import rule

JUDGES = ("none", "flat", "learned")
KINDS = ("perfect", "mixed", "crossed")
POOLS = {"ragged": RAGGED, "one group": (4,), "one arm": (1,)}
STOPS = (
    "good-selection:.9:.01+each-once,cost:4",
    "good-selection-bound:.9:.01+stable:2",
    "gain:.001:.01,budget:5",
)
COSTS = ("equal", "uneven")
BATCHES = (1, 3)
REWARDS = jnp.linspace(0.3, 0.7, 20).reshape(10, 2)
ALMOST_NEVER = 7e-6  # chance beyond 4.5 standard errors
RUNS, STEPS = 3, 8


def pairwise(*axes):
    """Few combinations in which any two values of different axes meet; greedy."""
    every = (
        frozenset(zip(ends, values, strict=True))
        for ends in itertools.combinations(range(len(axes)), 2)
        for values in itertools.product(*(axes[end] for end in ends))
    )
    missing, chosen = dict.fromkeys(every), []
    while missing:
        case = dict(next(iter(missing)))
        for axis in sorted(set(range(len(axes))) - set(case)):
            met = [
                sum(frozenset([(axis, value), other]) in missing for other in case.items())
                for value in axes[axis]
            ]
            case[axis] = list(axes[axis])[np.argmax(met)]
        for pair in itertools.combinations(case.items(), 2):
            missing.pop(frozenset(pair), None)
        chosen.append(tuple(case[axis] for axis in range(len(axes))))
    return chosen


CHOICES = pairwise(
    POLICIES,
    ("learned", "exact", "paper"),
    JUDGES,
    SELECTIONS,
    KINDS,
    POOLS,
    STOPS,
    COSTS,
    BATCHES,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "belief", "judge", "choose", "kind", "pool", "stop", "costs", "batch"), CHOICES
)
def test_any_choices_work_together(policy, belief, judge, choose, kind, pool, stop, costs, batch):
    pool = pool_of(*POOLS[pool])
    grouping, arms = pool.regroup(kind), len(pool.datasets)
    prior, select = usual_prior(grouping.groups), min(2, arms)
    price = np.ones(arms) if costs == "equal" else np.linspace(1, 2, arms)
    given = None if costs == "equal" else jnp.asarray(price, jnp.float32)
    goal = goal_for(arms, select, STEPS, costs=given)
    ends = rule(stop)

    @quick_jit
    @jax.vmap
    def runs(key):
        thinking = BELIEFS[belief](prior, grouping)
        judging = None if judge == "none" else BELIEFS[judge](prior, grouping)
        return rollout(
            key,
            Agent(thinking, POLICIES[policy](thinking, goal), judging),
            environments.replay(REWARDS[:arms], "mean"),
            goal,
            selector=SELECTIONS[choose](goal),
            rules=(ends,),
            batch=min(batch, arms),
        )

    run = runs(jax.random.split(jax.random.key(0), RUNS))
    stopped = run.stopped[:, 0]
    chosen = np.asarray(run.selection).sum(axis=1)

    assert run.arm.shape == (RUNS, STEPS)
    assert ((run.arm >= 0) & (run.arm < arms)).all()
    assert all(np.isfinite(field).all() for field in jax.tree.leaves(run._replace(progress=())))
    assert all(np.isfinite(values).all() for values in run.progress.scores.values())
    assert np.asarray(run.regret).min() >= 0
    assert np.asarray(run.simple_regret).min() > -1e-6
    assert (chosen >= select).all()
    assert (chosen == select).all() or choose == "percentile"  # which takes equals too
    np.testing.assert_allclose(run.progress.spent, np.cumsum(price[run.arm], axis=1), rtol=1e-5)
    assert ((stopped >= 1) & (stopped <= STEPS + 1)).all()


@functools.cache
def learned(name, builder, kind="perfect"):
    """An agent over a ragged pool, and what it knows after 12 pulls."""
    grouping = pool_of(*RAGGED).regroup(kind)
    known = builder is exact or builder is BELIEFS["paper"]
    prior = uneven_prior(grouping.groups) if known else usual_prior(grouping.groups)
    belief = builder(prior, grouping)
    agent = Agent(belief, POLICIES[name](belief, goal_for(10, 3, 30)))
    return agent, explored(agent, *pulls()), prior, grouping


def pulls():
    return some_pulls(10, 12, seed=1, unpulled=(1, 6))


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_a_choice_is_the_same_alone_compiled_and_batched(name):
    agent, learner, *_ = learned(name, exact)
    keys = jax.random.split(jax.random.key(0), 16)

    def select(key):
        return next_arm(key, agent, learner)

    one_by_one, batched = quick_jit(lambda: (jax.lax.map(select, keys), jax.vmap(select)(keys)))()

    np.testing.assert_array_equal(batched, one_by_one)
    assert batched[0] == select(keys[0])
    assert batched.dtype == jnp.int32


def frequencies(name, builder, kind="perfect", draws=40_000):
    agent, learner, prior, grouping = learned(name, builder, kind)
    keys = jax.random.split(jax.random.key(5), draws)
    chosen = jax.jit(jax.vmap(lambda key: next_arm(key, agent, learner)))(keys)
    return np.bincount(chosen, minlength=grouping.arms), prior, grouping


def assert_frequencies(observed, expected):
    """Chi-square of two samples of counts, rare arms taken together."""
    rare = observed + expected < 20
    table = np.array([[*row[~rare], row[rare].sum()] for row in (observed, expected)])
    table = table[:, table.sum(axis=0) > 0]
    assert table.shape[1] > 3
    assert stats.chi2_contingency(table).pvalue > ALMOST_NEVER


def brute_draws(prior, grouping, draws=200_000):
    """Groups' and arms' utilities drawn from the dense posterior."""
    law = oracle.posterior(prior, grouping, *pulls())
    both = np.random.default_rng(0).multivariate_normal(*law, draws, method="eigh")
    return both[:, : grouping.groups], both[:, grouping.groups :]


def test_thompson_pulls_an_arm_as_often_as_it_is_best():
    observed, prior, grouping = frequencies("thompson", exact)
    _, arms = brute_draws(prior, grouping)

    assert_frequencies(observed, np.bincount(arms.argmax(axis=1), minlength=grouping.arms))


@pytest.mark.parametrize("kind", ["perfect", "mixed"])
def test_thompson_by_group_pulls_the_best_arm_of_the_best_group(kind):
    observed, prior, grouping = frequencies("thompson-by-group", exact, kind)
    groups, arms = brute_draws(prior, grouping)
    entered = np.asarray(grouping.group)[None, :] == groups.argmax(axis=1)[:, None]
    best = np.where(entered, arms, -np.inf).argmax(axis=1)

    assert_frequencies(observed, np.bincount(best, minlength=grouping.arms))


def test_random_pulls_every_arm_as_often():
    observed, *_ = frequencies("random", exact)

    assert stats.chisquare(observed).pvalue > ALMOST_NEVER


def test_round_robin_pulls_in_turn(ragged_pool):
    grouping = ragged_pool.regroup("shuffled")
    belief, goal = exact(usual_prior(grouping.groups), grouping), goal_for(10, 2, 23)
    agent = Agent(belief, policies.round_robin(belief, goal))
    source = environments.replay(REWARDS, "mean")
    run = quick_jit(lambda key: rollout(key, agent, source, goal))(jax.random.key(0))

    np.testing.assert_array_equal(run.arm, np.arange(23) % 10)


def test_methods_go_by_their_names():
    assert all(name == method.name for name, method in METHODS.items())
