"""Subsets chosen once: as plain loops and brute force have them, and what is refused."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from worlds import assert_within_errors

import dashjax as dj
from dashjax.baselines.static import activeft, bilaf, checks, distances, mean_matching

SAMPLES, FEATURES = 900, 12


@pytest.fixture(scope="module")
def clustered() -> np.ndarray:
    """Samples in clusters, thirty of them twice; more than are compared at once."""
    draw = np.random.default_rng(0)
    centres = draw.normal(0, 3, (15, FEATURES))
    values = centres[draw.integers(0, 15, SAMPLES)] + draw.normal(0, 0.5, (SAMPLES, FEATURES))
    values[-30:] = values[:30]
    return values.astype(np.float32)


@pytest.fixture(autouse=True, scope="module")
def in_parts():
    """Twenty centres meet 300 samples at a time, so that all tests share what is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activeft, "_PAIRS", 300 * 20)
        yield


def k_center(features: np.ndarray, budget: int, known: np.ndarray) -> tuple[list[int], list[float]]:
    """Greedy k-center by one pick after another, and how far each pick was."""
    doubles, rows, far = features.astype(np.float64), [], []
    least = np.full(len(features), np.inf)
    for centre in known.astype(np.float64):
        least = np.minimum(least, ((doubles - centre) ** 2).sum(axis=1))
    for _ in range(budget):
        pick = int(np.argmax(least))
        rows.append(pick)
        far.append(float(least[pick]))
        least = np.minimum(least, ((doubles - doubles[pick]) ** 2).sum(axis=1))
        least[rows] = -1
    return rows, far


def test_coresets_are_those_of_the_plain_loop_row_for_row(clustered):
    rows = dj.baselines.coresets(clustered, 400, seed=3)
    known = clustered[rows[:1]]
    expected, far = k_center(clustered, 400, known)
    # the first pick is by chance; its copy, at distance 0, would come last
    np.testing.assert_array_equal(rows[1:], expected[:399])
    assert (np.diff(far) <= 0).all()
    assert len(set(rows.tolist())) == 400


def test_coresets_start_from_what_is_known_and_take_copies_last_in_order(clustered):
    known = clustered[5:9] + 0.1
    rows = dj.baselines.coresets(clustered, SAMPLES, known=known)
    expected, far = k_center(clustered, SAMPLES, known)
    distinct = int((np.array(far) > 0).sum())
    assert distinct == SAMPLES - 30
    np.testing.assert_array_equal(rows[:distinct], expected[:distinct])
    assert sorted(rows) == list(range(SAMPLES))


@pytest.mark.parametrize("seed", range(6))
def test_coresets_leave_at_most_twice_the_smallest_distance(seed):
    points = np.random.default_rng(seed).normal(size=(11, 2)).astype(np.float32)
    apart = distances.distances(points, points)

    def radius(rows):
        return apart[:, list(rows)].min(axis=1).max()

    best = min(radius(rows) for rows in itertools.combinations(range(11), 3))
    assert radius(dj.baselines.coresets(points, 3, seed=seed)) <= 2 * best + 1e-6


def test_freesel_draws_by_squared_distance():
    points = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    apart = (1 - unit @ unit.T) ** 2
    chance = np.zeros(6)
    for first, second, third in itertools.permutations(range(6), 3):
        near = np.minimum(apart[first], apart[second])
        likely = apart[first][second] / apart[first].sum() * near[third] / near.sum() / 6
        chance[[first, second, third]] += likely
    draws = 300
    drawn = [dj.baselines.freesel(points, 3, seed=seed) for seed in range(draws)]
    share = np.bincount(np.concatenate(drawn), minlength=6) / draws
    assert_within_errors(share, chance, np.sqrt(chance * (1 - chance) / draws))


def test_freesel_takes_a_sample_with_all_its_patterns():
    """The two patterns of the first are those of the others, which so are copies."""
    east, north, up = np.eye(3)
    patterns = np.stack([[east, north], [east, east], [north, north], [up, up]])
    for seed in range(8):
        rows = dj.baselines.freesel(patterns, 2, seed=seed).tolist()
        if rows[0] == 0:
            assert rows == [0, 3]
    assert sorted(dj.baselines.freesel(patterns, 4)) == [0, 1, 2, 3]


def as_published(raw, values, temperature):
    """The loss of ActiveFT as its authors wrote it."""
    centres = raw / jnp.linalg.norm(raw, axis=1, keepdims=True)
    similar = jnp.exp(values @ centres.T / temperature)
    nearest = similar.argmax(axis=1)
    own = similar.max(axis=1)
    crowd = jnp.exp(jax.lax.stop_gradient(centres) @ centres.T / temperature).sum(axis=0)
    return -(jnp.log(own) - jnp.log(own + crowd[nearest])).mean()


