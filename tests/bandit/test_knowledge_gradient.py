import functools

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import (
    RAGGED,
    assert_within_errors,
    pool_of,
    quick_jit,
    some_pulls,
    told,
    uneven_prior,
    usual_prior,
)

from dashjax.bandit import policies
from dashjax.bandit.agent import NOTHING_PENDING
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.policies.boundary import MOST, near
from dashjax.bandit.policies.knowledge_gradient import NODES, gains

CASES, ARMS = 60, 8
KEY = jax.random.key(0)


@functools.cache
def cases(select):
    """Random means, the best first, and effects; the true gains, and how far effects differ."""
    rng = np.random.default_rng(select)
    mean = -np.sort(-rng.normal(0.5, 0.05, (CASES, ARMS)), axis=1)
    roots = rng.normal(size=(CASES, ARMS, ARMS)) * rng.uniform(0.005, 0.04, (CASES, 1, 1))
    effect = np.array([oracle.effects(root @ root.T, 0.05**2) for root in roots])
    true = [[oracle.rise(m, row, select) for row in e] for m, e in zip(mean, effect, strict=True)]
    return mean, effect, np.array(true), np.ptp(effect, axis=2).max(axis=1)


@functools.partial(quick_jit, static_argnums=(2, 3))
@functools.partial(jax.vmap, in_axes=(0, 0, None, None))
def gains_of(mean, effect, select, nodes):
    return gains(mean, effect, select, nodes)


@pytest.mark.parametrize("select", [1, 2, 3, 7])
def test_the_breakpoint_formula_is_the_mean_over_draws(select):
    """Of the oracle that the tests below lean on."""
    mean, effect, true, _ = cases(select)
    z = np.random.default_rng(0).normal(size=(200_000, 1))
    for case, arm in ((0, 0), (1, 5), (2, 3)):
        moved = mean[case] + effect[case, arm] * z
        best = np.sort(moved, axis=1)[:, -select:].sum(axis=1)
        rise = best - moved[:, :select].sum(axis=1)
        error = rise.std() / len(z) ** 0.5 + 1e-12
        assert_within_errors(rise.mean(), true[case, arm], error)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("nodes", "median", "most"), [(16, 0.045, 0.1), (64, 0.012, 0.035), (256, 0.004, 0.01)]
)
@pytest.mark.parametrize("select", [1, 2, 3])
def test_gains_come_near_the_truth_with_more_nodes(select, nodes, median, most):
    """In units of the largest gain, where that is at least a tenth of the difference of effects."""
    mean, effect, true, spread = cases(select)
    found = gains_of(jnp.asarray(mean), jnp.asarray(effect), select, nodes)
    largest = true.max(axis=1)
    clear = largest > 0.1 * spread
    off = np.abs(found - true).max(axis=1) / largest

    assert clear.sum() > CASES / 3
    assert np.median(off[clear]) < median
    assert off[clear].max() < most
    assert found.min() >= 0


@pytest.mark.parametrize("select", [1, 2, 3])
def test_with_the_nodes_in_use_the_pull_chosen_is_worth_nine_tenths_of_the_best(select):
    """Where the largest gain is at least .03 of the difference of effects: below, all is small."""
    mean, effect, true, spread = cases(select)
    found = gains_of(jnp.float32(mean), jnp.float32(effect), select, NODES)
    chosen = true[np.arange(CASES), np.argmax(found, axis=1)]
    clear = true.max(axis=1) > 0.03 * spread

    assert NODES == 16
    assert clear.sum() > CASES / 2
    assert (chosen[clear] > 0.9 * true.max(axis=1)[clear]).all()


def choices(builder, select, sizes, costs, arms, rewards):
    """What a rule pulls after each row of pulls."""
    grouping = pool_of(*sizes).grouping
    belief = exact(prior_of(sizes), grouping)
    costs = jnp.asarray(costs, jnp.float32)
    policy = builder(belief, goal_for(len(costs), select, 100, costs=costs))

    @quick_jit
    @jax.vmap
    def chosen(arms, rewards):
        return policy.select(KEY, told(belief, arms, rewards), policy.init(), NOTHING_PENDING)

    return np.asarray(chosen(jnp.asarray(arms), jnp.asarray(rewards, jnp.float32)))


def prior_of(sizes):
    return uneven_prior(4) if sizes == RAGGED else usual_prior(len(sizes))


