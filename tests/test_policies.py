import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from scipy import stats
from worlds import pool_of, quick_jit, some_pulls, told, uneven_prior, usual_prior

from dashjax import policies, sources
from dashjax.beliefs import exact, flat, paper
from dashjax.methods import METHODS, SELECTIONS
from dashjax.pool import GROUPINGS
from dashjax.rollout import rollout

POLICIES = {method.policy.__name__: method.policy for method in METHODS.values()}
BELIEFS = {"exact": exact, "flat": flat, "paper": paper}
POOLS = {"square": (3, 3), "ragged": (2, 4, 1, 3), "one group": (4,), "one arm": (1,)}
REWARDS = jnp.linspace(0.3, 0.7, 20).reshape(10, 2)
ALMOST_NEVER = 7e-6  # chance beyond 4.5 standard errors
RUNS = 3


def pairwise(*axes):
    """Few combinations in which any two values of different axes meet; greedy."""
    pairs = {
        case: frozenset(itertools.combinations(enumerate(case), 2))
        for case in itertools.product(*axes)
    }
    missing, chosen = frozenset().union(*pairs.values()), []
    while missing:
        chosen.append(max(pairs, key=lambda case: len(pairs[case] & missing)))
        missing -= pairs[chosen[-1]]
    return chosen


@pytest.mark.parametrize(
    ("policy", "belief", "judge", "choose", "kind", "pool"),
    pairwise(POLICIES, BELIEFS, BELIEFS, SELECTIONS, GROUPINGS, POOLS),
)
def test_any_choices_work_together(policy, belief, judge, choose, kind, pool):
    pool = pool_of(*POOLS[pool])
    grouping, arms = pool.regroup(kind), len(pool.datasets)
    prior, select = usual_prior(grouping.groups), min(2, arms)

    @quick_jit
    @jax.vmap
    def runs(key):
        return rollout(
            key,
            POLICIES[policy](BELIEFS[belief](prior, grouping)),
            sources.replay(REWARDS[:arms], "mean"),
            belief=BELIEFS[judge](prior, grouping),
            choose=SELECTIONS[choose](select, arms),
            select=select,
            steps=8,
        )

    run = runs(jax.random.split(jax.random.key(0), RUNS))
    chosen = np.asarray(run.selection).sum(axis=1)

    assert run.arm.shape == (RUNS, 8)
    assert ((run.arm >= 0) & (run.arm < arms)).all()
    assert all(np.isfinite(field).all() for field in run)
    assert np.asarray(run.regret).min() >= 0
    assert np.asarray(run.simple_regret).min() > -1e-6
    assert (chosen >= select).all()
    assert (chosen == select).all() or choose == "percentile"  # which takes equals too


@functools.cache
def explored(name, builder, kind="perfect"):
    """A policy over a ragged pool, and its state after 12 pulls."""
    grouping = pool_of(2, 4, 1, 3).regroup(kind)
    prior = usual_prior(grouping.groups) if builder is flat else uneven_prior(grouping.groups)
    policy = POLICIES[name](builder(prior, grouping))
    return policy, told(policy, *pulls()), prior, grouping


def pulls():
    return some_pulls(10, 12, seed=1, unpulled=(1, 6))


@pytest.mark.parametrize("builder", BELIEFS.values())
@pytest.mark.parametrize("name", POLICIES)
def test_a_choice_is_the_same_alone_compiled_and_batched(name, builder):
    policy, state, *_ = explored(name, builder)
    keys = jax.random.split(jax.random.key(0), 16)
    select, select_batch = quick_jit(policy.select), quick_jit(jax.vmap(policy.select, (0, None)))
    alone = [policy.select(key, state) for key in keys[:2]]
    compiled = [select(key, state) for key in keys]
    batched = select_batch(keys, state)

    np.testing.assert_array_equal(batched, compiled)
    np.testing.assert_array_equal(batched[:2], alone)
    assert batched.dtype == jnp.int32


def frequencies(name, builder, kind="perfect", draws=40_000):
    policy, state, prior, grouping = explored(name, builder, kind)
    keys = jax.random.split(jax.random.key(5), draws)
    chosen = jax.jit(jax.vmap(policy.select, (0, None)))(keys, state)
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
    observed, prior, grouping = frequencies("thompson_by_group", exact, kind)
    groups, arms = brute_draws(prior, grouping)
    entered = np.asarray(grouping.group)[None, :] == groups.argmax(axis=1)[:, None]
    best = np.where(entered, arms, -np.inf).argmax(axis=1)

    assert_frequencies(observed, np.bincount(best, minlength=grouping.arms))


def test_random_pulls_every_arm_as_often():
    observed, *_ = frequencies("random", exact)

    assert stats.chisquare(observed).pvalue > ALMOST_NEVER


def test_round_robin_pulls_in_turn(ragged_pool):
    grouping = ragged_pool.regroup("shuffled")
    prior = usual_prior(grouping.groups)
    run = jax.jit(
        lambda key: rollout(
            key,
            policies.round_robin(exact(prior, grouping)),
            sources.replay(REWARDS, "mean"),
            belief=exact(prior, grouping),
            choose=SELECTIONS["top-k"](2, 10),
            select=2,
            steps=23,
        )
    )(jax.random.key(0))

    np.testing.assert_array_equal(run.arm, np.arange(23) % 10)


def test_methods_go_by_their_names():
    assert all(name == method.name for name, method in METHODS.items())
