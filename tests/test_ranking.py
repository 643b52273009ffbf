import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dashjax.ranking import is_among_largest, largest_of, sum_of_largest

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


def test_where_all_are_equal_the_first_are_marked():
    np.testing.assert_array_equal(is_among_largest(jnp.zeros(5), 2), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(is_among_largest(jnp.zeros(70), 2), np.arange(70) < 2)


def test_what_is_ruled_out_never_comes_before_what_is_not():
    values = jnp.array([-jnp.inf, 1.0, -jnp.inf, 2.0])

    np.testing.assert_array_equal(is_among_largest(values, 2), [0, 1, 0, 1])
    assert [float(value) for value in largest_of([*values], 3)] == [2, 1, -np.inf]