def brute_gains(select, sizes, arms, rewards):
    """True gains of each arm's pull, and how far effects differ at most."""
    grouping, prior = pool_of(*sizes).grouping, prior_of(sizes)
    law = oracle.posterior(prior, grouping, arms, rewards)
    effect = oracle.effects(law.cov[grouping.groups :, grouping.groups :], float(prior.noise_var))
    gain = [oracle.rise(law.mean[grouping.groups :], row, select) for row in effect]
    return np.array(gain), np.ptp(effect, axis=1).max()


@pytest.mark.parametrize(("sizes", "pulls", "times"), [(RAGGED, 14, 30), ((5,) * 8, 30, 12)])
@pytest.mark.parametrize("select", [1, 3])
def test_it_pulls_an_arm_of_nearly_the_largest_gain_per_cost(select, sizes, pulls, times):
    """The second pool has 40 arms, of which 32 are looked at."""
    count = sum(sizes)
    costs = np.random.default_rng(0).uniform(1, 3, count)
    arms, rewards = zip(*(some_pulls(count, pulls, seed) for seed in range(times)), strict=True)
    chosen = choices(policies.knowledge_gradient, select, sizes, costs, arms, rewards)
    clear = swayed = 0
    for arm, *seen in zip(chosen, arms, rewards, strict=True):
        gain, spread = brute_gains(select, sizes, *seen)
        value = gain / costs
        if gain.max() > 0.03 * spread:
            clear += 1
            swayed += gain.argmax() != value.argmax()
            assert value[arm] > 0.9 * value.max()

    assert clear > times / 2
    assert swayed > 0


@pytest.mark.parametrize("sizes", [RAGGED, (5,) * 8])
def test_where_no_pull_can_change_the_selection_it_tells_the_closest_pair_apart(sizes):
    """Fifty pulls of each arm: one more moves no mean as far as the next."""
    count = sum(sizes)
    rng = np.random.default_rng(0)
    arms = np.tile(np.arange(count, dtype=np.int32), 50)[None].repeat(3, axis=0)
    utility = np.array([rng.permutation(np.linspace(0.0, count, count)) for _ in range(3)])
    rewards = np.take_along_axis(utility, arms, axis=1)
    costs = rng.uniform(1, 2, count)
    two = [
        choices(rule, 2, sizes, costs, arms, rewards)
        for rule in (policies.knowledge_gradient, policies.pair)
    ]
    boundary = np.argsort(-utility, axis=1)[:, 1:3]

    assert brute_gains(2, sizes, arms[0], rewards[0])[0].max() < 1e-30
    np.testing.assert_array_equal(*two)
    assert (boundary == two[0][:, None]).any(axis=1).all()


@pytest.mark.parametrize("select", [3, 20, 39])
def test_of_many_arms_those_nearest_to_the_boundary_are_looked_at(select):
    sizes = (5,) * 8
    grouping = pool_of(*sizes).grouping
    belief = exact(prior_of(sizes), grouping)
    pulls = some_pulls(40, 60)
    law = oracle.posterior(prior_of(sizes), grouping, *pulls)
    mean, cov = law.mean[8:], law.cov[8:, 8:]
    order = np.argsort(-mean)
    boundary = (mean[order[select - 1]] + mean[order[select]]) / 2
    near_first = sorted(range(40), key=lambda arm: abs(mean[arm] - boundary) / cov[arm, arm] ** 0.5)

    @quick_jit
    def looked_at(arms, rewards):
        return near(KEY, belief, told(belief, arms, rewards), goal_for(40, select, 100))

    view, inside = looked_at(jnp.asarray(pulls[0]), jnp.asarray(pulls[1], jnp.float32))
    inner, outer = (
        [arm for arm in near_first if arm in part] for part in (order[:select], order[select:])
    )

    assert len(view.arm) == MOST
    assert inside == min(len(inner), max(MOST // 2, MOST - len(outer)))
    assert set(np.asarray(view.arm[:inside])) == set(inner[:inside])
    assert set(np.asarray(view.arm[inside:])) == set(outer[: MOST - inside])
    np.testing.assert_allclose(view.mean, mean[view.arm], atol=1e-5)
    np.testing.assert_allclose(view.cov, cov[np.ix_(view.arm, view.arm)], atol=1e-6)


@pytest.mark.parametrize("name", ["knowledge_gradient", "pair", "lucb", "top_two", "halving"])
def test_with_nothing_left_out_there_is_still_an_arm_to_pull(name):
    arms, rewards = some_pulls(10, 14)
    (chosen,) = choices(getattr(policies, name), 10, RAGGED, np.ones(10), arms[None], rewards[None])

    assert 0 <= chosen < 10
