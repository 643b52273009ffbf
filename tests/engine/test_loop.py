import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import quick_jit

from dashjax.engine import batch_last, loop, threefry
from dashjax.engine.batch_last import Value, function_of

RUNS, STEPS = 5, 7
DRAWN = np.random.default_rng(3)
MATRIX = jnp.asarray(DRAWN.normal(size=(RUNS, 3, 4)), jnp.float32)
VECTOR = jnp.asarray(DRAWN.normal(size=(RUNS, 4)), jnp.float32)
NUMBER = jnp.asarray(DRAWN.integers(0, 4, RUNS), jnp.int32)
KEYS = {
    "threefry": jax.random.split(threefry.key(1), RUNS),
    "of JAX": jax.random.split(jax.random.key(1), RUNS),
}

FUNCTIONS = {
    "elements": lambda m, v, n: jnp.where(m > v[n], m * 2 - v[None], jnp.sqrt(jnp.abs(m))),
    "one predicate for all": lambda m, v, n: jax.lax.select(n > 1, m, -m),
    "clip by numbers": lambda m, v, n: jax.lax.clamp(v[0], m, v[0] + 1),
    "bits": lambda m, v, n: jax.lax.bitcast_convert_type(m, jnp.uint32) >> 3,
    "sums": lambda m, v, n: (m.sum(0), m.max(1), m.min(), jnp.argmax(m, 1), jnp.any(m > 1)),
    "along an axis": lambda m, v, n: (jnp.cumsum(m, 0), m[::-1], jnp.sort(m, 1)),
    "sort of several": lambda m, v, n: jax.lax.sort((v, jnp.arange(4.0), -v), num_keys=2),
    "shapes": lambda m, v, n: (m.T, m.reshape(2, 6), m[None, :, None], jnp.squeeze(m[:1], 0)),
    "slices": lambda m, v, n: (m[1:, ::2], m[2], v[1], jnp.stack([v, v * 2])[1]),
    "stacked": lambda m, v, n: (jnp.stack([v[0], 1.0, v[2]])[1:], jnp.stack([v, v], 1)),
    "one by one": lambda m, v, n: (*m, *v, sum(jnp.stack([v, v * 2])), sum(jnp.stack([v, v], 1))),
    "joined": lambda m, v, n: (jnp.concatenate([m, v[None], jnp.ones((1, 4))]), jnp.pad(v, 2)),
    "products": lambda m, v, n: (m @ v, m @ m.T),
    "read at run time": lambda m, v, n: (v[n], m[:, n], jax.lax.dynamic_slice(v, (n,), (2,))),
    "written at run time": lambda m, v, n: (v.at[n].add(1), m.at[:, n].set(0)),
    "largest": lambda m, v, n: jax.lax.top_k(v, 2),
    "branches": lambda m, v, n: jax.lax.cond(n > 1, lambda x: x + 1, lambda x: x * 2, v),
    "loops": lambda m, v, n: jax.lax.fori_loop(0, n, lambda i, x: x * 2 + i, v),
    "functions": lambda m, v, n: (jax.nn.softmax(v), jax.nn.relu(v), jnp.percentile(v, 30)),
    "the same for all": lambda m, v, n: (jnp.arange(3), v * 0 + jnp.arange(4.0)),
}
RANDOM = {
    "numbers": lambda key: jax.random.bits(key, (3, 2)),
    "folded": lambda key: jax.random.normal(jax.random.fold_in(key, 3), (4,)),
    "split": lambda key: [jax.random.uniform(one) for one in jax.random.split(key, 3)],
    "keys of keys": lambda key: jax.vmap(jax.random.bits)(jax.random.split(key, 3)[1:]),
    "words": lambda key: jax.random.key_data(key) + 1,
    "wrapped": lambda key: jax.random.bits(jnp.stack([key, jax.random.fold_in(key, 1)])[1]),
    "order": lambda key: jax.random.permutation(key, 6),
    "with another": lambda key: jax.random.bits(
        jax.random.fold_in(threefry.key(2), key_number(key))
    ),
}


def key_number(key):
    return jax.random.bits(key) % 5


