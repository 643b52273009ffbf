"""A traced function on single numbers: what a kernel computes that has no arrays, only registers.

Operations are written out over the elements of their arrays (see `cells`), and those that only move
elements cost nothing. What follows from constants alone is computed while tracing.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from dashjax import side_by_side
from dashjax.cells import Cells, Held, Table, cells_of, from_words, full, words_of
from dashjax.side_by_side import Function, function_of

FEW = 64  # elements of an array that may be held; a larger one that is only read is a table
_MOST = 20_000  # operations on elements, for which a kernel is compiled in reasonable time

Rule = Callable[[Any, Sequence[Held]], list[Held]]  # equation, what goes in


def evaluate(function: Function, values: Sequence[Held]) -> list[Held]:
    """What a function gives for such elements, traced for one run."""
    known: dict[Any, Held] = dict(zip(function.takes, values, strict=True))

    def read(atom: Any) -> Held:
        return known[atom] if not isinstance(atom, Literal) else _literal(atom)

    for equation in function.operations:
        given = [read(atom) for atom in equation.invars]
        constant = all(isinstance(held, np.ndarray) for held in given) and not _makes_key(equation)
        found = (_constant if constant else _RULES[equation.primitive.name])(equation, given)
        known.update(zip(equation.outvars, found, strict=True))
    return [read(atom) for atom in function.gives]


def suits(function: Function) -> bool:
    """Whether all operations have a rule, and there are few enough of them, written out."""
    whole = all(atom.aval.size for atom in (*function.takes, *function.gives))
    return whole and count(function) <= _MOST


def count(function: Function) -> float:
    """Operations on elements; infinite if one has no rule."""
    constant, total = set[Any](), 0.0
    for equation in function.operations:
        read = {atom for atom in equation.invars if not isinstance(atom, Literal)}
        if read <= constant and not _makes_key(equation):
            constant.update(equation.outvars)
        else:
            total += cost(equation)
    return total


def cost(equation: Any) -> float:
    """Operations on elements that one operation is; infinite if it has no rule."""
    name = equation.primitive.name
    if name in side_by_side.CALLS:
        return count(function_of(side_by_side.inner(equation).jaxpr))
    if name not in _RULES or (name == "select_n" and len(equation.invars) > 3):
        return math.inf
    if _RULES[name] is _on_words:
        alone = not equation.invars[0].aval.shape
        return count(function_of(side_by_side.on_words(equation).jaxpr)) if alone else math.inf
    if name == "reshape" and equation.params["dimensions"] is not None:
        return math.inf
    if name == "bitcast_convert_type" and equation.invars[0].aval.shape != (
        equation.outvars[0].aval.shape
    ):
        return math.inf
    if name == "bitcast_convert_type" or _RULES[name] in (_move, _held_as_words):
        return 0.0
    if name == "dynamic_slice":
        return float(min(equation.invars[0].aval.size, FEW)) if reads_one(equation) else math.inf
    return float(max(x.aval.size for x in (*equation.invars, *equation.outvars)))


def reads_one(equation: Any) -> bool:
    """Whether the operation reads one element of a vector, at a place known only at run time."""
    return (
        equation.primitive.name == "dynamic_slice"
        and equation.params["slice_sizes"] == (1,)
        and not side_by_side.is_key(equation.invars[0].aval)
    )


def _literal(atom: Any) -> np.ndarray:
    return np.asarray(atom.val, atom.aval.dtype)


def _constant(equation: Any, given: Sequence[Held]) -> list[Held]:
    with jax.ensure_compile_time_eval():
        found = equation.primitive.bind(*given, **equation.params)
        several = equation.primitive.multiple_results
        return [np.asarray(array) for array in (found if several else [found])]


def _makes_key(equation: Any) -> bool:
    return any(side_by_side.is_key(variable.aval) for variable in equation.outvars)


def _bind(primitive: Any, elements: Sequence[Any], params: dict[str, Any]) -> Any:
    """The operation on one element of each."""
    shape = max((jnp.shape(element) for element in elements), key=len)
    return primitive.bind(*(full(element, shape) for element in elements), **params)


def _each(equation: Any, given: Sequence[Held]) -> list[Held]:
    """Element by element; an axis of one element goes with all elements of the others' axes."""
    shape = equation.outvars[0].aval.shape

    def column(held: Held) -> list[Any]:
        cells = cells_of(held)
        return [cells[number] for number in np.broadcast_to(_numbered(held), shape).reshape(-1)]

    rows = zip(*map(column, given), strict=True)
    return [Cells(shape, [_bind(equation.primitive, row, equation.params) for row in rows])]


def _move(equation: Any, given: Sequence[Held]) -> list[Held]:
    """The operation on the numbers of the elements; it says where each of them goes."""
    cells = list(itertools.chain(*map(cells_of, given)))
    starts = itertools.accumulate((math.prod(held.shape) for held in given), initial=0)
    numbered = [_numbered(held, start) for start, held in zip(starts, given, strict=False)]
    moved = map(np.asarray, _constant(equation, numbered))
    return [Cells(each.shape, [cells[number] for number in each.reshape(-1)]) for each in moved]


def _numbered(held: Held, start: int = 0) -> np.ndarray:
    """A number for each element, in its place."""
    end = start + math.prod(held.shape)
    return np.arange(start, end, dtype=np.int32).reshape(held.shape)


def _lines(held: Held, axes: Sequence[int]) -> Iterator[list[Any]]:
    """The elements along some axes, for every place along the others."""
    cells = cells_of(held)
    turned = np.moveaxis(_numbered(held), axes, range(-len(axes), 0))
    numbers = turned.reshape(-1, math.prod(held.shape[axis] for axis in axes))
    return ([cells[number] for number in line] for line in numbers)


