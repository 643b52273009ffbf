"""How an explorer that is told nothing looks around first."""

import jax
import numpy as np
from worlds import pool_of, quick_jit, usual_prior

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.policies.first_looks import look_around_first
from dashjax.bandit.rollout import rollout

GROUPING = pool_of(2, 3, 2).grouping
GROUP, RUNS = np.array(GROUPING.group), 30


def pulled(steps: int, made: int) -> np.ndarray:
    """The first pulls of runs that are planned for so many steps, `[run, step]`; 3 is missing."""
    available = np.arange(GROUPING.arms) != 3
    goal = goal_for(GROUPING.arms, 2, steps, available=available)
    prior = usual_prior(3)
    belief = exact(prior, GROUPING)
    agent = Agent(belief, look_around_first(policies.thompson)(belief, goal))
    environment = environments.gaussian(environments.drawn(prior, GROUPING), prior.noise_var)

    def one(key):
        return rollout(key, agent, environment, goal._replace(steps=made)).arm

    return np.asarray(quick_jit(jax.vmap(one))(jax.random.split(jax.random.key(0), RUNS)))


def test_each_group_then_each_dataset_then_one_again():
    arms = pulled(steps=12, made=7)

    assert {tuple(sorted(GROUP[run[:3]])) for run in arms} == {(0, 1, 2)}
    assert {tuple(sorted(run[:6])) for run in arms} == {(0, 1, 2, 4, 5, 6)}
    assert len({tuple(run[:3]) for run in arms}) > 5  # by chance
    assert all(run[6] in run[:6] for run in arms)


def test_of_a_short_run_groups_alone_then_one_again():
    arms = pulled(steps=11, made=4)

    assert {tuple(sorted(GROUP[run[:3]])) for run in arms} == {(0, 1, 2)}
    assert all(run[3] in run[:3] for run in arms)
