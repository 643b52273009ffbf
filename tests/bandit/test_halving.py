import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from worlds import SQUARE, pool_of, quick_jit, usual_prior

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.policies.halving import schedule
from dashjax.bandit.rollout import rollout

GROUPING, PRIOR = pool_of(*SQUARE).grouping, usual_prior(5)
BELIEF = exact(PRIOR, GROUPING)
UTILITY = np.random.default_rng(0).normal(0.5, 0.15, 15).astype(np.float32)


def run(steps, costs=None):
    costs = None if costs is None else jnp.asarray(costs, jnp.float32)
    goal = goal_for(15, 3, steps, costs=costs)
    agent = Agent(BELIEF, policies.halving(BELIEF, goal))
    source = environments.gaussian(environments.fixed(jnp.asarray(UTILITY)), PRIOR.noise_var)
    return quick_jit(lambda key: rollout(key, agent, source, goal))(jax.random.key(1))


def best_after(trace, steps, among):
    """Arms by posterior mean after so many steps, the best first."""
    law = oracle.posterior(
        PRIOR, GROUPING, np.asarray(trace.arm[:steps]), np.asarray(trace.reward[:steps], float)
    )
    return sorted(among, key=lambda arm: -law.mean[5 + arm])


@pytest.mark.parametrize(
    ("arms", "select", "steps", "left"),
    [
        (15, 3, 90, [15] * 30 + [8] * 30 + [4] * 30),
        (15, 3, 7, [15, 15, 15, 8, 8, 4, 4]),
        (8, 1, 6, [8, 8, 4, 4, 2, 2]),
        (5, 4, 3, [5, 5, 5]),
        (5, 5, 3, [5, 5, 5]),
        (1, 1, 2, [1, 1]),
    ],
)
def test_the_schedule_halves_until_the_selection_is_left(arms, select, steps, left):
    assert schedule(arms, select, steps).tolist() == left


def test_each_round_spends_as_much_on_the_better_half_of_the_round_before():
    """15, 8, 4, and then the 3 that are selected."""
    trace = run(120)
    alive = list(range(15))
    for number, (size, steps) in enumerate([(15, 40), (8, 40), (4, 40)]):
        alive = best_after(trace, 40 * number, alive)[:size]
        spent = np.bincount(trace.arm[: 40 * (number + 1)], minlength=15)[alive]
        pulled = np.asarray(trace.arm[40 * number :][:steps])
        assert set(pulled.tolist()) <= set(alive)
        assert spent.max() - spent.min() <= 1

    assert set(np.flatnonzero(trace.selection)) == set(best_after(trace, 120, range(15))[:3])


def test_with_costs_each_round_spends_the_same_money_and_not_the_same_steps():
    costs = np.where(np.arange(15) % 2, 1.0, 3.0)
    trace = run(120, costs)
    spent = np.bincount(trace.arm[:40], costs[trace.arm[:40]], minlength=15)

    assert spent.max() - spent.min() <= 3
    assert np.bincount(trace.arm[:40]).max() >= 3


def test_a_run_shorter_than_the_pool_keeps_the_better_half_of_what_it_knows():
    """Before their first pull the arms of a group are equal, and equals go or stay together."""
    trace = run(6)
    for step, size in ((2, 8), (3, 8), (4, 4), (5, 4)):
        start = step // 2 * 2
        law = oracle.posterior(
            PRIOR, GROUPING, np.asarray(trace.arm[:start]), np.asarray(trace.reward[:start], float)
        )
        assert law.mean[5 + trace.arm[step]] >= np.sort(law.mean[5:])[-size] - 1e-6
