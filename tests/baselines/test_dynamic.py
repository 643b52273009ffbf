"""Subsets chosen in every epoch: the laws of each method, and a training with them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from worlds import assert_within_errors, quick_jit

import dashjax as dj
from dashjax.baselines.dynamic import seta, sparse_autoencoder, training
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
    chosen = course_of(dj.baselines.seta(SAMPLES, EPOCHS, window, pruned=0.25), EPOCHS, losses)
    counts = (chosen.rows >= 0).sum(axis=1)
    assert set(counts[[0, *range(35, EPOCHS)]]) == {45}
    for epoch in range(20, 35):  # by then all were seen
        groups = set(chosen.rows[epoch][: counts[epoch]] // 15)
        assert groups == {epoch % 3, epoch % 3 + 1}, epoch
    for rows, count in zip(chosen.rows, counts, strict=True):
        assert len(set(rows[:count])) == count
    assert_within_errors(counts[20:35].mean(), 22.5, np.sqrt(45 / 4 * 15 / 59 / 15))


def test_groups_on_a_line_are_those_of_k_means():
    draw = np.random.default_rng(1)
    values = np.concatenate([draw.normal(mean, 0.2, 40) for mean in (0, 2, 5)]).astype(np.float32)
    values, groups_of = draw.permutation(values), jax.jit(seta.groups_of, static_argnums=1)
    group = np.asarray(groups_of(values, 3))
    middles = np.array([values[group == one].mean() for one in range(3)])
    assert (np.diff(middles) > 0).all()
    np.testing.assert_array_equal(group, np.abs(values[:, None] - middles).argmin(axis=1))
    assert np.bincount(groups_of(np.full(120, 3.0, np.float32), 3)).tolist() == [40, 40, 40]


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


SHARE = 0.2


@pytest.fixture(scope="module")
def without(axes):
    """A course without a penalty."""
    return course_of(
        dj.baselines.representative(axes[0], EPOCHS, SHARE, penalty=0.0), EPOCHS, RISING
    )


def test_a_penalty_keeps_samples_from_being_chosen_always_and_shows_more_factors(axes, without):
    axes, units = axes
    penalty = 4.0
    chooser = dj.baselines.representative(axes, EPOCHS, SHARE, penalty=penalty)
    with_ = course_of(chooser, EPOCHS, RISING)
    most = [
        np.bincount(chosen.rows.ravel(), minlength=SAMPLES).max() for chosen in (without, with_)
    ]
    assert most[1] <= (2 + SHARE * EPOCHS) ** (1 + 1 / penalty) < most[0]
    covered = [seen_units(chosen, units) for chosen in (without, with_)]
    assert (covered[1] >= covered[0]).all()
    assert covered[1][:10].mean() > covered[0][:10].mean() + 2
    assert covered[1][-1] == len(np.unique(units))


def test_common_factors_come_first_and_rare_ones_last(axes, without):
    (common, rare), _ = axes
    assert common[without.rows[0]].mean() > 0.8 > 0.4 > common[without.rows[-1]].mean()
    assert rare[without.rows[-1]].mean() > 0.8


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
    # the unit of features is of no consequence
    scaled = [sparse_autoencoder._scaled(some) for some in (features, features * 1e6 + 3)]
    np.testing.assert_allclose(*scaled, atol=1e-6)


def most_by_their_losses() -> Chooser:
    """Trains on fifty samples as they come, with what was their loss the last time as weight."""
    rows = jnp.where(jnp.arange(SAMPLES) < 50, jnp.arange(SAMPLES), -1).astype(jnp.int32)
    return Chooser(
        lambda key: jnp.ones(SAMPLES),
        lambda state, epoch: (Choice(rows, jnp.where(rows >= 0, state, 0.0)), state),
        lambda state, choice, losses: losses,
    )


@pytest.fixture(scope="module")
def learner():
    """Two classes that a small network tells apart."""
    draw = np.random.default_rng(4)
    labels = draw.integers(0, 2, SAMPLES).astype(np.int32)
    inputs = draw.normal(size=(SAMPLES, 6)).astype(np.float32) + 1.5 * labels[:, None]
    model = network((6,), 2, convolution_widths=(), dense_width=1, feature_widths=(8,))
    data = trainer.Data(jnp.asarray(inputs), jnp.asarray(labels))
    return model, optax.adam(1e-2), data, model.init(jax.random.key(0))


def test_a_training_is_a_plain_loop_over_what_is_chosen(learner):
    model, optimiser, data, start = learner
    course = training.Course(most_by_their_losses(), 3, 16)

    @quick_jit
    def run(key):
        return training.trained(start, data, key, course=course, network=(model, optimiser))

    found, gradients = run(jax.random.key(0))
    assert int(gradients) == 3 * 50

    @quick_jit
    def slope(parameters, rows, weights):
        def loss(parameters):
            chances = jax.nn.log_softmax(model.logits(parameters, data.inputs[rows]))
            each = -(chances * jax.nn.one_hot(data.labels[rows], 2)).sum(1)
            return (each * weights).mean(), each

        return jax.grad(loss, has_aux=True)(parameters)

    parameters, state, weights = start, optimiser.init(start), np.ones(50, np.float32)
    for first in (0, 16, 32, 48) * 3:
        rows = np.arange(first, min(first + 16, 50))
        change, weights[rows] = slope(parameters, rows, weights[rows])
        with jax.numpy_dtype_promotion("standard"):
            change, state = optimiser.update(change, state)
        parameters = optax.apply_updates(parameters, change)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), found, parameters)


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
