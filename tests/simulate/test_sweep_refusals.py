"""What a sweep refuses before anything starts."""

import jax.numpy as jnp
import pytest
from worlds import SQUARE, pool_of, usual_prior

from dashjax.bandit import environments
from dashjax.bandit.methods import METHODS
from dashjax.errors import InputError
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem, sweep

PROBLEM = Problem(
    environments.replay, jnp.zeros((15, 2)), usual_prior(5), pool_of(*SQUARE).grouping
)


@pytest.mark.parametrize(
    ("plan", "seeds", "sentence"),
    [
        (Plan(10, 0), 5, "cannot select 0 of 15 datasets; give 1 to 15"),
        (Plan(10, 16), 5, "cannot select 16 of 15 datasets; give 1 to 15"),
        (Plan(0, 3), 5, "0 steps: there must be at least 1"),
        (Plan(10, 3), 0, "0 seeds: there must be at least 1"),
        (Plan(10, 3, tolerance=-0.1), 5, "the tolerance is -0.1; it must be 0 or more"),
        (Plan(10, 3, tolerance=float("nan")), 5, "the tolerance is nan"),
        (Plan(10, 3, "best"), 5, "unknown selection 'best'; choose from top-k, percentile"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(plan, seeds, sentence):
    with pytest.raises(InputError, match=sentence):
        sweep(METHODS["dash"], PROBLEM, plan, seeds=seeds)