def _reduce(equation: Any, given: Sequence[Held]) -> list[Held]:
    """Two and two, so that few operations wait for each other."""
    primitive = _COMBINED[equation.primitive.name]

    def combined(line: list[Any]) -> Any:
        while len(line) > 1:
            pairs = zip(line[::2], line[1::2], strict=False)
            left = line[-1:] if len(line) % 2 else []
            line = [_bind(primitive, pair, {}) for pair in pairs] + left
        return line[0]

    lines = _lines(given[0], equation.params["axes"])
    return [Cells(equation.outvars[0].aval.shape, list(map(combined, lines)))]


def _place_of_best(equation: Any, given: Sequence[Held]) -> list[Held]:
    """Where the largest or smallest is, the first of equals; NaN is not looked after."""
    better = jax.lax.gt_p if equation.primitive.name == "argmax" else jax.lax.lt_p
    dtype = np.dtype(equation.params["index_dtype"])

    def place(line: list[Any]) -> Any:
        best, found = line[0], dtype.type(0)
        for number, element in enumerate(line[1:], 1):
            is_better = _bind(better, (element, best), {})
            best = _bind(jax.lax.select_n_p, (is_better, best, element), {})
            found = _bind(jax.lax.select_n_p, (is_better, found, dtype.type(number)), {})
        return found

    lines = _lines(given[0], equation.params["axes"])
    return [Cells(equation.outvars[0].aval.shape, list(map(place, lines)))]


def _accumulate(equation: Any, given: Sequence[Held]) -> list[Held]:
    (held,), axis, backwards = given, equation.params["axis"], equation.params["reverse"]
    combine = functools.partial(_two, _COMBINED[equation.primitive.name])
    turn = slice(None, None, -1 if backwards else 1)
    lines = [list(itertools.accumulate(line[turn], combine))[turn] for line in _lines(held, [axis])]
    moved = (*held.shape[:axis], *held.shape[axis + 1 :], held.shape[axis])
    numbers = np.moveaxis(np.arange(math.prod(moved)).reshape(moved), -1, axis).reshape(-1)
    cells = list(itertools.chain(*lines))
    return [Cells(held.shape, [cells[number] for number in numbers])]


def _read_one(equation: Any, given: Sequence[Held]) -> list[Held]:
    held, (place,) = given[0], cells_of(given[1])
    number = jnp.dtype(equation.invars[1].aval.dtype).type
    place = _bind(jax.lax.max_p, (place, number(0)), {})
    if isinstance(held, Table):
        last = number(held.shape[0] - 1)
        return [Cells((1,), [held.read(_bind(jax.lax.min_p, (place, last), {}))])]
    cells = cells_of(held)
    found = cells[-1]
    for other, cell in enumerate(cells[:-1]):
        hit = _bind(jax.lax.eq_p, (place, number(other)), {})
        found = _bind(jax.lax.select_n_p, (hit, found, cell), {})
    return [Cells((1,), [found])]


def _two(primitive: Any, left: Any, right: Any) -> Any:
    return _bind(primitive, (left, right), {})


def _call(equation: Any, given: Sequence[Held]) -> list[Held]:
    inner = side_by_side.inner(equation)
    return evaluate(function_of(inner.jaxpr), [*map(np.asarray, inner.consts), *given])


def _on_words(equation: Any, given: Sequence[Held]) -> list[Held]:
    traced = side_by_side.on_words(equation)
    words = words_of(given[0])
    values = [*map(np.asarray, traced.consts), Cells((len(words),), words), *given[1:]]
    (found,) = evaluate(function_of(traced.jaxpr), values)
    return [from_words(words_of(found), equation.outvars[0].aval)]


def _held_as_words(equation: Any, given: Sequence[Held]) -> list[Held]:
    """To make keys of words, or words of keys."""
    return [from_words(words_of(given[0]), equation.outvars[0].aval)]


# those that a kernel for a GPU can have; the others are left to XLA
_ELEMENT_BY_ELEMENT = """
    abs add and bitcast_convert_type ceil clamp convert_element_type cos div eq erf_inv exp exp2
    expm1 floor ge gt integer_pow is_finite le log log1p logistic lt max min mul ne neg not or pow
    rem rsqrt select_n shift_left shift_right_arithmetic shift_right_logical sign sin sqrt square
    sub tan tanh xor
"""
_MOVES = """
    broadcast_in_dim concatenate copy reshape rev slice squeeze stack stop_gradient transpose
    unstack
"""
_COMBINED = {
    **{"reduce_sum": jax.lax.add_p, "reduce_prod": jax.lax.mul_p, "reduce_max": jax.lax.max_p},
    **{"reduce_min": jax.lax.min_p, "reduce_and": jax.lax.and_p, "reduce_or": jax.lax.or_p},
    **{"cumsum": jax.lax.add_p, "cumprod": jax.lax.mul_p},
    **{"cummax": jax.lax.max_p, "cummin": jax.lax.min_p},
}
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_ELEMENT_BY_ELEMENT.split(), _each),
    **dict.fromkeys(_MOVES.split(), _move),
    **{name: _reduce if name.startswith("reduce") else _accumulate for name in _COMBINED},
    **dict.fromkeys(("argmax", "argmin"), _place_of_best),
    "dynamic_slice": _read_one,
    **dict.fromkeys(side_by_side.CALLS, _call),
    **dict.fromkeys(side_by_side.ON_WORDS, _on_words),
    **dict.fromkeys(("random_unwrap", "random_wrap"), _held_as_words),
}
