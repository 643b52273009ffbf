"""A study that is told a table's rewards does what a replay of the table does."""

import functools

import numpy as np
import pytest
import worlds

from dashjax.bandit import environments
from dashjax.bandit.methods import method
from dashjax.bandit.stopping.parse import rule
from dashjax.priors import moments
from dashjax.priors.settings import PriorSettings
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem, run_once
from dashjax.study.study import Study

POOL = worlds.pool_of(2, 4, 1, 3)
TRUE = np.array([0.1, 0.4, 0.2, 0.3, 0.6, 0.0, 0.5, 0.1, 0.7, 0.3])
REWARDS = (TRUE[:, None] + np.random.default_rng(1).normal(0, 0.05, (10, 6))).astype(np.float32)
PRIOR = PriorSettings(0.0, 0.2, 0.1, 0.05)  # around 0, so that nothing is rounded anew
STOP, STEPS, SEED = "good-selection:.95:.01", 60, 8  # best stops, the others do not


@functools.cache
def replayed(name: str):
    """The first run of a replay."""
    prior = moments.given(PRIOR, POOL.grouping.groups)
    problem = Problem(environments.replay, REWARDS, prior, POOL.grouping)
    plan = Plan(STEPS, 3, stop=(rule(STOP),))
    return run_once(method(name), problem, plan, seed=SEED)


@pytest.mark.parametrize("name", ["best", "dash", "flat"])
def test_a_study_does_what_a_replay_does(name, tmp_path):
    run = replayed(name)
    study = Study.open(
        tmp_path / "s.sqlite", POOL, select=3, method=name, stop=STOP, seed=SEED, steps=STEPS,
        prior=PRIOR,
    )  # fmt: skip
    stops = int(min(run.stopped[0], STEPS))
    for step in range(stops):
        trial = study.ask()
        assert trial.dataset == POOL.datasets[run.arm[step]], f"step {step}"
        study.tell(trial, float(run.reward[step]))
        if step >= stops - 4:
            assert study.stopped == (step + 1 == stops)

    assert (run.stopped[0] <= STEPS) == (name == "best")
    if stops == STEPS:
        chosen = {name for name, taken in zip(POOL.datasets, run.selection, strict=True) if taken}
        assert set(study.selection) == chosen
