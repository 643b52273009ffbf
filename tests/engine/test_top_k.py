import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dashjax.engine import threefry
from dashjax.engine.top_k import (
    are_largest,
    from_integer,
    in_order,
    is_among_largest,
    largest_of,
    maximum,
    sum_of_largest,
    to_integer,
    turns,
)

SIZES = [(1, 1), (7, 3), (64, 8), (64, 9), (65, 8), (100, 40), (9, 9)]  # of values, and how many


def table(rows, columns, ties=False):
    values = np.random.default_rng(rows).normal(size=(rows, columns)).astype(np.float32)
    return np.round(values) if ties else values


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("arms", "count"), [(1, 1), (7, 3), (9, 9), (20, 8)])
def test_the_largest_come_in_falling_order(arms, count, ties):
    values = table(arms, 6, ties)
    found = largest_of([*jnp.asarray(values)], count)

    np.testing.assert_array_equal(np.stack(found), -np.sort(-values, axis=0)[:count])


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("arms", "count"), SIZES)
def test_sums_are_those_of_the_largest(arms, count, ties):
    """By comparisons, and by sorting where there are many."""
    values = table(arms, 6, ties)
    found = sum_of_largest(jnp.asarray(values), count)

    np.testing.assert_allclose(found, np.sort(values, axis=0)[-count:].sum(axis=0), atol=1e-5)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("arms", "count"), SIZES)
def test_as_many_as_asked_for_are_marked_the_first_of_equals(arms, count, ties):
    """Alone, compiled, and many at a time."""
    values = table(6, arms, ties)
    expected = np.zeros(values.shape, bool)
    np.put_along_axis(expected, np.argsort(-values, axis=1, kind="stable")[:, :count], True, 1)
    batched = jax.vmap(lambda row: is_among_largest(row, count))(jnp.asarray(values))

    np.testing.assert_array_equal(batched, expected)
    np.testing.assert_array_equal(is_among_largest(jnp.asarray(values[0]), count), expected[0])
    for row, marked in zip(in_order(jnp.asarray(values)), expected, strict=True):
        np.testing.assert_array_equal(are_largest(row, count), marked)


def test_where_all_are_equal_the_first_are_marked():
    np.testing.assert_array_equal(is_among_largest(jnp.zeros(5), 2), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(is_among_largest(jnp.zeros(70), 2), np.arange(70) < 2)


def test_what_is_ruled_out_never_comes_before_what_is_not():
    values = jnp.array([-jnp.inf, 1.0, -jnp.inf, 2.0])

    np.testing.assert_array_equal(is_among_largest(values, 2), [0, 1, 0, 1])
    assert [float(value) for value in largest_of([*values], 3)] == [2, 1, -np.inf]


@pytest.mark.parametrize("beyond", [0, 70])  # more places than comparisons are made for
def test_of_equals_those_whose_turn_comes_first_are_marked(beyond):
    values = jnp.array([1.0, 2.0, 2.0, 2.0] + [0.0] * beyond)
    for turn, expected in (([0, 1, 2, 3], [0, 1, 1, 0]), ([1, 2, 3, 0], [0, 1, 0, 1])):
        turn = jnp.array([*turn, *range(4, 4 + beyond)], jnp.int32)
        np.testing.assert_array_equal(is_among_largest(values, 2, turn)[:4], expected)


@pytest.mark.parametrize("count", [1, 2, 15, 64, 65])
@pytest.mark.parametrize("key", [jax.random.key(7), threefry.key(7)])
def test_turns_are_places_in_a_random_order(key, count):
    order = np.asarray(jax.random.permutation(key, count))
    found = turns(key, count)

    np.testing.assert_array_equal(found[order], np.arange(count))
    assert found.dtype == jnp.int32


EDGES = [-np.inf, np.finfo(np.float32).min, -1.5, -1, -1e-45, -0.0, 0.0, 1e-45, 1, 1.5, np.inf]


def test_integers_stand_for_values_in_their_order(x64):
    values = np.array(EDGES)
    for dtype in (jnp.float32, jnp.float64):
        exact = jnp.asarray(values, dtype)
        integers = np.asarray(to_integer(exact))
        assert (np.diff(integers) > 0).all()
        assert integers.dtype.itemsize == exact.dtype.itemsize
        back = from_integer(jnp.asarray(integers), exact.dtype)
        np.testing.assert_array_equal(np.signbit(back), np.signbit(values))
        np.testing.assert_array_equal(back, exact)


def test_values_in_order_are_integers_that_are_equal_where_they_are():
    """As what is marked shows: the first of equals, and never what is ruled out."""
    values = jnp.array([0.0, -0.0, 1.0, -jnp.inf, -0.0, 0.0, -1.0])

    assert jnp.issubdtype(in_order(values).dtype, jnp.integer)
    for count in range(8):
        expected = is_among_largest(values, count)
        np.testing.assert_array_equal(is_among_largest(in_order(values), count), expected)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 100])
def test_the_largest_is_found_among_any_number(size):
    for seed, shift in enumerate((0, -100, 100)):
        values = np.random.default_rng(seed).normal(size=(50, size)).astype(np.float32) + shift
        found = jax.vmap(maximum)(jnp.asarray(values))
        np.testing.assert_array_equal(found, values.max(axis=1))
        whole = np.round(values).astype(np.int32)
        np.testing.assert_array_equal(jax.vmap(maximum)(jnp.asarray(whole)), whole.max(axis=1))
    assert maximum(jnp.full(size, -jnp.inf)) == -jnp.inf
