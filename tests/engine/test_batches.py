import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import usual_prior

from dashjax.bandit import environments
from dashjax.bandit.methods import METHODS
from dashjax.engine.batches import BLOCK, block_size, in_turn
from dashjax.pools.grouping import Grouping
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem, blocks, run_once


def known(utility):
    return environments.gaussian(environments.fixed(utility), jnp.ones((), utility.dtype))


def test_blocks_are_smaller_in_large_pools():
    sizes = 15, 1000, 10_000, 10**7

    assert [block_size(arms, ends_early=False) for arms in sizes] == [BLOCK, BLOCK, 128, 1]


@pytest.mark.slow
def test_smaller_blocks_hold_the_same_runs():
    arms = 5000
    pair = Grouping(tuple(arm % 2 for arm in range(arms)), ("even", "odd"))
    problem = Problem(known, jnp.arange(arms, dtype=jnp.float32), usual_prior(2), pair)
    method, plan = METHODS["dash-exact"], Plan(3, 1)

    kept = list(blocks(method, problem, plan, seeds=300, seed=0))

    assert [len(block.regret) for block in kept] == [256, 44]
    last = run_once(method, problem, plan, number=299)
    np.testing.assert_array_equal(np.bincount(last.arm, minlength=arms), kept[-1].pulls[-1])


def test_blocks_that_begin_beyond_the_last_run_are_left_empty():
    numbers = jnp.arange(20, 32, dtype=jnp.uint32).reshape(4, 3)

    def times(block, factor):
        return {"twice": factor * block}

    twice = jax.jit(lambda seeds: in_turn(times, numbers, seeds, np.uint32(2)))
    for seeds, wanted in ((20, 0), (21, 1), (26, 2), (27, 3), (40, 4)):
        expected = np.where(np.arange(4)[:, None] < wanted, 2 * numbers, 0)
        np.testing.assert_array_equal(twice(np.uint32(seeds))["twice"], expected)
