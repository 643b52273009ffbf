import functools
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import SQUARE, pool_of, usual_prior

from dashjax.bandit import environments
from dashjax.bandit.base import goal_for
from dashjax.bandit.gaussian import uniform_prior
from dashjax.bandit.methods import METHODS, method
from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import scores_of, stop_step
from dashjax.engine import threefry
from dashjax.engine.batches import BLOCK
from dashjax.simulate import metrics
from dashjax.simulate.metrics import Block
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem, blocks, prepare, rules_of, run_once, sweep
from dashjax.simulate.sweep import runs as sweep_runs

HERE = Path(__file__).parent
GROUPING = pool_of(*SQUARE).grouping
PLAN = Plan(steps=200, select=3)
STEPS_TO_005, STEPS_TO_002 = "steps_to_regret_0.005", "steps_to_regret_0.002"


def world(prior):
    """Utilities drawn anew for every seed."""
    return environments.gaussian(environments.drawn(prior, GROUPING), prior.noise_var)


PROBLEM = Problem(world, usual_prior(5), usual_prior(5), GROUPING)


def runs(name="dash", seeds=700, plan=PLAN, **changes) -> Block:
    """All runs of a sweep in one block."""
    parts = list(blocks(METHODS[name], PROBLEM, plan, **{"seeds": seeds, "seed": 0} | changes))
    return Block(*map(np.concatenate, zip(*parts, strict=True)))


@functools.cache
def seven_hundred() -> Block:
    return runs()


def assert_same(block, other):
    for field, same in zip(block, other, strict=True):
        np.testing.assert_array_equal(field, same)


@pytest.mark.parametrize("seeds", [1, 5, BLOCK + 1])
def test_a_run_does_not_depend_on_how_many_there_are(seeds):
    few = runs(seeds=seeds)

    assert len(few.regret) == seeds
    assert_same(few, [field[:seeds] for field in seven_hundred()])


