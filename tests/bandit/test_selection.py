import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import RAGGED, SQUARE, pool_of, quick_jit, some_pulls, told, usual_prior

from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.gaussian import uniform_prior
from dashjax.bandit.selection import SELECTIONS, group_then_arm, percentile, top_k
from dashjax.priors.moments import matched

RUNS = 20_000


GROUPING = pool_of(*RAGGED).grouping
IN_TURN = jnp.arange(10, dtype=jnp.int32)
BACKWARDS = IN_TURN[::-1]


@functools.cache
def ragged_means():
    """A belief over a ragged pool after some pulls, its arms' means and its groups' means."""
    belief = exact(usual_prior(4), GROUPING)
    state = told(belief, *some_pulls(10, 15))
    means = np.asarray(belief.moments(state).mean), np.asarray(belief.groups.moments(state).mean)
    return belief, state, *means


def goal(select):
    return goal_for(10, select, 1)


def test_top_k_takes_the_largest_means():
    belief, state, means, _ = ragged_means()
    for count in (1, 3, 9, 10):
        chosen = np.flatnonzero(top_k(goal(count))(belief, state, BACKWARDS))
        assert set(chosen) == set(np.argsort(-means)[:count])


def test_before_any_pull_turns_decide():
    belief, *_ = ragged_means()
    turn = np.random.default_rng(0).permutation(10)
    chosen = top_k(goal(4))(belief, belief.init(), jnp.asarray(turn))

    np.testing.assert_array_equal(chosen, turn < 4)


def test_before_any_pull_groups_are_filled_in_the_order_of_their_first_arm():
    belief, *_ = ragged_means()
    group = GROUPING.group
    turn = np.random.default_rng(0).permutation(10)
    groups = list(dict.fromkeys(group[arm] for arm in np.argsort(turn).tolist()))
    order = sorted(np.argsort(turn).tolist(), key=lambda arm: groups.index(group[arm]))
    for count in (1, 4, 7):
        chosen = group_then_arm(goal(count))(belief, belief.init(), jnp.asarray(turn))
        assert set(np.flatnonzero(chosen)) == set(order[:count])


def test_group_then_arm_fills_up_group_by_group():
    belief, state, means, group_means = ragged_means()
    group = np.asarray(GROUPING.group)
    order = sorted(range(10), key=lambda arm: (-group_means[group[arm]], -means[arm]))
    for count in (1, 3, 5, 10):
        chosen = group_then_arm(goal(count))(belief, state, BACKWARDS)
        assert set(np.flatnonzero(chosen)) == set(order[:count])


def test_percentile_takes_the_means_above_it():
    belief, state, means, _ = ragged_means()
    for select in (10, 6, 2, 1):
        expected = means >= np.percentile(means, 100 * (1 - select / 10))
        found = percentile(goal(select))(belief, state, IN_TURN)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("select", [1, 2, 3, 7, 10])
def test_the_percentile_selection_takes_as_many_as_asked_unless_means_are_equal(select):
    belief, state, *_ = ragged_means()
    choose = SELECTIONS["percentile"](goal(select))

    assert choose(belief, state, IN_TURN).sum() == select
    assert choose(belief, belief.init(), IN_TURN).all()


# chance that one pull of every dataset finds all three of the best group (docs/mathematics.md,
# section 2.6); simulated there with a few thousand instances, so good to about .01 and rounded to
# .01
ONE_PULL = {
    0.05: (0.42, 0.75, 0.86),
    0.1: (0.21, 0.70, 0.76),
    0.2: (0.06, 0.58, 0.61),
    0.35: (0.02, 0.45, 0.47),
    0.5: (0.01, 0.37, 0.38),
}


@functools.partial(quick_jit, static_argnums=2)
@functools.partial(jax.vmap, in_axes=(0, None, None))
def found_all_three(key, prior, grouping):
    """By the flat model, by the hierarchical one, and group first."""
    key_groups, key_arms, key_rewards = jax.random.split(key, 3)
    groups = 0.5 + 0.15 * jax.random.normal(key_groups, (5,))
    arms = jnp.repeat(groups, 3) + 0.03 * jax.random.normal(key_arms, (15,))
    rewards = arms + jnp.sqrt(prior.noise_var) * jax.random.normal(key_rewards, (15,))
    wanted = jnp.arange(15) // 3 == jnp.argmax(groups)

    def found(builder, choose):
        belief, arms = builder(prior, grouping), jnp.arange(15, dtype=jnp.int32)
        return (choose(belief, told(belief, arms, rewards), arms) == wanted).all()

    three = goal_for(15, 3, 1)
    return (
        found(flat, top_k(three)),
        found(exact, top_k(three)),
        found(exact, group_then_arm(three)),
    )


def shares(noise_sd, kind):
    pool = pool_of(*SQUARE)
    grouping = pool.regroup(kind)
    prior = uniform_prior(5, group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=noise_sd)
    seen_as = prior if kind == "perfect" else matched(prior, pool.grouping, grouping)
    keys = jax.random.split(jax.random.key(0), RUNS)
    return [float(found.mean()) for found in found_all_three(keys, seen_as, grouping)]


@pytest.mark.parametrize("noise_sd", ONE_PULL)
def test_one_pull_of_every_dataset_finds_the_best_group_as_often_as_in_section_2_6(noise_sd):
    assert shares(noise_sd, "perfect") == pytest.approx(ONE_PULL[noise_sd], abs=0.015)


def test_over_mixed_groups_group_first_cannot_find_what_lies_apart():
    flat_share, exact_share, group_first = shares(0.05, "mixed")

    assert (flat_share, exact_share) == pytest.approx((0.42, 0.43), abs=0.01)
    assert group_first == 0
