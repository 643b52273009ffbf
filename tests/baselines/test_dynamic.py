"""Subsets chosen in every epoch: the laws of each method, and a training with them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from worlds import assert_within_errors, quick_jit

import dashjax as dj
from dashjax.baselines.dynamic import seta, training
from dashjax.baselines.dynamic.contract import Choice, Chooser
from dashjax.rewards import trainer
from dashjax.rewards.networks import network

SAMPLES, EPOCHS = 60, 40


def course_of(chooser, epochs, losses, key=0):
    """The choices of all epochs, by one compiled loop, each sample with its own loss."""

    def epoch(state, number):
        choice, state = chooser.choose(state, number)
        return chooser.update(state, choice, jnp.asarray(losses)[choice.rows]), choice

    @quick_jit
    def run(key):
        return jax.lax.scan(epoch, chooser.init(key), jnp.arange(epochs, dtype=jnp.int32))[1]

    return Choice(*map(np.asarray, run(jax.random.key(key))))


RISING = np.linspace(0.1, 2.0, SAMPLES).astype(np.float32)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_rs2_sees_every_sample_in_as_few_epochs_as_can_be(share):
    chosen = course_of(dj.baselines.rs2(SAMPLES, share), 12, RISING)
    size, parts = int(np.ceil(SAMPLES * share)), int(np.ceil(1 / share))
    assert chosen.rows.shape == (12, size)
    for epoch in range(12):
        assert len(set(chosen.rows[epoch])) == size
    for first in range(0, 13 - parts, parts):
        assert set(chosen.rows[first : first + parts].ravel()) == set(range(SAMPLES))
    assert (chosen.weights == 1).all()


def test_rs2_with_replacement_draws_each_epoch_from_all():
    chosen = course_of(dj.baselines.rs2(SAMPLES, 0.5, replacement=True), 400, RISING)
    both = [len({*chosen.rows[at]} & {*chosen.rows[at + 1]}) for at in range(0, 400, 2)]
    share = 30 * 30 / 60  # of a hypergeometric law
    error = np.sqrt(30 * 0.5 * 0.5 * 30 / 59 / len(both))
    assert_within_errors(np.mean(both), share, error)


PRUNED_EPOCHS, ALL_EPOCHS = 700, 800


@pytest.fixture(scope="module")
def pruned():
    """A course of InfoBatch that leaves out two fifths of what is learned well."""
    return course_of(dj.baselines.infobatch(SAMPLES, ALL_EPOCHS, pruned=0.4), ALL_EPOCHS, RISING)


def test_infobatch_leaves_the_expected_gradient_as_it_is(pruned):
    gradient = np.random.default_rng(0).normal(size=(SAMPLES, 3)) + 1
    epochs = slice(1, PRUNED_EPOCHS)
    sums = np.einsum("epw,ep->ew", gradient[pruned.rows[epochs]], pruned.weights[epochs])
    error = sums.std(axis=0, ddof=1) / np.sqrt(len(sums))
    assert (error > 0.01).all()
    assert_within_errors(sums.mean(axis=0), gradient.sum(axis=0), error)


def test_infobatch_prunes_nothing_hard_and_nothing_at_the_end(pruned):
    low = set(np.flatnonzero(RISING.mean() > RISING))
    for epoch in [0, *range(1, PRUNED_EPOCHS, 70), *range(PRUNED_EPOCHS, ALL_EPOCHS, 10)]:
        rows, weights = pruned.rows[epoch], pruned.weights[epoch]
        kept = rows[rows >= 0]
        assert len(set(kept)) == len(kept)
        assert (rows[len(kept) :] == -1).all()
        assert (weights[len(kept) :] == 0).all()
        if 1 <= epoch < PRUNED_EPOCHS:
            assert set(range(SAMPLES)) - low <= set(kept)
            assert len(kept) < SAMPLES
            expected = np.where(np.isin(kept, list(low)), np.float32(1 / 0.6), 1)
            np.testing.assert_array_equal(weights[: len(kept)], expected)
        else:
            assert len(kept) == SAMPLES
            assert (weights == 1).all()


def test_seta_slides_its_window_from_easy_to_hard():
    losses = np.repeat([0.1, 1.0, 2.0, 3.0], 15).astype(np.float32)
    window = dj.baselines.Window(groups=4, width=0.5)
    chosen = course_of(dj.baselines.seta(SAMPLES, 16, window, pruned=0.0), 16, losses)
    for epoch in range(16):
        rows = chosen.rows[epoch][chosen.rows[epoch] >= 0]
        groups = set(rows // 15)
        first = epoch % 3
        everything = epoch == 0 or epoch >= 14
        assert groups == ({0, 1, 2, 3} if everything else {first, first + 1}), epoch
        assert len(rows) == 15 * len(groups)


def test_seta_leaves_out_its_share_by_chance():
    losses = np.ones(SAMPLES, np.float32)
    chosen = course_of(dj.baselines.seta(SAMPLES, EPOCHS, pruned=0.25), EPOCHS, losses)
    counts = (chosen.rows >= 0).sum(axis=1)
    assert set(counts[[0, *range(35, EPOCHS)]]) == {45}
    # once all were seen, losses are equal and groups too; the window has four of five
    assert set(counts[10:35]) == {36}


def test_groups_on_a_line_are_those_of_k_means():
    draw = np.random.default_rng(1)
    values = np.concatenate([draw.normal(mean, 0.2, 40) for mean in (0, 2, 5)]).astype(np.float32)
    values = draw.permutation(values)
    group = np.asarray(jax.jit(seta.groups_of, static_argnums=1)(values, 3))
    middles = np.array([values[group == one].mean() for one in range(3)])
    assert (np.diff(middles) > 0).all()
    np.testing.assert_array_equal(group, np.abs(values[:, None] - middles).argmin(axis=1))


@pytest.fixture(scope="module")
def axes():
    """Samples of two factors each; a third are common, as two factors are in all of them."""
    draw = np.random.default_rng(2)
    units = np.where(draw.random((SAMPLES, 2)) < 0.6, draw.integers(0, 3, (SAMPLES, 2)), -1)
    units = np.where(units < 0, draw.integers(3, 24, (SAMPLES, 2)), units)
    units[:, 1] = np.where(units[:, 1] == units[:, 0], (units[:, 0] + 1) % 24, units[:, 1])
    strength = draw.uniform(0.5, 1, (SAMPLES, 2)).astype(np.float32)
    return dj.baselines.axes_of(dj.baselines.Activity(units, strength, 24)), units


def seen_units(chosen, units):
    """How many factors were seen up to each epoch."""
    so_far, counts = set(), []
    for rows in chosen.rows:
        so_far |= set(units[rows].ravel())
        counts.append(len(so_far))
    return np.array(counts)


def test_a_penalty_keeps_samples_from_being_chosen_always_and_shows_more_factors(axes):
    axes, units = axes
    share, penalty = 0.2, 4.0
    choosers = [
        dj.baselines.representative(axes, EPOCHS, share, penalty=some) for some in (0.0, penalty)
    ]
    without, with_ = (course_of(chooser, EPOCHS, RISING) for chooser in choosers)
    most = [
        np.bincount(chosen.rows.ravel(), minlength=SAMPLES).max() for chosen in (without, with_)
    ]
    assert most[1] <= (2 + share * EPOCHS) ** (1 + 1 / penalty) < most[0]
    covered = [seen_units(chosen, units) for chosen in (without, with_)]
    assert (covered[1] >= covered[0]).all()
    assert covered[1][:10].mean() > covered[0][:10].mean() + 2
    assert covered[1][-1] == len(np.unique(units))


def test_common_factors_come_first_and_rare_ones_last(axes):
    axes, _ = axes
    chosen = course_of(dj.baselines.representative(axes, EPOCHS, 0.2, penalty=0.0), EPOCHS, RISING)
    assert axes.common[chosen.rows[0]].mean() > 0.8 > 0.4 > axes.common[chosen.rows[-1]].mean()
    assert axes.rare[chosen.rows[-1]].mean() > 0.8


def test_scores_are_the_sums_of_section_three_by_hand():
    activity = dj.baselines.Activity(
        np.array([[0, 1], [0, 2], [0, 1], [3, 0]]),
        np.array([[1.0, 3.0], [2.0, 2.0], [4.0, 0.0], [0.0, 0.0]], np.float32),
        4,
    )
    axes = dj.baselines.axes_of(activity)
    # factor 0 is active in three of four samples, factors 1 and 2 in one; the last has none
    common = [0.25 * np.log(4) + 0.75 * np.log(2), 0.5 * np.log(4) + 0.5 * np.log(2), np.log(4), 0]
    rare = [0.75 * np.log(4) + 0.25 * np.log(4 / 3), 0.5 * np.log(4) + 0.5 * np.log(4 / 3)]
    rare += [np.log(4 / 3), 0]
    for found, values in ((axes.common, common), (axes.rare, rare)):
        np.testing.assert_allclose(found, np.argsort(np.argsort(values)) / 3)


def test_an_autoencoder_finds_the_factors_that_samples_are_made_of():
    draw = np.random.default_rng(3)
    factor = draw.integers(0, 4, 256)
    features = 10 * np.eye(8, dtype=np.float32)[2 * factor] + draw.normal(0, 0.2, (256, 8))
    found = dj.baselines.factors(features, units=16, active=1, epochs=150)
    assert found.units.shape == found.strength.shape == (256, 1)
    of_unit = {}
    for unit, one in zip(found.units[:, 0], factor, strict=True):
        of_unit.setdefault(int(unit), set()).add(int(one))
    assert all(len(those) == 1 for those in of_unit.values())
    scaled = dj.baselines.factors(features * 1e6 + 3, units=16, active=1, epochs=150)
    np.testing.assert_array_equal(scaled.units, found.units)


def everything_in_order() -> Chooser:
    """Trains on all samples as they come."""
    choice = Choice(jnp.arange(SAMPLES, dtype=jnp.int32), jnp.ones(SAMPLES, jnp.float32))
    return Chooser(lambda key: 0, lambda state, epoch: (choice, state), lambda state, *_: state)


@pytest.fixture(scope="module")
def learner():
    """Two classes that a small network tells apart."""
    draw = np.random.default_rng(4)
    labels = draw.integers(0, 2, SAMPLES).astype(np.int32)
    inputs = draw.normal(size=(SAMPLES, 6)).astype(np.float32) + 1.5 * labels[:, None]
    model = network((6,), 2, convolution_widths=(), dense_width=1, feature_widths=(8,))
    data = trainer.Data(jnp.asarray(inputs), jnp.asarray(labels))
    return model, optax.adam(1e-2), data, model.init(jax.random.key(0))


def test_a_training_on_everything_is_the_plain_one(learner):
    model, optimiser, data, start = learner
    course = training.Course(everything_in_order(), 2, 16)

    @quick_jit
    def run(key):
        return training.trained(start, data, key, course=course, network=(model, optimiser))

    found, gradients = run(jax.random.key(0))
    assert int(gradients) == 2 * SAMPLES
    parameters, state = start, optimiser.init(start)

    @quick_jit
    def slope(parameters, rows):
        def loss(parameters):
            chances = jax.nn.log_softmax(model.logits(parameters, data.inputs[rows]))
            return -(chances * jax.nn.one_hot(data.labels[rows], 2)).sum(1).mean()

        return jax.grad(loss)(parameters)

    for first in (0, 16, 32, 48) * 2:
        rows = np.arange(first, min(first + 16, SAMPLES))
        with jax.numpy_dtype_promotion("standard"):
            change, state = optimiser.update(slope(parameters, rows), state)
        parameters = optax.apply_updates(parameters, change)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), found, parameters)


def test_a_training_with_less_than_everything_says_what_it_took(learner):
    model, optimiser, data, start = learner
    course = training.Course(dj.baselines.infobatch(SAMPLES, 20), 20, 16)

    @quick_jit
    def run(key):
        parameters, gradients = training.trained(
            start, data, key, course=course, network=(model, optimiser)
        )
        return (model.logits(parameters, data.inputs).argmax(1) == data.labels).sum(), gradients

    right, gradients = run(jax.random.key(1))
    assert int(right) > 0.85 * SAMPLES
    assert 0.6 * 20 * SAMPLES < int(gradients) < 20 * SAMPLES


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dj.baselines.rs2(0, 0.5), "samples are 0; give 1 or more"),
        (lambda: dj.baselines.rs2(5, 0.0), "share is 0.0; give a share from above 0 to 1"),
        (lambda: dj.baselines.infobatch(5, 0), "epochs are 0"),
        (lambda: dj.baselines.infobatch(5, 2, pruned=1.0), "pruned is 1.0; give a share from 0 to"),
        (lambda: dj.baselines.seta(5, 2), "groups are 5; give 1 to 4"),
        (lambda: dj.baselines.seta(9, 2, dj.baselines.Window(5, 0.1)), "less than one of 5 groups"),
        (lambda: dj.baselines.factors(np.ones((4, 2))), "all samples have the same features"),
        (lambda: dj.baselines.factors(np.eye(4), active=99), "units are 16, active 99"),
        (
            lambda: dj.baselines.representative(
                dj.baselines.Axes(np.ones(3), np.ones(3)), 2, 0.5, penalty=-1.0
            ),
            "penalty is -1.0",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence(call, says):
    with pytest.raises(dj.InputError, match=says):
        call()