def test_activeft_follows_the_gradient_of_the_published_loss(clustered):
    values = checks.unit_length(clustered)
    found, losses = activeft.fitted(values, 20, 4, 0.07, seed=0)
    raw = jnp.asarray(values[np.random.default_rng(0).permutation(SAMPLES)[:20]])
    optimiser = optax.adam(1e-3)
    state, slope = optimiser.init(raw), jax.jit(jax.value_and_grad(as_published))
    for step in range(4):
        loss, change = slope(raw, values, jnp.float32(0.07))
        assert float(losses[step]) == pytest.approx(float(loss), rel=1e-5)
        with jax.numpy_dtype_promotion("standard"):
            change, state = optimiser.update(change, state)
        raw = optax.apply_updates(raw, change)
    np.testing.assert_allclose(found, raw / jnp.linalg.norm(raw, axis=1)[:, None], atol=1e-4)


def test_activeft_lowers_its_loss_and_picks_each_sample_once(clustered):
    values = checks.unit_length(clustered)
    _, losses = activeft.fitted(values, 20, 40, 0.07, seed=1)
    assert losses[-1] < losses[20] < losses[0]
    rows = dj.baselines.activeft(clustered, 20, iterations=4, seed=1)
    assert len(set(rows.tolist())) == 20
    copies = np.repeat(clustered[:1], 7, axis=0)
    assert sorted(dj.baselines.activeft(copies, 7, iterations=0)) == list(range(7))


def test_activeft_gives_each_centre_the_nearest_that_is_left(clustered):
    values = checks.unit_length(clustered)
    centres = values[[0, 0, 1, 0, 5, 2, 0, 1]] + 0.01  # more than are compared at once
    expected, similar = [], centres @ values.T
    for place in range(8):
        similar[place, expected] = -np.inf
        expected.append(int(similar[place].argmax()))
    np.testing.assert_array_equal(activeft.nearest_unused(centres, values), expected)


def test_bilaf_gives_the_budget_with_all_centres(clustered):
    cores = dj.baselines.activeft(clustered, 20, iterations=2, seed=2)
    for budget in (20, 60, 850):
        rows = dj.baselines.bilaf(clustered, budget, centres=20, iterations=2, seed=2)
        assert len(set(rows.tolist())) == len(rows) == budget
        assert set(cores) <= set(rows)
    assert sorted(dj.baselines.bilaf(clustered[:40], 40, iterations=0)) == list(range(40))


def test_a_class_of_bilaf_grows_by_the_mean_distance_to_its_ten_nearest_members(clustered):
    values, rows = clustered.astype(np.float64), np.arange(0, 260, 2)
    core, step = 40, 13
    members = [core]
    far = {row: np.linalg.norm(values[row] - values[core]) for row in rows if row != core}
    members += sorted(far, key=lambda row: far[row])[: step - 1]
    while len(members) < len(rows):
        apart = distances.distances(values[rows], values[members])
        mean = np.sort(apart, axis=1)[:, :10].mean(axis=1)
        mean[np.isin(rows, members)] = np.inf
        members += rows[np.argsort(mean, kind="stable")[:step]].tolist()[: len(rows) - len(members)]
    np.testing.assert_array_equal(bilaf._joined(values, rows, core), members[: len(rows)])


def test_bilaf_picks_where_classes_meet():
    """Two clusters on a circle: after the centre the first pick is at the border."""
    angle = np.concatenate([np.linspace(0, 1, 50), np.linspace(1.2, 2.2, 50)])
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = dj.baselines.bilaf(points, 4, centres=2, iterations=20)
    first, second = (set(rows) & set(range(50))), (set(rows) & set(range(50, 100)))
    assert max(first) > 40 or min(second) < 60


@pytest.mark.parametrize("budget", [4, 5, 60, 107])
def test_a_budget_is_shared_out_whole(budget):
    sizes = np.array([100, 1, 3, 3])
    shares = bilaf.shared_out(sizes, budget)
    assert shares.sum() == budget
    assert ((shares >= 1) & (shares <= sizes)).all()
    assert bilaf.shared_out(np.array([60, 40]), 10).tolist() == [6, 4]


def test_chance_is_even():
    rows = np.concatenate([dj.baselines.random(np.eye(5), 2, seed=seed) for seed in range(2000)])
    share = np.bincount(rows) / 2000
    assert_within_errors(share, 0.4, np.sqrt(0.4 * 0.6 / 2000))


def test_datasets_are_those_with_most_of_the_picks():
    owner = np.repeat([0, 1, 2], [5, 10, 20])
    assert dj.baselines.datasets_of([0, 5, 6, 16, 17, 18], owner, 2).tolist() == [2, 1]
    assert dj.baselines.datasets_of([1, 5], owner, 1).tolist() == [0]