def assert_as_vmap(function, *batches):
    traced, shape = jax.make_jaxpr(function, return_shape=True)(*(batch[0] for batch in batches))

    @quick_jit
    def both(*batches):
        given = [Value(constant, False) for constant in traced.consts]
        given += [batch_last.batch(batch) for batch in batches]
        found = batch_last.evaluate(function_of(traced.jaxpr), given, RUNS)
        pairs = zip(found, jax.tree.leaves(shape), strict=True)
        return [
            batch_last.unbatch(batch_last.full(value, like, RUNS), like) for value, like in pairs
        ], jax.tree.leaves(jax.vmap(function)(*batches))

    for array, wanted in zip(*both(*batches), strict=True):
        np.testing.assert_allclose(array, wanted, rtol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_operation_gives_what_vmap_gives(name):
    assert_as_vmap(FUNCTIONS[name], MATRIX, VECTOR, NUMBER)


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_are_those_of_vmap(name, keys):
    assert_as_vmap(RANDOM[name], KEYS[keys])


def test_what_does_not_vary_is_computed_once():
    traced = jax.make_jaxpr(lambda v: (jnp.arange(4) * 2, v))(VECTOR[0])
    same, other = batch_last.evaluate(function_of(traced.jaxpr), [batch_last.batch(VECTOR)], RUNS)

    assert (same.varies, other.varies) == (False, True)


def test_what_would_turn_large_arrays_is_left_to_vmap():
    def suits(function, *like):
        return batch_last.suits(function_of(jax.make_jaxpr(function)(*like).jaxpr))

    large, place = jnp.zeros((100, 100)), jnp.int32(3)
    assert suits(lambda m, n: (m * 2).sum(0), large, place)
    assert not suits(lambda m, n: m[n], large, place)
    assert not suits(jax.jit(lambda m, n: m[n] + 1), large, place)
    assert suits(lambda m, n: m[n], large[:5, :5], place)


def course(scan, arms, key, weight):
    """A loop that draws, chooses, remembers; and uses all that a body may."""

    def body(carry, step):
        total, arm, own = carry
        drawn = jax.random.normal(jax.random.fold_in(own, step), (arms,)) * weight
        noise = jax.random.normal(jax.random.fold_in(jax.random.fold_in(own, arm), step))
        total = total.at[arm].add(noise)
        return (total, jnp.argmax(total + drawn).astype(jnp.int32), own), (arm, drawn[0], step)

    start = jnp.zeros(arms), jnp.zeros((), jnp.int32), key
    (total, arm, own), trace = scan(body, start, STEPS)
    return total, arm, jax.random.key_data(own), *trace


@functools.cache
def one_by_one(arms):
    """Every loop by itself, and all by `plain` under `vmap`."""
    alone = quick_jit(course, static_argnums=(0, 1))
    runs = [alone(loop.plain, arms, *run) for run in zip(KEYS["threefry"], WEIGHT, strict=True)]
    return jax.tree.map(lambda *fields: np.stack(fields), *runs)


WEIGHT = jnp.linspace(0.5, 2, RUNS)


@pytest.mark.parametrize("scan", [loop.plain, loop.fast])
@pytest.mark.parametrize("arms", [3, 300])
def test_a_batch_of_loops_is_every_loop_by_itself(scan, arms):
    many = quick_jit(jax.vmap(functools.partial(course, scan, arms)))
    together = many(KEYS["threefry"], WEIGHT)

    for field, alone in zip(together, one_by_one(arms), strict=True):
        np.testing.assert_allclose(field, alone, atol=1e-5)


def test_one_loop_alone_may_be_fast_too():
    alone = quick_jit(functools.partial(course, loop.fast, 3))(KEYS["threefry"][2], WEIGHT[2])

    for field, expected in zip(alone, one_by_one(3), strict=True):
        np.testing.assert_allclose(field, expected[2], atol=1e-5)


def test_loops_may_be_batched_twice():
    inner = jax.vmap(functools.partial(course, loop.fast, 3), (0, None))
    total, arm, *_ = quick_jit(jax.vmap(inner, (None, 0)))(KEYS["threefry"], WEIGHT)

    assert (total.shape, arm.shape) == ((RUNS, RUNS, 3), (RUNS, RUNS))
    for run in range(RUNS):
        np.testing.assert_allclose(total[run, run], one_by_one(3)[0][run], atol=1e-5)


def counting(scan, limit):
    """A loop that adds up 1, 2, 3, ... and has enough when its trace has reached the limit."""

    def counted(start, limit):
        def enough(trace, made):
            return jnp.max(trace) >= limit

        def body(total, step):
            total = total + step.astype(total.dtype) + 1
            return total, total

        return scan(body, start, 50, enough)

    return quick_jit(jax.vmap(counted, in_axes=(0, None)))(jnp.arange(3.0), limit)


def test_a_fast_loop_ends_when_all_have_had_enough():
    whole, trace = counting(loop.fast, jnp.inf)
    early, short = counting(loop.fast, 100.0)
    made = np.count_nonzero(np.asarray(short[0]))
    needed = np.argmax(np.asarray(trace).min(axis=0) >= 100) + 1

    np.testing.assert_array_equal(whole, np.arange(3) + 50 * 51 / 2)
    assert needed <= made < needed + 8
    np.testing.assert_array_equal(short[:, :made], trace[:, :made])
    np.testing.assert_array_equal(short[:, made:], 0)
    np.testing.assert_array_equal(early, trace[:, made - 1])


def test_a_plain_loop_makes_all_steps():
    for plain, fast in zip(counting(loop.plain, 100.0), counting(loop.fast, jnp.inf), strict=True):
        np.testing.assert_array_equal(plain, fast)


@jax.custom_vjp
def doubled(value):
    return 2 * value


doubled.defvjp(lambda value: (2 * value, None), lambda _, change: (2 * change,))


def doubling(scan, start):
    return scan(lambda total, step: (doubled(total), total + step.astype(total.dtype)), start, 5)


def test_an_operation_that_is_not_known_is_named_once_and_the_loop_is_plain():
    with pytest.warns(UserWarning, match="custom_vjp_call") as said:
        found = jax.vmap(functools.partial(doubling, loop.fast))(jnp.arange(3.0))

    assert len(said) == 1
    assert "with the same results" in str(said[0].message)
    for field, expected in zip(found, doubling(loop.plain, jnp.arange(3.0)), strict=True):
        np.testing.assert_array_equal(field if field.ndim == 1 else field.T, expected)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (doubled, "custom_vjp_call"),
        (jax.jit(doubled), "custom_vjp_call"),  # also within what is called
        (jax.nn.relu, ""),  # has a derivative of its own, of the other kind
        (jax.jit(jnp.sin), ""),
    ],
)
def test_the_first_operation_that_is_not_known_is_found(function, name):
    assert batch_last.unknown(function_of(jax.make_jaxpr(function)(1.0).jaxpr)) == name
