"""What a traced function computes twice is computed once, and nothing else changes."""

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.engine import batch_last
from dashjax.engine.batch_last import Value, function_of
from dashjax.engine.common_subexpressions import eliminate


def traced(function, *arguments):
    closed = jax.make_jaxpr(function)(*arguments)
    return function_of(closed.jaxpr), [*closed.consts, *arguments]


def names(function):
    return [operation.primitive.name for operation in function.operations]


def results(function, arguments):
    given = [Value(array, False) for array in arguments]
    return [value.array for value in batch_last.evaluate(function, given, 1)]


def test_what_is_drawn_twice_from_one_key_is_drawn_once():
    def twice(key, scale):
        return jax.random.bits(key, (3,)) + 1, jax.random.bits(key, (3,)) * scale

    whole, given = traced(twice, jax.random.key(0), jnp.uint32(5))
    less = eliminate(whole)

    assert names(whole).count(names(whole)[0]) == 2
    assert names(less).count(names(whole)[0]) == 1
    for one, other in zip(results(whole, given), results(less, given), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_repeat_of_a_repeat_is_one_too_and_a_result_may_be_a_repeat():
    def sums(x, y):
        return (x + y) * 2, (x + y) * 2, x + y

    whole, given = traced(sums, jnp.arange(3.0), jnp.ones(3))
    less = eliminate(whole)

    assert names(less) == ["add", "mul"]
    np.testing.assert_array_equal(results(less, given), results(whole, given))


def test_operations_that_differ_in_a_number_or_a_parameter_are_kept_apart():
    def different(x):
        return x + 1.0, x + 2.0, x + 0.0, x - 0.0, x + -0.0, jnp.cumsum(x), jnp.cumsum(x[::-1])

    whole, given = traced(different, jnp.arange(3.0))
    less = eliminate(whole)

    assert len(less.operations) == len(whole.operations)
    assert len(results(less, given)) == 7


def test_what_has_an_effect_is_done_as_often_as_it_is_written():
    def said(x):
        jax.debug.print("{}", x)
        jax.debug.print("{}", x)
        return x

    whole, _ = traced(said, jnp.float32(1))
    assert names(eliminate(whole)) == names(whole)
