"""Rewards from trained models: right products, honest draws, results that stand on their own."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dashjax.errors import InputError
from dashjax.pools.examples import Examples, Target
from dashjax.pools.pool import Pool
from dashjax.rewards import trainer
from dashjax.rewards.definitions import (
    REWARDS,
    batches,
    dataset_rows,
    generator,
    local_model,
    reward_named,
)
from dashjax.rewards.local_features import local_features
from dashjax.rewards.measure import compute_rewards, selection_accuracies
from dashjax.rewards.networks import PatchConvolution, max_pool, network
from dashjax.rewards.settings import TrainingSettings
from dashjax.store.identity import Cell, Job

QUICK = TrainingSettings(
    local_steps=15,
    fine_tuning_steps=30,
    retrain_steps=60,
    selection_steps=60,
    batch=8,
    learning_rate=1e-2,
    candidate_sample=24,
    validation_batch=16,
    agreement_batch=8,
    convolution_widths=(4, 6),
    dense_width=12,
    feature_widths=(16, 8),
)
LOCAL, VALIDATION, TEST, SIZES = 9, 40, 30, (30, 30, 5)


def toy(shape, noise):
    """Three classes that differ by a pattern; `shuffled` has labels drawn by chance, `few` five."""
    random = np.random.default_rng(3)
    count = 2 * (LOCAL + VALIDATION + TEST) + sum(SIZES)
    labels = random.integers(0, 3, count).astype(np.int32)
    patterns = random.normal(size=(3, *shape))
    values = patterns[labels] + noise * random.normal(size=(count, *shape))
    as_bytes = np.clip(127.5 + 35 * values, 0, 255).astype(np.uint8)
    inputs = as_bytes if len(shape) == 3 else values
    ends = np.cumsum([*SIZES, *[LOCAL, VALIDATION, TEST] * 2])
    own, shuffled, few, *parts = np.split(np.arange(count), ends[:-1])
    labels[shuffled] = random.permutation(labels[shuffled])
    pool = Pool(("own", "shuffled", "few"), ("a", "b"), (0, 1, 1), SIZES, (1.0,) * 3)
    targets = (Target("first", *parts[:3]), Target("second", *parts[3:]))
    return Examples(pool, inputs, labels, (own, shuffled, few), targets)


IMAGES, FEATURES = toy((8, 8, 1), 1.2), toy((6,), 1.4)
SELECTIONS = [frozenset(), frozenset({"own"}), frozenset({"own", "shuffled", "few"})]


def cells(replicates, targets=("first", "second")):
    return [
        Cell(target, dataset, r)
        for r in range(replicates)
        for target in targets
        for dataset in IMAGES.pool.datasets
    ]


def rewards(asked, reward="gain", settings=QUICK, examples=IMAGES):
    found = []
    compute_rewards(
        examples, settings, reward, asked, commit=found.extend, progress=lambda done, total: None
    )
    assert [cell for cell, _, _ in found] == list(asked)
    return {cell: value for cell, value, _ in found}


def accuracies(jobs, settings=QUICK, examples=IMAGES):
    found = []
    selection_accuracies(
        examples, settings, jobs, commit=found.extend, progress=lambda done, total: None
    )
    return {job: value for job, value, _ in found}


def small_network():
    return network((6,), 3, convolution_widths=(), dense_width=1, feature_widths=(16, 8))


@pytest.mark.parametrize(("height", "width", "channels"), [(6, 6, 3), (5, 9, 1)])
def test_patch_products_are_a_convolution(height, width, channels):
    random = np.random.default_rng(0)
    images = random.normal(size=(4, height, width, channels)).astype(np.float32)
    kernel = random.normal(size=(3, 3, channels, 7)).astype(np.float32)
    bias = random.normal(size=7).astype(np.float32)
    given = {"params": {"kernel": kernel, "bias": bias}}
    ours = PatchConvolution(7).apply(given, jnp.asarray(images.transpose(3, 1, 2, 0)))
    theirs = jax.lax.conv_general_dilated(
        images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    theirs = np.asarray(theirs) + bias[None, None, None]
    np.testing.assert_allclose(np.asarray(ours).transpose(3, 1, 2, 0), theirs, atol=2e-5)


def test_pooling_takes_the_largest_of_each_square_and_leaves_out_an_odd_row():
    images = np.random.default_rng(1).normal(size=(2, 5, 6, 3)).astype(np.float32)
    expected = images[:, :4].reshape(2, 2, 2, 3, 2, 3).max((2, 4))
    np.testing.assert_array_equal(max_pool(jnp.asarray(images)), expected)


def test_accuracy_counts_every_row_once_and_no_padding():
    model = small_network()
    data = trainer.Data(
        jnp.asarray(FEATURES.inputs.astype(np.float32)), jnp.asarray(FEATURES.labels)
    )
    parameters = jax.jit(model.init)(jax.random.key(0))
    rows = np.resize(np.arange(100, dtype=np.int32), 300)  # more than are judged at once
    padded = jnp.asarray(np.pad(rows, 9, constant_values=-1))
    found = trainer.accuracy(parameters, padded, network=model, data=data)
    guesses = np.asarray(model.logits(parameters, data.inputs[rows])).argmax(-1)
    assert float(found) == pytest.approx((guesses == FEATURES.labels[rows]).mean())


def test_fit_is_optax_written_out():
    model, optimiser = small_network(), optax.adam(1e-2)
    data = trainer.Data(
        jnp.asarray(FEATURES.inputs.astype(np.float32)), jnp.asarray(FEATURES.labels)
    )
    start = jax.jit(model.init)(jax.random.key(1))
    rows = jnp.arange(24, dtype=jnp.int32).reshape(3, 8)
    fitted = trainer.fit(start, rows, network=model, optimiser=optimiser, data=data)

    @jax.jit
    @jax.grad
    def slope(parameters, batch):
        chances = jax.nn.log_softmax(model.logits(parameters, data.inputs[batch]))
        return -(chances * jax.nn.one_hot(data.labels[batch], 3)).sum(-1).mean()

    expected, state = start, optimiser.init(start)
    for batch in rows:
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimiser.update(slope(expected, batch), state)
        expected = optax.apply_updates(expected, updates)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), fitted, expected)


@pytest.mark.slow
@pytest.mark.parametrize("reward", list(REWARDS))
def test_a_reward_does_not_depend_on_the_cells_beside_it(reward):
    together = rewards(cells(4), reward)  # 24 cells, more than one block
    assert together == rewards(cells(4), reward)
    assert together == rewards(cells(4)[::-1], reward)
    one_target = rewards(cells(3, ["second"]), reward)
    alone = rewards([Cell("first", "own", 3)], reward)
    assert (one_target | alone).items() <= together.items()


def test_a_selection_does_not_depend_on_the_jobs_beside_it():
    jobs = [Job(t, s, r) for r in range(2) for t in ("first", "second") for s in SELECTIONS]
    together = accuracies(jobs)
    assert accuracies(jobs[::-1]) == together
    assert accuracies(jobs[5:6]).items() <= together.items()


def test_replicates_and_seeds_differ():
    drawn = {cell: reward_named("gain").training(IMAGES, QUICK, cell) for cell in cells(2)}
    first, second = drawn[Cell("first", "own", 0)], drawn[Cell("first", "own", 1)]
    assert first.seed != second.seed
    assert (first.rows != second.rows).any()
    assert set(first.judges) != set(second.judges)
    other = reward_named("gain").training(IMAGES, replace(QUICK, seed=1), Cell("first", "own", 0))
    assert (other.rows != first.rows).any()
    values = rewards([Cell("first", "own", r) for r in range(12)])
    assert len(set(values.values())) > 2


def test_features_of_the_local_model_are_those_that_its_logits_are_made_of():
    found = local_features(FEATURES, QUICK, "first")
    assert found.shape == (len(FEATURES.labels), QUICK.feature_widths[-1])
    assert (found >= 0).all()
    model = small_network()
    parameters = model.init(jax.random.key(0))
    last = parameters["params"]["Dense_2"]
    inputs = jnp.asarray(FEATURES.inputs[:9])
    hidden, logits = (of(parameters, inputs) for of in (model.features, model.logits))
    expected = hidden @ last["kernel"] + last["bias"][None]
    np.testing.assert_allclose(expected, logits, atol=1e-5)
    own = FEATURES.target("first").test
    middles = np.stack([found[own][FEATURES.labels[own] == one].mean(axis=0) for one in range(3)])
    nearest = ((found[own][:, None] - middles[None]) ** 2).sum(axis=-1).argmin(axis=1)
    assert (nearest == FEATURES.labels[own]).mean() > 0.6


def test_a_cell_draws_without_replacement_and_takes_all_of_a_small_dataset():
    training = reward_named("retrain").training(IMAGES, QUICK, Cell("first", "own", 0))
    assert len(set(training.judges)) == QUICK.validation_batch
    assert set(training.judges) <= set(IMAGES.target("first").validation)
    candidates = set(training.rows.ravel()) - set(IMAGES.target("first").local)
    assert len(candidates) == QUICK.candidate_sample
    assert candidates <= set(dataset_rows(IMAGES, "own"))
    small = reward_named("gain").training(IMAGES, QUICK, Cell("first", "few", 0))
    assert set(small.rows.ravel()) == {*IMAGES.target("first").local, *dataset_rows(IMAGES, "few")}
    judges = reward_named("agreement").training(IMAGES, QUICK, Cell("first", "few", 0)).judges
    assert sorted(judges) == [-1, -1, -1, *dataset_rows(IMAGES, "few")]


def test_batches_read_every_shuffle_to_its_end():
    rows = np.arange(10, 17)
    drawn = batches(generator("batches"), rows, 7, 3).ravel()
    assert drawn.shape == (21,)
    for shuffle in np.split(drawn, 3):
        assert sorted(shuffle) == list(rows)


def test_generators_are_the_same_in_every_process():
    assert generator(0, "cell", "a", "b", 1).integers(2**32) == 2_528_794_084


def test_the_local_model_is_the_same_whatever_is_measured_with_it():
    one = local_model(IMAGES, QUICK, "first")
    other = local_model(IMAGES, replace(QUICK, fine_tuning_steps=3, validation_batch=5), "first")
    assert one.seed == other.seed
    np.testing.assert_array_equal(one.rows, other.rows)


@pytest.mark.parametrize("examples", [IMAGES, FEATURES], ids=["images", "features"])
@pytest.mark.parametrize("reward", ["gain", "retrain"])
def test_own_data_is_worth_more_than_data_with_shuffled_labels(reward, examples):
    found = rewards(cells(8), reward, examples=examples)
    own, shuffled = (
        np.mean([value for cell, value in found.items() if cell.dataset == dataset])
        for dataset in ("own", "shuffled")
    )
    assert own > shuffled + 0.1


def test_a_selection_of_own_data_beats_local_data():
    found = accuracies(
        [Job(t, s, r) for t in ("first", "second") for s in SELECTIONS[:2] for r in range(4)]
    )
    local, own = (
        np.mean([value for job, value in found.items() if job.datasets == selection])
        for selection in SELECTIONS[:2]
    )
    assert own > local + 0.03


def test_nothing_is_traced_again_for_a_second_set_of_cells(monkeypatch):
    traces, untraced = [], trainer.fit

    def counted(*args, **kwargs):
        traces.append(1)
        return untraced(*args, **kwargs)

    monkeypatch.setattr(trainer, "fit", counted)
    settings = replace(QUICK, learning_rate=0.0125)  # no earlier test has compiled this
    rewards(cells(1), settings=settings, examples=FEATURES)
    once = len(traces)
    assert once > 0
    rewards(cells(7), settings=replace(settings, seed=5), examples=FEATURES)
    assert len(traces) == once


def test_each_block_is_committed_once_and_a_failing_commit_stops_the_work():
    seen = []
    compute_rewards(
        IMAGES,
        QUICK,
        "agreement",
        cells(6),
        commit=lambda rows: seen.append([cell for cell, _, seconds in rows if seconds > 0]),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [cell for block in seen[::2] for cell in block] == cells(6)
    assert seen[-1] == (36, 36)

    def refuse(rows):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        compute_rewards(
            IMAGES, QUICK, "agreement", cells(6), commit=refuse, progress=lambda done, total: None
        )


def test_no_cells_is_no_work():
    assert rewards([]) == {}
    assert accuracies([]) == {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch": 0}, "batch is 0; it must be 1 or more"),
        ({"fine_tuning_steps": -1}, "fine_tuning_steps is -1; it must be 0 or more"),
        ({"candidate_sample": 0}, "candidate_sample is 0"),
        ({"convolution_widths": (4, 0)}, "a width in convolution_widths is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give a finite number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
    ],
)
def test_bad_settings_say_what_to_mend(change, says):
    with pytest.raises(InputError, match=says):
        replace(QUICK, **change)


@pytest.mark.parametrize(
    ("asked", "reward", "change", "says"),
    [
        (Cell("nobody", "own", 0), "gain", {}, "unknown target 'nobody'; the pool has first"),
        (Cell("first", "nothing", 0), "gain", {}, "unknown dataset 'nothing'; the pool has own"),
        (Cell("first", "own", 0), "profit", {}, "unknown reward 'profit'; choose from gain"),
        (Cell("first", "own", 0), "gain", {"validation_batch": 41}, "'first' has 40 validation"),
        (Cell("first", "own", 0), "gain", {"convolution_widths": (2,) * 4}, "16 pixels a side"),
    ],
)
def test_bad_cells_are_refused_before_any_work(asked, reward, change, says):
    with pytest.raises(InputError, match=says):
        rewards([asked], reward, replace(QUICK, **change))


def test_training_that_is_not_finite_is_named_and_not_committed():
    inputs = FEATURES.inputs.copy()
    inputs[dataset_rows(FEATURES, "own")] = np.inf
    committed = []
    with pytest.raises(InputError, match=r"diverged at target first, dataset own, replicate 0: "):
        compute_rewards(
            replace(FEATURES, inputs=inputs),
            QUICK,
            "gain",
            cells(1),
            commit=committed.extend,
            progress=lambda done, total: None,
        )
    assert not committed
