"""`vmap` whose batch is the last axis: the runs of a batch lie side by side in memory.

`jax.vmap` moves a batch to the front wherever it meets a broadcast. On a CPU a masked read or write
or a maximum over a few arms is four to six times as quick where each arm's values over the runs are
one contiguous vector. So this interpreter gives every operation of a traced function a trailing
axis instead; operations for which it has no rule go through `jax.vmap`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, Literal


class Value(NamedTuple):
    """An array, and whether its last axis is the batch. A batch of keys is held as their words.

    Of an array that was stacked from pieces the pieces are kept, to be taken out again: XLA would
    go through memory.
    """

    array: Any
    varies: bool
    pieces: tuple[Any, ...] = ()


class Function(NamedTuple):
    """A traced function, or a part of one: operations on variables, in order."""

    takes: Sequence[Any]
    operations: Sequence[Any]
    gives: Sequence[Any]


Rule = Callable[[Any, Sequence[Value], int], list[Value]]  # equation, what goes in, size of batch

_LITTLE = 1000  # elements for which `jax.vmap` may be asked in one step


def batch(array: Any) -> Value:
    """A batch along the first axis, turned."""
    if is_key(array):
        words = jnp.moveaxis(jax.random.key_data(array), 0, -1)
        return Value(words, True, tuple(words[place : place + 1] for place in range(len(words))))
    return Value(jnp.moveaxis(array, 0, -1), True)


def unbatch(array: Any, like: Any) -> Any:
    """A batch along the last axis, turned back; `like` is one value of it, or its variable."""
    turned = jnp.moveaxis(array, -1, 0)
    if is_key(like):
        return jax.random.wrap_key_data(turned, impl=_implementation(like))
    return turned


def full(value: Value, like: Any, size: int) -> Any:
    """The array as a batch, also if it is the same for all."""
    if value.varies:
        return value.array
    array = jax.random.key_data(value.array) if is_key(like) else value.array
    return jax.lax.broadcast_in_dim(array, (*jnp.shape(array), size), range(jnp.ndim(array)))


def function_of(jaxpr: Jaxpr) -> Function:
    """As JAX traces it; it takes its constants, then its arguments."""
    return Function([*jaxpr.constvars, *jaxpr.invars], jaxpr.eqns, jaxpr.outvars)


def evaluate(function: Function, values: Sequence[Value], size: int) -> list[Value]:
    """What a function gives for a batch of that size, traced for one value of it."""
    known: dict[Any, Value] = dict(zip(function.takes, values, strict=True))

    def read(atom: Any) -> Value:
        return Value(atom.val, False) if isinstance(atom, Literal) else known[atom]

    for equation in function.operations:
        given = [read(atom) for atom in equation.invars]
        found = _rule(equation, given)(equation, given, size)
        known.update(zip(equation.outvars, found, strict=True))
    return [read(atom) for atom in function.gives]


def unknown(function: Function) -> str:
    """The name of the first operation in a function that is not known here; '' if all are."""
    for equation in function.operations:
        name = equation.primitive.name
        if name not in KNOWN:
            return name
        if name in CALLS and (found := unknown(function_of(inner(equation).jaxpr))):
            return found
    return ""


def suits(function: Function) -> bool:
    """Whether it pays: little would have to be turned for `jax.vmap`, there and back."""
    return _turned(function) <= _LITTLE


def _turned(function: Function) -> int:
    """Elements that go through operations without a rule."""
    total = 0
    for equation in function.operations:
        if equation.primitive.name in CALLS:
            total += _turned(function_of(inner(equation).jaxpr))
        elif equation.primitive.name not in _RULES and equation.invars:
            variables = [*equation.invars, *equation.outvars]
            total += sum(variable.aval.size for variable in variables)
    return total


def _rule(equation: Any, given: Sequence[Value]) -> Rule:
    name = equation.primitive.name
    if name in CALLS:
        return _call
    if not any(value.varies for value in given):
        return _alike
    return _RULES.get(name, _by_vmap)


def _call(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    called = inner(equation)
    fixed = [Value(constant, False) for constant in called.consts]
    return evaluate(function_of(called.jaxpr), [*fixed, *given], size)


def inner(equation: Any) -> Any:
    """The function that is called, traced."""
    return equation.params["jaxpr" if "jaxpr" in equation.params else "call_jaxpr"]


def _alike(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    """The same for all: once."""
    return [Value(found, False) for found in _bind(equation, [value.array for value in given])]


def _bind(equation: Any, arrays: Sequence[Any]) -> list[Any]:
    found = equation.primitive.bind(*arrays, **equation.params)
    return list(found) if equation.primitive.multiple_results else [found]


def _by_vmap(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    pairs = zip(given, equation.invars, strict=True)
    arrays = [unbatch(v.array, atom.aval) if v.varies else v.array for v, atom in pairs]
    axes = [0 if value.varies else None for value in given]
    found = jax.vmap(lambda *one: _bind(equation, one), in_axes=axes)(*arrays)
    return [batch(array) for array in found]


def _all(equation: Any, given: Sequence[Value], size: int) -> list[Any]:
    """What goes in, each as a batch."""
    pairs = zip(given, equation.invars, strict=True)
    return [full(value, atom.aval, size) for value, atom in pairs]


def _same(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    """The operation itself: element by element, or along axes that are counted from the front."""
    shape = (*max((atom.aval.shape for atom in equation.invars), key=len), size)
    pair = len(equation.invars) == 2

    def whole(value: Value, like: Any) -> Any:
        if pair and not like.shape and not value.varies:
            return value.array  # JAX takes a number for all elements itself
        if like.shape or len(shape) == 1:
            return full(value, like, size)
        axes = [len(shape) - 1] * value.varies  # a scalar, for all
        return jax.lax.broadcast_in_dim(value.array, shape, axes)

    pairs = zip(given, equation.invars, strict=True)
    arrays = [whole(value, atom.aval) for value, atom in pairs]
    return [Value(found, True) for found in _bind(equation, arrays)]


def _concatenate(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    arrays = _all(equation, given, size)
    along = equation.params["dimension"]
    stacked = along == 0 and all(len(array) == 1 for array in arrays)
    return [Value(jax.lax.concatenate(arrays, along), True, tuple(arrays) if stacked else ())]


def _stack(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    arrays = _all(equation, given, size)
    pieces = [array[None] for array in arrays] if equation.params["axis"] == 0 else []
    return [Value(jnp.stack(arrays, equation.params["axis"]), True, tuple(pieces))]


def _unstack(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    (value,), axis = given, equation.params["axis"]
    if value.pieces and axis == 0:
        return [Value(piece[0], True) for piece in value.pieces]
    places = range(equation.invars[0].aval.shape[axis])
    return [
        Value(jax.lax.index_in_dim(value.array, place, axis, keepdims=False), True)
        for place in places
    ]


def _slice(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    (value,), params, extra = given, equation.params, _extra(equation.invars[0].aval, size)
    begin, end, shape = params["start_indices"], params["limit_indices"], value.array.shape
    if value.pieces and end[0] - begin[0] == 1 and end[1:] == shape[1 : len(end)]:
        return [Value(value.pieces[begin[0]], True)]
    strides = params["strides"] and (*params["strides"], *(1 for _ in extra))
    begin = (*begin, *(0 for _ in extra))
    return [Value(jax.lax.slice(value.array, begin, (*end, *extra), strides), True)]


def _broadcast_in_dim(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    params, extra = equation.params, _extra(equation.invars[0].aval, size)
    rank = len(params["shape"])
    along = (*params["broadcast_dimensions"], *range(rank, rank + len(extra)))
    shape = (*params["shape"], *extra)
    return [Value(jax.lax.broadcast_in_dim(given[0].array, shape, along), True)]


def _reshape(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    if equation.params["dimensions"] is not None:
        return _by_vmap(equation, given, size)
    extra = _extra(equation.invars[0].aval, size)
    return [Value(jax.lax.reshape(given[0].array, (*equation.params["new_sizes"], *extra)), True)]


def _transpose(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    order = equation.params["permutation"]
    more = range(len(order), given[0].array.ndim)
    return [Value(jax.lax.transpose(given[0].array, (*order, *more)), True)]


def _held_as_words(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    """To make keys of words, or words of keys."""
    return [given[0]]


def _by_generator(equation: Any, given: Sequence[Value], size: int) -> list[Value]:
    if equation.invars[0].aval.shape or not given[0].varies:
        return _by_vmap(equation, given, size)
    traced = on_words(equation)
    fixed = [Value(constant, False) for constant in traced.consts]
    return evaluate(function_of(traced.jaxpr), [*fixed, *given], size)


def on_words(equation: Any) -> Any:
    """What is done with one key, as its generator does it with the words: traced."""
    key, params = equation.invars[0].aval, equation.params
    generator = _implementation(key)
    functions: dict[str, Callable[..., Any]] = {
        "random_bits": lambda words: generator.random_bits(
            words, params["bit_width"], params["shape"]
        ),
        "random_fold_in": generator.fold_in,
        "random_split": lambda words: generator.split(words, params["shape"]),
    }
    like = [
        jax.ShapeDtypeStruct(generator.key_shape, jnp.uint32),
        *(atom.aval for atom in equation.invars[1:]),
    ]
    return jax.make_jaxpr(functions[equation.primitive.name])(*like)


def is_key(like: Any) -> bool:
    """Whether it is a key, or an array of keys."""
    return jnp.issubdtype(like.dtype, jax.dtypes.prng_key)


def _implementation(like: Any) -> Any:
    return like.dtype._impl


def words_in(like: Any) -> int:
    """How many words a key has."""
    (words,) = _implementation(like).key_shape
    return words


def _extra(like: Any, size: int) -> tuple[int, ...]:
    """The axes that a batch has behind those of one value."""
    return (*_implementation(like).key_shape, size) if is_key(like) else (size,)


# functions that are called: what is inside is looked at
CALLS = {"jit", "pjit", "closed_call", "custom_jvp_call"}
# operations without a rule of their own, which `jax.vmap` batches as it is asked to
_BY_VMAP = """
    argsort cond cumlogsumexp dot_general dynamic_slice dynamic_update_slice gather iota nextafter
    optimization_barrier pad platform_index population_count random_clone random_seed
    reduce_precision reshard scan scatter scatter-add split top_k triangular_solve cholesky while
"""
ON_WORDS = ("random_bits", "random_fold_in", "random_split")
_ELEMENT_BY_ELEMENT = """
    abs add and bitcast_convert_type ceil clamp convert_element_type copy cos div eq erf erf_inv
    erfc exp exp2 expm1 floor ge gt integer_pow is_finite le lgamma log log1p logistic lt max min
    mul ne neg not or pow rem round rsqrt select_n shift_left shift_right_arithmetic
    shift_right_logical sign sin sqrt square stop_gradient sub tan tanh xor
"""
_ALONG_AXES = """
    argmax argmin cumsum cummax cummin cumprod reduce_and reduce_max reduce_min reduce_or
    reduce_prod reduce_sum rev sort squeeze
"""
_RULES: dict[str, Rule] = {
    **dict.fromkeys((_ELEMENT_BY_ELEMENT + _ALONG_AXES).split(), _same),
    **dict.fromkeys(ON_WORDS, _by_generator),
    **dict.fromkeys(("random_unwrap", "random_wrap"), _held_as_words),
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "reshape": _reshape,
    "slice": _slice,
    "stack": _stack,
    "transpose": _transpose,
    "unstack": _unstack,
}
KNOWN = {*_RULES, *CALLS, *_BY_VMAP.split()}
