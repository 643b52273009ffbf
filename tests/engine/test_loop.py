import jax
import jax.numpy as jnp
import numpy as np
import pytest

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
    given = [Value(constant, False) for constant in traced.consts]
    given += [batch_last.batch(batch) for batch in batches]
    found = batch_last.evaluate(function_of(traced.jaxpr), given, RUNS)
    expected = jax.tree.leaves(jax.vmap(function)(*batches))

    assert len(found) == len(expected)
    for value, like, wanted in zip(found, jax.tree.leaves(shape), expected, strict=True):
        array = batch_last.unbatch(batch_last.full(value, like, RUNS), like)
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


def course(arms, key, weight):
    """A loop that draws, chooses, remembers; and uses all that a body may."""

    def body(carry, step):
        total, arm, own = carry
        drawn = jax.random.normal(jax.random.fold_in(own, step), (arms,)) * weight
        noise = jax.random.normal(jax.random.fold_in(jax.random.fold_in(own, arm), step))
        total = total.at[arm].add(noise)
        return (total, jnp.argmax(total + drawn).astype(jnp.int32), own), (arm, drawn[0], step)

    start = jnp.zeros(arms), jnp.zeros((), jnp.int32), key
    return loop.scan(body, start, STEPS)


@pytest.mark.parametrize("arms", [3, 300])
def test_a_batch_of_loops_is_every_loop_by_itself(arms):
    weight = jnp.linspace(0.5, 2, RUNS)
    keys = KEYS["threefry"]
    together = jax.jit(jax.vmap(course, (None, 0, 0)), static_argnums=0)(arms, keys, weight)
    (total, arm, own), trace = together
    for run in range(RUNS):
        (one_total, one_arm, one_own), one = course(arms, keys[run], weight[run])
        np.testing.assert_allclose(total[run], one_total, atol=1e-5)
        assert arm[run] == one_arm
        np.testing.assert_array_equal(jax.random.key_data(own[run]), jax.random.key_data(one_own))
        np.testing.assert_array_equal(trace[0][run], one[0])
        np.testing.assert_allclose(trace[1][run], one[1], atol=1e-5)
        np.testing.assert_array_equal(trace[2][run], range(STEPS))


def test_loops_may_be_batched_twice():
    weight = jnp.linspace(0.5, 2, RUNS)
    inner = jax.vmap(course, (None, 0, None))
    (total, arm, _), _ = jax.vmap(inner, (None, None, 0))(3, KEYS["threefry"], weight)

    assert (total.shape, arm.shape) == ((RUNS, RUNS, 3), (RUNS, RUNS))
    (alone, _, _), _ = course(3, KEYS["threefry"][2], weight[4])
    np.testing.assert_allclose(total[4, 2], alone, atol=1e-5)
