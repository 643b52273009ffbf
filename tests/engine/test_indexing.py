import jax.numpy as jnp
import numpy as np
import pytest

from dashjax.engine import indexing

SHAPES = [(1, 1), (16, 8), (16, 9)]  # at most 128 elements, and more


def numbered(shape, dtype=jnp.float32):
    return jnp.arange(shape[0] * shape[1], dtype=dtype).reshape(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.int32])
def test_read_is_indexing(shape, dtype):
    array = numbered(shape, dtype)
    for place in (0, array.size // 2, array.size - 1):
        read = indexing.take(array, jnp.int32(place))
        assert read == place
        assert read.dtype == dtype


@pytest.mark.parametrize("shape", SHAPES)
def test_row_is_indexing(shape):
    array = numbered(shape)
    for number in {0, shape[0] // 2, shape[0] - 1}:
        np.testing.assert_array_equal(indexing.take_row(array, jnp.int32(number)), array[number])


@pytest.mark.parametrize("shape", SHAPES)
def test_add_changes_one_element(shape):
    array = numbered(shape)
    for place in (0, array.size // 2, array.size - 1):
        expected = np.array(array)
        expected.ravel()[place] += 0.5
        np.testing.assert_array_equal(
            indexing.add_at(array, jnp.int32(place), jnp.float32(0.5)), expected
        )


@pytest.mark.parametrize("size", [5, 500])
def test_what_lies_elsewhere_does_not_leak(size):
    array = jnp.full(size, -jnp.inf).at[3].set(2.0).at[4].set(jnp.nan)

    assert indexing.take(array, jnp.int32(3)) == 2
    assert indexing.take(array, jnp.int32(0)) == -jnp.inf
    np.testing.assert_array_equal(indexing.take_row(array[:, None], jnp.int32(3)), [2.0])