@pytest.mark.slow
def test_blocks_side_by_side_are_those_one_after_another(monkeypatch):
    seeds, plan = 40 * BLOCK, Plan(4, 2)
    kept = runs("dash-exact", seeds, plan)
    monkeypatch.setattr("dashjax.simulate.sweep.at_once", lambda: True)

    again = runs("dash-exact", seeds, plan)

    np.testing.assert_array_equal(again.pulls, kept.pulls)
    np.testing.assert_allclose(again.regret, kept.regret, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_runs_in_rounds_of_several_blocks_are_those_of_one_block_each():
    short = Plan(2, 3)
    many = runs("flat", 48 * BLOCK * jax.local_device_count() + 300, short)
    few = runs("flat", 3 * BLOCK + 5, short)

    assert len(many.regret) == 48 * BLOCK * jax.local_device_count() + 300
    assert_same(few, [field[: 3 * BLOCK + 5] for field in many])
    last = run_once(METHODS["flat"], PROBLEM, short, number=len(many.regret) - 1)
    np.testing.assert_array_equal(np.bincount(last.arm, minlength=15), many.pulls[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flat", "dash"])
@pytest.mark.parametrize("other", ["double precision", "numbers of JAX"])
def test_another_path_gives_the_same_statistics(name, other, monkeypatch):
    plan = Plan(40, 3)
    quick = runs(name, 3000, plan)
    if other == "numbers of JAX":
        monkeypatch.setattr(threefry, "key", jax.random.key)
    with jax.enable_x64(other == "double precision"):
        problem = PROBLEM._replace(data=usual_prior(5), prior=usual_prior(5))
        parts = list(blocks(METHODS[name], problem, plan, seeds=3000, seed=0))
    found = Block(*map(np.concatenate, zip(*parts, strict=True)))

    assert found.regret.dtype == (np.float64 if other == "double precision" else np.float32)
    for one, same in (
        (quick.regret, found.regret),
        (quick.simple_regret[:, 14], found.simple_regret[:, 14]),
        (quick.simple_regret[:, -1] < 0.01, found.simple_regret[:, -1] < 0.01),
        (quick.pulls[:, 7], found.pulls[:, 7]),
    ):
        error = np.hypot(one.std(), same.std()) / 3000**0.5
        assert abs(one.mean() - same.mean()) < 4.5 * error


NO_PULLS = np.zeros(15, np.int32)
REWARDS = np.random.default_rng(5).normal(0.05, 0.08, (15, 8)).astype(np.float32)
RULES = rule("good-selection-unconfirmed:.9:.01"), rule("good-selection-bound:.9:.01")
JUDGED = Plan(60, 3, stop=(rule("good-selection-unconfirmed:.95:.01"), rule("value:.002")))


def of_a_table(rewards):
    return environments.replay(rewards)


def what_is_judged(run, method, plan):
    return run.arm, run.reward, tuple(run.progress.scores.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["round-robin", "round-robin/exact", "round-robin/learned"])
def test_scores_of_a_batch_are_those_of_its_runs(name):
    """XLA may round one value in two ways in one pass, and then nothing is right about its rank."""
    chosen = method(name)
    prior = uniform_prior(5, group_mean=0.01, group_sd=0.08, arm_sd=0.02, noise_sd=0.07)
    problem = Problem(of_a_table, jnp.asarray(REWARDS), prior, GROUPING)
    (kept,) = sweep_runs(chosen, problem, JUDGED, what_is_judged, seeds=4, seed=0)
    judge, goal = chosen.belief(prior, GROUPING), goal_for(15, 3, JUDGED.steps)

    @jax.jit
    def measured(key, state):
        scores = scores_of(rules_of(chosen, JUDGED))
        return [score(key, judge, goal)(state, NO_PULLS) for score in scores]

    # of `learned` four draws share a point of its grid, and may all fall on the next; before its
    # fifth reward, when no rule may hold, draws are of hardly any scale and no two roundings agree
    learns = name == "round-robin/learned"
    together, first, parted = (4, 4, 0) if learns else (1, 0, 0)
    update = jax.jit(judge.update)
    for number in range(4):
        key = jax.random.split(jax.random.fold_in(threefry.key(0), number), 4)[3]
        arms, rewards, scores = jax.tree.map(lambda field, run=number: field[run], kept)
        state = judge.init()
        for step in range(JUDGED.steps):
            state = update(state, arms[step], rewards[step])
            chance, value = map(float, measured(key, state))
            if step >= first:
                assert scores[0][step] == pytest.approx(chance, abs=together / 256)
                same = scores[1][step] == pytest.approx(value, abs=2e-3)
                parted += bool(scores[0][step] != chance) or not same
    assert parted <= 5  # of 240 steps


def test_a_chance_is_that_of_draws_from_the_posterior():
    """Of independent datasets, drawn anew without any of our code."""
    prior = uniform_prior(5, group_mean=0.01, group_sd=0.08, arm_sd=0.02, noise_sd=0.07)
    problem = Problem(of_a_table, jnp.asarray(REWARDS), prior, GROUPING)
    chosen, drawn = method("round-robin"), np.random.default_rng(0).normal(size=(4000, 15))
    (kept,) = sweep_runs(chosen, problem, JUDGED, what_is_judged, seeds=6, seed=0)
    prior_var, noise_var = 0.08**2 + 0.02**2, 0.07**2
    for arms, rewards, scores in zip(*kept[:2], kept[2][0], strict=True):
        for step in range(JUDGED.steps):
            seen = arms[: step + 1], rewards[: step + 1]
            count = np.bincount(seen[0], minlength=15)
            total = np.bincount(seen[0], weights=seen[1], minlength=15)
            spread = noise_var + count * prior_var
            mean = (noise_var * 0.01 + prior_var * total) / spread
            utility = mean + np.sqrt(noise_var * prior_var / spread) * drawn
            taken = utility[:, np.argsort(-mean)[:3]].mean(1)
            chance = np.mean(np.sort(utility, 1)[:, -3:].mean(1) - taken <= 0.01)
            assert abs(scores[step] - chance) < 4.5 * 0.5 * np.hypot(256**-0.5, 4000**-0.5)


def test_a_run_does_not_depend_on_the_methods_run_before():
    runs("flat", seeds=5)

    assert_same(runs(seeds=5), [field[:5] for field in seven_hundred()])


def test_a_longer_run_begins_like_a_shorter_one():
    short = runs(seeds=20, plan=Plan(steps=40, select=3))

    np.testing.assert_array_equal(short.simple_regret, seven_hundred().simple_regret[:20, :40])


def test_seeds_differ():
    regret = seven_hundred().regret

    assert len(np.unique(regret)) > 690
    assert not np.isin(runs(seeds=20, seed=1).regret, regret).any()


def test_one_run_alone_is_the_run_of_that_number():
    all_runs = seven_hundred()
    for number in (0, 600):
        one = run_once(METHODS["dash"], PROBLEM, PLAN, number=number)
        pulls = np.bincount(one.arm, minlength=15)
        np.testing.assert_array_equal(pulls, all_runs.pulls[number])
        np.testing.assert_array_equal(one.selection, all_runs.selection[number])
        np.testing.assert_allclose(one.simple_regret, all_runs.simple_regret[number], atol=1e-6)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="looks at a program for a CPU")
@pytest.mark.parametrize("name", ["dash", "joint-ts"])
def test_nothing_in_a_sweep_is_handed_to_a_library(name):
    """So that it can be compiled as one function (see `devices`)."""
    program = prepare(METHODS[name], PROBLEM, PLAN, seeds=700).as_text()

    assert "while(" in program
    assert "kCustom" not in program
    assert "custom-call" not in program
    assert "sort(" not in program


def save_runs(path):
    """What the test below runs where there are four devices."""
    assert jax.local_device_count() == 4
    np.savez(path, **runs()._asdict())


@pytest.mark.skipif(
    jax.default_backend() != "cpu" or jax.local_device_count() != 1,
    reason="compares one CPU device with four",
)
def test_four_devices_give_what_one_gives_to_the_last_bit(tmp_path):
    subprocess.run(
        [sys.executable, "-c", f"import test_sweep; test_sweep.save_runs({str(tmp_path / 'x')!r})"],
        env=os.environ
        | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
        | {"PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parents[1])))},
        check=True,
    )
    with np.load(tmp_path / "x.npz") as four:
        assert_same(seven_hundred(), [four[name] for name in Block._fields])


def test_nothing_is_traced_again_for_another_target_prior_or_number_of_seeds():
    traced = []

    def build(rewards):
        traced.append(rewards.shape)
        return environments.replay(rewards)

    def replayed(rewards, noise_sd, seeds, seed):
        prior = usual_prior(5)._replace(noise_var=jnp.float32(noise_sd**2))
        problem = Problem(build, rewards, prior, GROUPING)
        return sweep(METHODS["round-robin"], problem, Plan(15, 3), seeds=seeds, seed=seed)

    rewards = np.random.default_rng(0).normal(0.5, 0.1, (2, 15, 4)).astype(np.float32)
    first = replayed(rewards[0], 0.05, 10, 0)
    once = len(traced)
    other = replayed(rewards[1], 0.1, 700, 1)

    assert once >= 1
    assert len(traced) == once
    assert first.simple_regret[-1] != other.simple_regret[-1]


@pytest.mark.slow
def test_a_sweep_stops_runs_where_their_rules_do():
    texts = "good-selection-unconfirmed:.9:.02", "stable:9,budget:30"
    plan = Plan(steps=40, select=3, stop=tuple(map(rule, texts)))
    block = runs("dash-exact", seeds=40, plan=plan)
    for number in (0, 17, 39):
        run = run_once(METHODS["dash-exact"], PROBLEM, plan, number=number)
        for place, text in enumerate(texts):
            step = int(stop_step(rule(text), run.progress))
            assert block.stopped[number, place] == step
            last = min(step, plan.steps) - 1
            regret = pytest.approx(float(run.simple_regret[last]), abs=1e-6)
            assert block.stopped_regret[number, place] == regret
            assert block.stopped_cost[number, place] == last + 1
    assert len(set(block.stopped[:, 0])) > 5
    assert (block.stopped[:, 1] <= 30).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joint-ts", "dash-judged"])
def test_a_good_selection_is_as_probable_as_promised(name):
    """Whatever rule pulls: the judge knows the law that utilities are drawn from."""
    plan = Plan(
        steps=120,
        select=3,
        stop=RULES,
    )
    results = sweep(METHODS[name], PROBLEM, plan, seeds=2000)
    for place in (0, 1):
        row = metrics.stop_row(results, place)
        assert row["stopped_share"] > 0.3
        error = (0.9 * 0.1 / (row["stopped_share"] * 2000)) ** 0.5
        assert row["good_when_stopped"] > 0.9 - 4.5 * error


def test_progress_is_told_of_every_run():
    told = []
    results = sweep(METHODS["dash"], PROBLEM, PLAN, seeds=700, advance=told.append)

    assert sum(told) == 700
    assert len(told) == -(-700 // BLOCK)
    assert results.seeds == 700


@pytest.mark.slow
def test_steps_to_a_small_regret_are_those_of_the_reference():
    """docs/mathematics.md, section 2.5, first table: DaSH 23 and 75 from 1,500 instances, the flat
    model never.
    """
    dash, flat = (
        metrics.row(sweep(METHODS[name], PROBLEM, PLAN, seeds=20_000)) for name in ("dash", "flat")
    )

    assert 21 <= dash[STEPS_TO_005] <= 29
    assert 80 <= dash[STEPS_TO_002] <= 105
    assert flat[STEPS_TO_005] is None
    assert flat[STEPS_TO_002] is None


def test_what_was_prepared_is_not_compiled_again():
    compiled = []

    def told(event, seconds, **details):
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(seconds)

    plan = Plan(3, 2)
    jax.monitoring.register_event_duration_secs_listener(told)
    try:
        prepare(METHODS["flat"], PROBLEM, plan, seeds=5)
        assert compiled
        compiled.clear()
        sweep(METHODS["flat"], PROBLEM, plan, seeds=5)
        assert not compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(told)
