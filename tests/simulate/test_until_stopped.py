"""Runs that end when their stop rules hold, against whole runs cut off by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from commands import refused
from worlds import SQUARE, pool_of, usual_prior

from dashjax.bandit import environments
from dashjax.bandit.methods import METHODS
from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import stop_step
from dashjax.engine import loop
from dashjax.errors import InputError
from dashjax.simulate.metrics import Block
from dashjax.simulate.plan import Plan
from dashjax.simulate.shown_run import Shown, posterior_rows
from dashjax.simulate.sweep import Problem, blocks, run_once, sweep
from dashjax.simulate.typical import Course

GROUPING = pool_of(*SQUARE).grouping
COSTS = np.linspace(0.5, 2.0, 15, dtype=np.float32)
TEXTS = ("good-selection-unconfirmed:.9:.02", "stable:9,cost:30")
SEEDS, STEPS = 40, 40
METHOD = METHODS["dash-exact"]


def world(prior):
    return environments.gaussian(environments.drawn(prior, GROUPING), prior.noise_var)


PROBLEM = Problem(world, usual_prior(5), usual_prior(5), GROUPING, COSTS)


def plan_of(until_stopped, texts=TEXTS, steps=STEPS):
    return Plan(steps, 3, stop=tuple(map(rule, texts)), until_stopped=until_stopped)


@functools.cache
def ended() -> Block:
    plan = plan_of(until_stopped=True)
    (block,) = blocks(METHOD, PROBLEM, plan, seeds=SEEDS, seed=0, course=True)
    return block


@functools.cache
def whole(number):
    return jax.tree.map(
        np.asarray, run_once(METHOD, PROBLEM, plan_of(until_stopped=False), number=number)
    )


def end_of(run):
    """The step after which every rule has held; the last there is if one never does."""
    return min(max(int(stop_step(rule(text), run.progress)) for text in TEXTS), STEPS)


@pytest.mark.parametrize("number", [0, 1, 7, 17, 39])
def test_a_run_is_the_whole_one_up_to_its_end(number):
    run, block = whole(number), ended()
    end = end_of(run)
    held = np.minimum(np.arange(STEPS), end - 1)

    np.testing.assert_allclose(block.simple_regret[number], run.simple_regret[held], atol=1e-6)
    np.testing.assert_array_equal(block.pulls[number], np.bincount(run.arm[:end], minlength=15))
    assert block.regret[number] == pytest.approx(run.regret[:end].sum(), abs=1e-5)
    assert block.stopped_cost[number].max() == pytest.approx(COSTS[run.arm[:end]].sum(), rel=1e-5)


@pytest.mark.parametrize("number", [0, 17])
def test_a_course_ends_where_the_run_does(number):
    run, (arm, reward) = whole(number), (field[number] for field in ended().course)
    end = end_of(run)

    np.testing.assert_array_equal(arm, np.where(np.arange(STEPS) < end, run.arm, -1))
    np.testing.assert_allclose(reward[:end], run.reward[:end], atol=1e-6)
    assert not reward[end:].any()


def test_no_posterior_is_shown_of_steps_that_a_run_did_not_make():
    course = Course(*(field[0] for field in ended().course), STEPS + 1)
    shown = Shown(METHOD, PROBLEM, plan_of(until_stopped=True), 0, course, STEPS + 1)
    for end, steps in ((4, {0}), (5, {0, 5}), (20, {0, 5, 15})):
        cut = course._replace(arm=np.where(np.arange(STEPS) < end, np.abs(course.arm), -1))
        rows = posterior_rows({}, shown._replace(course=cut), pool_of(*SQUARE))

        assert {row["step"] for row in rows} == steps


def test_what_is_selected_is_what_was_selected_at_the_end():
    end = end_of(whole(0))
    shorter = run_once(METHOD, PROBLEM, plan_of(until_stopped=False, steps=end), number=0)

    assert 1 < end < STEPS
    np.testing.assert_array_equal(ended().selection[0], shorter.selection)


def test_rules_stop_where_they_do_in_whole_runs():
    parts = list(blocks(METHOD, PROBLEM, plan_of(until_stopped=False), seeds=SEEDS, seed=0))
    stopped = np.concatenate([part.stopped for part in parts])
    ends = np.minimum(stopped.max(axis=1), STEPS)

    np.testing.assert_array_equal(np.minimum(ended().stopped.max(axis=1), STEPS), ends)
    np.testing.assert_array_equal(ended().pulls.sum(axis=1), ends)
    assert len(set(ends)) > 5


def test_a_run_that_is_never_stopped_goes_on_to_the_last_step():
    never = plan_of(until_stopped=True, texts=("budget:41",))
    results = sweep(METHOD, PROBLEM, never, seeds=3)

    assert results.pulls.sum() == pytest.approx(STEPS)
    assert (results.stopped == STEPS + 1).all()
    assert results.course is None  # it was not asked for


def test_a_method_without_a_rule_is_refused():
    sentence = "'dash-exact' has no stop rule of its own, .* give --stop, or leave out"
    with pytest.raises(InputError, match=sentence):
        sweep(METHOD, PROBLEM, plan_of(until_stopped=True, texts=()), seeds=3)


def counting(limit):
    """A loop that adds up 1, 2, 3, ... and has enough when its trace has reached the limit."""

    def counted(start, limit):
        def enough(trace, made):
            return jnp.max(trace) >= limit

        def body(total, step):
            total = total + step.astype(total.dtype) + 1
            return total, total

        return loop.fast(body, start, 50, enough)

    return jax.jit(jax.vmap(counted, in_axes=(0, None)))(jnp.arange(3.0), limit)


def test_a_loop_ends_when_all_have_had_enough():
    whole, trace = counting(jnp.inf)
    early, short = counting(100.0)
    made = np.count_nonzero(np.asarray(short[0]))
    needed = np.argmax(np.asarray(trace).min(axis=0) >= 100) + 1

    np.testing.assert_array_equal(whole, np.arange(3) + 50 * 51 / 2)
    assert needed <= made < needed + 8
    np.testing.assert_array_equal(short[:, :made], trace[:, :made])
    np.testing.assert_array_equal(short[:, made:], 0)
    np.testing.assert_array_equal(early, trace[:, made - 1])


def test_the_option_is_refused_before_anything_runs(capsys):
    sentence = refused(capsys, "sweep", "--methods", "best", "dash", "--until-stopped")

    assert sentence.startswith("dashjax: 'dash' has no stop rule of its own")
