import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from dashjax.engine import random, threefry

STANDARD_ERRORS = 4.5
DRAWS = 10**7
FLOAT = jnp.dtype("float32")


@pytest.fixture(scope="module")
def draws():
    """Ten million standard normals: of a thousand keys, ten thousand each."""
    keys = jax.random.split(threefry.key(0), 1000)
    each = jax.jit(jax.vmap(lambda key: random.normal(key, (DRAWS // 1000,), FLOAT)))
    return np.asarray(each(keys))


@pytest.mark.parametrize("power", range(1, 7))
def test_moments(draws, power):
    values = draws.astype(np.float64) ** power
    expected = 0 if power % 2 else special.factorial2(power - 1)

    error = values.std() / DRAWS**0.5
    assert abs(values.mean() - expected) < STANDARD_ERRORS * error


@pytest.mark.parametrize("beyond", [1, 2, 3, 4, 4.5])
@pytest.mark.parametrize("side", [-1, 1])
def test_tails(draws, beyond, side):
    expected = DRAWS * stats.norm.sf(beyond)

    assert abs((side * draws > beyond).sum() - expected) < STANDARD_ERRORS * expected**0.5


def test_the_law_is_normal(draws):
    """Kolmogorov's statistic stays below the value that it exceeds once in 10^5."""
    found = np.sort(draws.reshape(-1))
    law = stats.norm.cdf(found)
    steps = np.arange(DRAWS + 1) / DRAWS
    gap = max(np.abs(law - steps[1:]).max(), np.abs(law - steps[:-1]).max())

    assert gap * DRAWS**0.5 < stats.kstwobign.isf(1e-5)


@pytest.mark.parametrize("count", [1, 3, 10, 16, 65_535, 65_536])
def test_a_whole_number_is_the_upper_word_of_a_product(count):
    keys = jax.random.split(threefry.key(3), 1000)
    words = [int(word) for word in jax.vmap(lambda key: jax.random.bits(key, ()))(keys)]
    found = jax.vmap(lambda key: random.below(key, count))(keys)

    assert found.tolist() == [word * count >> 32 for word in words]


@pytest.mark.parametrize("count", [10, 100_000])
def test_whole_numbers_are_equally_likely(count):
    keys = jax.random.split(threefry.key(4), 100_000)
    found = np.asarray(jax.jit(jax.vmap(lambda key: random.below(key, count)))(keys))
    tenths = np.bincount(found // (count // 10), minlength=10)

    assert found.min() >= 0
    assert len(tenths) == 10
    assert np.abs(tenths - 10_000).max() < STANDARD_ERRORS * (100_000 * 0.1 * 0.9) ** 0.5


@pytest.mark.parametrize("lag", [1, 2, 15])
def test_draws_of_one_key_are_uncorrelated(draws, lag):
    products = draws[:, lag:].astype(np.float64) * draws[:, :-lag]

    assert abs(products.mean()) < STANDARD_ERRORS / products.size**0.5


def test_draws_of_neighbouring_keys_are_uncorrelated(draws):
    for values in (draws, draws**2 - 1):
        products = values[1:].astype(np.float64) * values[:-1]
        error = products.std() / products.size**0.5

        assert abs(products.mean()) < STANDARD_ERRORS * error


def test_the_quantile_function_is_right_into_the_tails():
    """Relative to a tenth of a standard deviation in the middle, of the value itself beyond."""
    low = np.unique(np.geomspace(1, 2**31 - 1, 20_000).astype(np.uint32)) - np.uint32(1)
    words = np.concatenate([low, low | np.uint32(2**31)])
    tails = ((words & 0x7FFFFFFF).astype(np.float64) + 0.5) / 2**32
    expected = -special.ndtri(tails) * np.where(words >> 31, -1, 1)
    found = np.asarray(jax.jit(random.normal_from)(jnp.asarray(words)), np.float64)

    assert np.abs(found).max() > 6.2
    assert (np.abs(found - expected) < 1e-6 * np.maximum(np.abs(expected), 0.1)).all()


def test_double_precision_has_all_its_digits():
    with jax.enable_x64(True):
        found = np.asarray(random.normal(threefry.key(0), (1000,), jnp.dtype("float64")))

    assert found.dtype == np.float64
    assert (found.astype(np.float32) != found).mean() > 0.99
    assert stats.kstest(found, "norm").pvalue > 1e-5


CHOICES = [random.largest, random.largest_draw]


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize("units", [1, 2, 15, 1000])
def test_the_largest_is_chosen(choose, units):
    values = np.random.default_rng(units).normal(size=(2000, units)).astype(np.float32)
    found = jax.jit(jax.vmap(choose))(jnp.asarray(values))

    np.testing.assert_array_equal(found, values.argmax(axis=1))


@pytest.mark.parametrize("choose", CHOICES)
def test_the_first_of_equals_and_what_is_not_ruled_out(choose):
    infinity = np.inf
    for values, expected in (
        ([1.0, 3.0, 3.0], 1),
        ([-infinity, -2.0, -infinity], 1),
        ([-infinity, -infinity], 0),
        ([0.0, infinity, 1.0], 1),
        ([-1.0, -1.0, -2.0], 0),
    ):
        assert int(choose(jnp.array(values))) == expected
        assert choose(jnp.array(values)).dtype == jnp.int32


@pytest.mark.parametrize("units", [3, 15])
def test_every_draw_is_equally_often_the_largest(units):
    """Ten million choices among equals; neither a place nor what comes after it is favoured."""
    runs = DRAWS // units

    def one(number):
        drawn = random.normal(jax.random.fold_in(threefry.key(4), number), (units,), FLOAT)
        return random.largest_draw(drawn)

    chosen = np.asarray(jax.jit(jax.vmap(one))(jnp.arange(runs, dtype=jnp.uint32)))
    pairs = chosen[:-1:2] * units + chosen[1::2]
    for counts in (np.bincount(chosen, minlength=units), np.bincount(pairs, minlength=units**2)):
        freedom = len(counts) - 1
        statistic = stats.chisquare(counts).statistic
        assert abs(statistic - freedom) < STANDARD_ERRORS * (2 * freedom) ** 0.5
