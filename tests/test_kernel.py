import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from worlds import pool_of, quick_jit, usual_prior

from dashjax import cells, cli, kernel, scanning, side_by_side, sources, threefry, unrolled
from dashjax.methods import METHODS
from dashjax.settings import Plan
from dashjax.side_by_side import function_of
from dashjax.sweep import _run

RUNS = 40  # not a multiple of what a program of the kernel takes
STEPS, SIZES = 6, (2, 1)
DRAWN = np.random.default_rng(3)
MATRIX = jnp.asarray(DRAWN.normal(size=(RUNS, 3, 4)), jnp.float32)
VECTOR = jnp.asarray(DRAWN.uniform(0.1, 0.9, size=(RUNS, 4)), jnp.float32)
NUMBER = jnp.asarray(DRAWN.integers(0, 4, RUNS), jnp.int32)
REWARDS = jnp.asarray(DRAWN.normal(size=(RUNS, sum(SIZES), 30)), jnp.float32)
KEYS = jax.random.split(threefry.key(1), RUNS)
PRIOR = usual_prior(len(SIZES))
GROUPING = pool_of(*SIZES).grouping

FUNCTIONS = {
    "arithmetic": lambda m, v, n: (m + v[None], m - 1, m * m, m / v[None], -m, n // 2, n % 3),
    "powers": lambda m, v, n: (m**3, v**-2, jnp.square(m), jax.lax.pow(v, v), jnp.sqrt(v)),
    "of one": lambda m, v, n: (
        *(abs(m), jnp.sign(m), jnp.ceil(m), jnp.floor(m), jnp.isfinite(m)),
        *(jax.lax.rsqrt(v), jax.scipy.special.erfinv(v), jax.nn.sigmoid(m)),
    ),
    "exponents": lambda m, v, n: (jnp.exp(m), jnp.exp2(m), jnp.expm1(m), jnp.log(v), jnp.log1p(v)),
    "angles": lambda m, v, n: (jnp.sin(m), jnp.cos(m), jnp.tan(m), jnp.tanh(m)),
    "larger": lambda m, v, n: (jnp.maximum(m, v[None]), jnp.minimum(m, 0), jnp.clip(m, -1, 1)),
    "compared": lambda m, v, n: (m < v[None], m <= 0, m > 0, v >= v[::-1], n == 2, n != 2),
    "chosen": lambda m, v, n: (jnp.where(m > 0, m, v[None]), jax.lax.select(n > 1, m, -m)),
    "clip by numbers": lambda m, v, n: jax.lax.clamp(v[0], m, v[0] + 1),
    "bits": lambda m, v, n: (
        *(jax.lax.bitcast_convert_type(m, jnp.uint32) >> 3, n >> 1, n << 2),
        *(n & 1, n | 4, n ^ 7, ~n, (m > 0) & (m < 1), m.astype(jnp.int32)),
    ),
    "sums": lambda m, v, n: (m.sum(0), m.sum(), m.max(1), m.min((0, 1)), v.prod()),
    "all and any": lambda m, v, n: (jnp.all(m > 0, 0), jnp.any(m > 1, 1)),
    "places": lambda m, v, n: (jnp.argmax(m, 1), jnp.argmin(m, 0), jnp.argmax(v * 0)),
    "along an axis": lambda m, v, n: (
        *(jnp.cumsum(m, 0), jax.lax.cumsum(m, 1, reverse=True), jnp.cumprod(v)),
        *(jax.lax.cummax(m, 0), jax.lax.cummin(v, reverse=True)),
    ),
    "shapes": lambda m, v, n: (m.T, m.reshape(2, 6), m[None, :, None], jnp.squeeze(m[:1], 0)),
    "slices": lambda m, v, n: (m[1:, ::2], m[2], v[1], m[::-1], jnp.copy(v)),
    "one by one": lambda m, v, n: (*m, *v, sum(jnp.stack([v, v * 2]))),
    "joined": lambda m, v, n: (jnp.concatenate([m, v[None], jnp.ones((1, 4))]), jnp.stack([v, v])),
    "read and written": lambda m, v, n: (
        v[n],
        jnp.sum(jnp.where(jnp.arange(4) == n, v, 0)),
        jnp.where((jnp.arange(4) == n)[None], 0, m),
    ),
    "functions": lambda m, v, n: (jax.nn.relu(v), jax.jit(lambda x: x + 1)(v)),
    "no gradient": lambda m, v, n: jax.lax.stop_gradient(v),
    "the same for all": lambda m, v, n: (jnp.arange(3), v * 0 + jnp.arange(4.0)),
}
RANDOM = {
    "numbers": lambda key: jax.random.bits(key, (3, 2)),
    "folded": lambda key: jax.random.uniform(jax.random.fold_in(key, 3), (4,)),
    "split": lambda key: [jax.random.uniform(one) for one in jax.random.split(key, 3)],
    "words": lambda key: jax.random.key_data(key) + 1,
    "of words": lambda key: jax.random.bits(
        jax.random.wrap_key_data(jax.random.key_data(key) + 1, impl=jax.random.key_impl(key))
    ),
}


def traced(function, *batches):
    return jax.make_jaxpr(function, return_shape=True)(*(batch[0] for batch in batches))


def assert_as_vmap(function, *batches):
    jaxpr, shape = traced(function, *batches)

    @quick_jit
    def ours(*batches):
        given: list[cells.Held] = [np.asarray(constant) for constant in jaxpr.consts]
        for batch in batches:
            array = side_by_side.batch(batch).array
            given.append(cells.from_words(list(array.reshape(-1, RUNS)), batch[0]))
        held = unrolled.evaluate(function_of(jaxpr.jaxpr), given)
        assert [one.shape for one in held] == [like.shape for like in jax.tree.leaves(shape)]
        return [[cells.full(word, (RUNS,)) for word in cells.words_of(x)] for x in held]

    expected = jax.tree.leaves(quick_jit(jax.vmap(function))(*batches))
    for words, wanted in zip(ours(*batches), expected, strict=True):
        assert {word.dtype for word in words} == {wanted.dtype}
        found = np.stack(words).reshape(*wanted.shape[1:], RUNS)
        np.testing.assert_allclose(np.moveaxis(found, -1, 0), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_operation_gives_what_vmap_gives(name):
    assert_as_vmap(FUNCTIONS[name], MATRIX, VECTOR, NUMBER)


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_are_those_of_vmap(name):
    assert_as_vmap(RANDOM[name], KEYS)


def names_in(jaxpr) -> set[str]:
    names = set()
    for equation in jaxpr.eqns:
        names.add(equation.primitive.name)
        if equation.primitive.name in side_by_side.CALLS:
            names |= names_in(side_by_side.inner(equation).jaxpr)
    return names


def test_every_rule_is_tried():
    tried = set()
    for function in FUNCTIONS.values():
        tried |= names_in(traced(function, MATRIX, VECTOR, NUMBER)[0].jaxpr)
    for function in RANDOM.values():
        tried |= names_in(traced(function, KEYS)[0].jaxpr)

    newer = {"unstack"} if jax.__version_info__ < (0, 11) else set()  # than this JAX
    assert set(unrolled._RULES) - set(side_by_side.CALLS) - newer <= tried


@pytest.mark.parametrize(
    ("function", "suits"),
    [
        (lambda v: v * 2, True),
        (jax.jit(lambda v: jax.nn.relu(v)), True),
        (lambda v: v[:, None] * jnp.ones((1, 1000)), True),
        (lambda v: v[:, None] * jnp.ones((1, 10_000)), False),
        (lambda v: jnp.sort(v), False),
        (jax.jit(lambda v: jnp.sort(v) + 1), False),
        (lambda v: jax.random.bits(jax.random.key(v.sum().astype(jnp.int32))), False),
        (lambda v: v[:0], False),
    ],
)
def test_what_has_no_rule_or_is_too_large_does_not_suit(function, suits):
    jaxpr = jax.make_jaxpr(function)(VECTOR[0]).jaxpr

    assert unrolled.suits(function_of(jaxpr)) == suits


def assert_same(found, expected):
    for ours, wanted in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert ours.dtype == wanted.dtype
        if jnp.issubdtype(wanted.dtype, jax.dtypes.prng_key):
            ours, wanted = jax.random.key_data(ours), jax.random.key_data(wanted)
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


def runs_of(name, in_kernel):
    """A function from keys to runs."""
    plan = Plan(STEPS, 2, kernel=in_kernel)

    def one(key, prior):
        source = sources.gaussian(sources.drawn(prior, GROUPING), prior.noise_var)
        return _run(key, source, prior, None, METHODS[name], GROUPING, plan)

    return lambda keys: jax.vmap(one, (0, None))(keys, PRIOR)


@pytest.mark.parametrize("name", ["dash", "joint-ts"])
def test_runs_in_a_kernel_are_those_of_the_loop(name):
    found, expected = (quick_jit(runs_of(name, in_kernel))(KEYS) for in_kernel in (True, False))

    assert len(np.unique(found.arm)) == sum(SIZES)
    assert_same(found, expected)


def replays(in_kernel, in_axes):
    """A function from keys and rewards to runs."""
    plan = Plan(STEPS, 2, kernel=in_kernel)

    @functools.partial(jax.vmap, in_axes=in_axes)
    def each(key, rewards):
        source = sources.replay(rewards, "bootstrap")
        return _run(key, source, PRIOR, None, METHODS["round-robin"], GROUPING, plan)

    return each


@pytest.mark.parametrize("in_axes", [(0, None), (0, 0)])
def test_rewards_are_read_from_a_table(in_axes):
    rewards = REWARDS[0] if in_axes[1] is None else REWARDS
    traced = [quick_jit(replays(x, in_axes)).trace(KEYS, rewards) for x in (True, False)]
    found, expected = (one.lower().compile()(KEYS, rewards) for one in traced)

    assert ["pallas_call" in str(one.jaxpr) for one in traced] == [True, False]
    assert len(np.unique(found.reward)) > 30
    assert_same(found, expected)


def test_methods_that_do_not_suit_run_as_usual():
    def text(name, in_kernel):
        return str(jax.make_jaxpr(runs_of(name, in_kernel))(KEYS))

    assert "pallas_call" in text("flat", True)
    assert "pallas_call" not in text("flat", False)
    assert "pallas_call" not in text("best", True)


def course(key, weight, scale, sorts, in_kernel):
    """A loop that draws, chooses and remembers; sorted values are of use inside it or before it."""
    order = jnp.argsort(weight)

    def body(carry, step):
        total, arm, own, other = carry
        own = jax.random.fold_in(own, arm)
        drawn = jax.random.uniform(jax.random.fold_in(own, step), (4,)) * weight * scale
        total = total + jnp.where(jnp.arange(4) == arm, drawn, jnp.sort(weight))
        total = jnp.sort(total) if sorts else total
        arm = jnp.argmax(total + drawn).astype(jnp.int32)
        return (total, arm, own, other), (arm, drawn[:2], step, jnp.argsort(weight) < order)

    start = jnp.zeros(4), jnp.zeros((), jnp.int32), key, key
    return scanning.scan(body, start, STEPS, in_kernel=in_kernel)


@pytest.mark.parametrize("sorts", [False, True])
def test_a_loop_in_a_kernel_hands_on_all_that_it_carries(sorts):
    scale = jnp.asarray([2.0, 1.0, 3.0, 0.5])

    def courses(in_kernel):
        @functools.partial(jax.vmap, in_axes=(0, 0, None))
        def each(key, weight, scale):
            return course(key, weight, scale, sorts, in_kernel)

        traced = quick_jit(each).trace(KEYS, VECTOR, scale)
        assert ("pallas_call" in str(traced.jaxpr)) == (in_kernel and not sorts)
        return traced.lower().compile()(KEYS, VECTOR, scale)

    found, expected = courses(True), courses(False)
    assert_same(found, expected)


def test_loops_in_a_kernel_may_be_batched_twice():
    def one(key, weight):
        return course(key, weight, jnp.ones(4), False, True)[1]

    keys, weights = KEYS[:6].reshape(2, 3), VECTOR[:6].reshape(2, 3, 4)
    arm, drawn, _, _ = quick_jit(jax.vmap(jax.vmap(one)))(keys, weights)
    alone = one(keys[1, 2], weights[1, 2])
    np.testing.assert_array_equal(arm[1, 2], alone[0])
    np.testing.assert_allclose(drawn[1, 2], alone[1], atol=1e-5)


def text_for_a_gpu(function, *arguments) -> str:
    device = jax.sharding.AbstractDevice("NVIDIA H100 80GB HBM3", num_cores=132, platform="gpu")
    mesh = jax.sharding.AbstractMesh((), (), abstract_device=device)
    with jax.sharding.use_abstract_mesh(mesh):
        return jax.jit(function).trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()


@pytest.mark.parametrize("name", [*FUNCTIONS, *RANDOM])
def test_every_operation_can_be_lowered_for_a_gpu(name, monkeypatch):
    """In a loop whose body computes it from what is carried."""
    monkeypatch.setattr(kernel, "interpreted", lambda: False)
    function = (FUNCTIONS | RANDOM)[name]

    def changed(value, step):
        if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
            return jax.random.fold_in(value, step)
        return value + step.astype(value.dtype)

    def loop(*start):
        def body(carry, step):
            return tuple(changed(value, step) for value in carry), function(*carry)

        return scanning.scan(body, start, STEPS, in_kernel=True)

    arguments = (KEYS,) if name in RANDOM else (MATRIX, VECTOR, NUMBER)
    assert "xla.gpu.triton" in text_for_a_gpu(jax.vmap(loop), *arguments)


def test_a_method_can_be_lowered_for_a_gpu_in_double_precision(monkeypatch):
    monkeypatch.setattr(kernel, "interpreted", lambda: False)
    with jax.enable_x64(True):
        assert "xla.gpu.triton" in text_for_a_gpu(runs_of("dash-exact", True), KEYS)


@pytest.mark.parametrize("in_axes", [(0, None), (0, 0)])
def test_a_table_can_be_lowered_for_a_gpu(in_axes, monkeypatch):
    monkeypatch.setattr(kernel, "interpreted", lambda: False)
    rewards = REWARDS[0] if in_axes[1] is None else REWARDS
    assert "xla.gpu.triton" in text_for_a_gpu(replays(True, in_axes), KEYS, rewards)


def test_a_sweep_can_be_asked_for_kernels(capsys):
    few = ["--groups", "2", "--arms", "1", "--steps", "4", "--select", "1", "--seeds", "20"]
    assert cli.main(["sweep", "--methods", "round-robin", *few, "--kernel", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)

    assert said["config"]["kernel"]
    assert len(said["rows"]) == 1
