import functools

import jax.numpy as jnp
import numpy as np
from worlds import RAGGED, pool_of, quick_jit, some_pulls, told, usual_prior

from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.selection import SELECTIONS, group_then_arm

IN_TURN = np.arange(10, dtype=np.int32)
BACKWARDS = IN_TURN[::-1].copy()
GROUPING = pool_of(*RAGGED).grouping
BELIEF = exact(usual_prior(4), GROUPING)
SIZES = (1, 2, 3, 4, 5, 7, 9, 10)


@functools.cache
def known():
    """A state after some pulls, its arms' means and its groups' means."""
    state = told(BELIEF, *some_pulls(10, 15))
    means = BELIEF.moments(state).mean, BELIEF.groups.moments(state).mean
    return state, *map(np.asarray, means)


@functools.cache
def compiled(name):
    """The arms selected, for every size of the selection."""

    @quick_jit
    def chosen(state, ties):
        sizes = {count: SELECTIONS[name](goal_for(10, count, 30)) for count in SIZES}
        return {count: choose(BELIEF, state, ties) for count, choose in sizes.items()}

    return chosen


def selections(name, state, ties):
    found = compiled(name)(state, jnp.asarray(ties))
    return {count: set(np.flatnonzero(mask)) for count, mask in found.items()}


def goal(select):
    return goal_for(10, select, 1)


def test_top_k_takes_the_largest_means():
    state, means, _ = known()
    for count, chosen in selections("top-k", state, BACKWARDS).items():
        assert chosen == set(np.argsort(-means)[:count])


def test_before_any_pull_turns_decide():
    turn = np.random.default_rng(0).permutation(10).astype(np.int32)

    for count, chosen in selections("top-k", BELIEF.init(), turn).items():
        assert chosen == set(np.flatnonzero(turn < count))


def test_before_any_pull_groups_are_filled_in_the_order_of_their_first_arm():
    turn = np.random.default_rng(0).permutation(10).astype(np.int32)
    groups = list(dict.fromkeys(GROUPING.group[arm] for arm in np.argsort(turn).tolist()))
    order = sorted(np.argsort(turn).tolist(), key=lambda arm: groups.index(GROUPING.group[arm]))

    for count, chosen in selections("group-then-arm", BELIEF.init(), turn).items():
        assert chosen == set(order[:count])


def test_group_then_arm_fills_up_group_by_group():
    state, means, group_means = known()
    group = np.asarray(GROUPING.group)
    order = sorted(range(10), key=lambda arm: (-group_means[group[arm]], -means[arm]))

    for count, chosen in selections("group-then-arm", state, BACKWARDS).items():
        assert chosen == set(order[:count])


def test_without_groups_group_then_arm_takes_the_largest_means():
    belief = flat(usual_prior(4), GROUPING)
    state = told(belief, *some_pulls(10, 15))
    chosen = group_then_arm(goal_for(10, 3, 30))(belief, state, jnp.asarray(IN_TURN))

    assert belief.groups is None
    assert set(np.flatnonzero(chosen)) == set(np.argsort(-np.asarray(state.mean))[:3])


def test_percentile_takes_the_means_that_reach_it():
    state, means, _ = known()
    for count, chosen in selections("percentile", state, IN_TURN).items():
        assert chosen == set(np.flatnonzero(means >= np.sort(means)[-count]))
        assert len(chosen) == count


def test_percentile_takes_all_of_equals():
    for chosen in selections("percentile", BELIEF.init(), IN_TURN).values():
        assert chosen == set(range(10))