def test_alignment_is_the_cosine_of_mean_gradients():
    draw = np.random.default_rng(4)
    inputs, labels = draw.normal(size=(700, 5)).astype(np.float32), draw.integers(0, 3, 700)
    weights = draw.normal(size=(5, 3)).astype(np.float32)
    chances = np.exp(inputs @ weights)
    chances /= chances.sum(axis=1, keepdims=True)
    each = inputs[:, :, None] * (chances - np.eye(3)[labels])[:, None, :]
    rows = [np.arange(0, 600), np.arange(600, 640), np.arange(640, 700)]
    slopes = [each[some].mean(axis=0).ravel() for some in rows]
    expected = [
        slope @ slopes[2] / np.linalg.norm(slope) / np.linalg.norm(slopes[2]) for slope in slopes
    ]
    found = dj.baselines.gradient_alignment(
        lambda at, some: some @ at, jnp.asarray(weights), (inputs, labels), rows, rows[2]
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_mean_matching_takes_what_the_target_is_made_of_and_no_copy():
    draw = np.random.default_rng(5)
    east, west, far = draw.normal(3, 1, (80, 4)), draw.normal(-3, 1, (80, 4)), np.full((80, 4), 9.0)
    pool = np.concatenate([far, east, east, west]).astype(np.float32)
    rows = list(np.arange(320).reshape(4, 80))
    target = np.concatenate([draw.normal(3, 1, (60, 4)), draw.normal(-3, 1, (50, 4))])
    assert dj.baselines.mean_matching(pool, rows, target, 2, penalty=0.0).tolist() == [1, 3]
    gram, towards = np.array([[1.0, 0.8], [0.8, 1.0]]), np.array([0.9, 0.8])
    assert mean_matching.greedily(gram, towards, 1, 0.0).tolist() == [0]


def test_a_penalty_prefers_another_to_a_copy():
    gram = np.array([[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]])
    towards = np.array([0.95, 0.95, 0.15])
    assert mean_matching.greedily(gram, towards, 2, 0.0).tolist() == [0, 1]
    assert mean_matching.greedily(gram, towards, 2, 1.0).tolist() == [0, 2]


SAMPLE_METHODS = ("random", "coresets", "freesel", "activeft", "bilaf")


@pytest.mark.parametrize("name", SAMPLE_METHODS)
@pytest.mark.parametrize("budget", [0, 5])
def test_a_budget_that_cannot_be_is_refused(name, budget):
    with pytest.raises(dj.InputError, match=f"budget is {budget}; give 1 to 4, which is the"):
        getattr(dj.baselines, name)(np.eye(4), budget)


@pytest.mark.parametrize("name", SAMPLE_METHODS)
def test_features_that_are_no_numbers_are_refused(name):
    method, features = getattr(dj.baselines, name), np.eye(4)
    features[2, 1] = np.nan
    with pytest.raises(dj.InputError, match="features of sample 2 are not finite"):
        method(features, 2)
    with pytest.raises(dj.InputError, match=r"features .*shape \(4,\); give"):
        method(features[0], 2)


def two_rows(*lengths):
    return [np.arange(length) for length in lengths]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dj.baselines.coresets(np.eye(4), 2, known=np.eye(3)), "known samples have 3"),
        (lambda: dj.baselines.activeft(np.zeros((2, 3)), 1), "all features of sample 0 are 0"),
        (lambda: dj.baselines.activeft(np.eye(3), 1, temperature=0.0), "temperature is 0.0"),
        (lambda: dj.baselines.bilaf(np.eye(4), 2, centres=3), "centres are 3; give 1 to 2"),
        (lambda: dj.baselines.datasets_of([0], [0, 1], 3), "budget is 3; give 1 to 2"),
        (lambda: dj.baselines.datasets_of([2], [0, 1], 1), "rows go from 2 to 2"),
        (lambda: dj.baselines.try_before_you_buy([0.1, np.nan], 1), "give one reward for each"),
        (
            lambda: dj.baselines.mean_matching(np.eye(4), two_rows(2, 0), np.eye(4), 1),
            "dataset 1 has no samples",
        ),
        (
            lambda: dj.baselines.mean_matching(np.eye(4), two_rows(2, 2), np.ones((3, 4)), 1),
            "most of the target's samples are the same",
        ),
        (
            lambda: dj.baselines.gradient_alignment(
                lambda at, some: some @ at, np.eye(4), (np.eye(4), np.ones(4, int)), [], np.eye(1)
            ),
            "labels hold a single class",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence(call, says):
    with pytest.raises(dj.InputError, match=says):
        call()
