"""A loop over steps as one kernel for a GPU: a run is a thread, and what it carries its registers.

XLA makes several kernels of a step and starts them anew in every step, with all that a run carries
written to memory and read again in between. Here the loop lies inside the kernel (Pallas, compiled
by Triton): what is fixed is read once, only the trace is written.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.extend.core import Literal

from dashjax import side_by_side, unrolled
from dashjax.cells import Cells, Held, Table, from_words, full, words_of
from dashjax.side_by_side import Function, Value

LANES = 32  # runs of one program: the threads of a warp, which need not wait for others


class Halves(NamedTuple):
    """The body of a loop as two functions.

    `before` takes what is fixed; `repeated` what `before` gives, what is carried, and the step.
    """

    before: Function
    repeated: Function


def halves(body: Function, fixed: int) -> Halves:
    """What can be made before the loop, and the rest; the first `fixed` variables are fixed.

    What follows from fixed values is made before if the kernel could not make it, or if that leaves
    no more to hold in registers. What costs nothing, as to move elements, is done where it is used.
    """
    known, constant = set(body.takes[:fixed]), set[Any]()
    before, repeated = [], []
    for operation in body.operations:
        read, cost = set(_variables(operation.invars)), unrolled.cost(operation)
        if read <= constant:
            constant.update(operation.outvars)
            places = before, repeated
        elif read <= known | constant and (cost == math.inf or not _grows(operation)):
            known.update(operation.outvars)
            places = (before, repeated) if cost == 0 and _is_small(operation) else (before,)
        else:
            places = (repeated,)
        for operations in places:
            operations.append(operation)
    repeated = _needed(repeated, body.gives)
    made = {variable for operation in repeated for variable in operation.outvars}
    read = (atom for operation in repeated for atom in operation.invars)
    held = [x for x in _variables([*read, *body.gives]) if x in known - made]
    return Halves(
        Function(body.takes[:fixed], before, held),
        Function([*held, *body.takes[fixed:]], repeated, body.gives),
    )


def suits(body: Function, fixed: int) -> bool:
    """Whether the loop can be a kernel; the first `fixed` variables are fixed."""
    return unrolled.suits(halves(body, fixed).repeated)


def interpreted() -> bool:
    """Whether the kernel is run by JAX's interpreter of kernels, for want of a GPU."""
    return jax.default_backend() != "gpu"


def loop(
    body: Function, fixed: Sequence[Value], begin: Sequence[Any], steps: int, size: int
) -> tuple[list[Any], list[Any]]:
    """What is carried in the end, `[..., run]`, and the trace, `[step, ..., run]`.

    Args:
        body: of what is fixed, what is carried, and the step; gives what is carried, and a trace.
        fixed: the same in every step.
        begin: what is carried into the first step, `[..., run]`.
        steps: how many.
        size: how many runs.
    """
    from jax.experimental.pallas import triton  # not everywhere to be had

    parts = halves(body, len(fixed))
    carried = [Value(array, True) for array in begin]
    values = [*side_by_side.evaluate(parts.before, fixed, size), *carried]
    programs = -(-size // LANES)
    fronts = [() if place < len(begin) else (steps,) for place in range(len(body.gives))]
    shapes = [(*front, *_shape(one)) for front, one in zip(fronts, body.gives, strict=True)]
    call = pl.pallas_call(
        _kernel(parts.repeated, [value.varies for value in values], len(begin), steps),
        grid=(programs,),
        out_shape=[
            jax.ShapeDtypeStruct((*front, math.prod(_shape(one)), programs * LANES), _dtype(one))
            for front, one in zip(fronts, body.gives, strict=True)
        ],
        interpret=interpreted(),
        compiler_params=triton.CompilerParams(num_warps=LANES // 32),
        name="steps",
    )
    found = call(*(_in_memory(value, programs * LANES) for value in values))
    pairs = zip(found, shapes, strict=True)
    shaped = [array[..., :size].reshape(*shape, size) for array, shape in pairs]
    return shaped[: len(begin)], shaped[len(begin) :]


def _kernel(repeated: Function, varies: Sequence[bool], carried: int, steps: int) -> Any:
    """The kernel, of references to what is fixed, to what is carried and to what it gives."""
    takes = repeated.takes[:-1]
    known, tables = len(takes) - carried, _tables(repeated)
    leaves = [variable.aval for variable in takes[known:]]

    def kernel(*refs: Any) -> None:
        first = pl.program_id(0) * LANES
        at, outputs = pl.ds(first, LANES), refs[len(takes) :]
        fixed = [
            _table(ref, first if varying else None)
            if variable in tables
            else from_words(_read(ref, at if varying else None), variable.aval)
            for ref, variable, varying in zip(refs, takes[:known], varies, strict=False)
        ]

        def one(number: Any, carry: list[list[Any]]) -> list[list[Any]]:
            step = jax.lax.convert_element_type(number, jnp.int32)
            begun = map(from_words, carry, leaves)
            found = unrolled.evaluate(repeated, [*fixed, *begun, Cells((), [step])])
            vectors = list(map(_vectors, found))
            for ref, elements in zip(outputs[carried:], vectors[carried:], strict=True):
                for word, element in enumerate(elements):
                    ref[step, word, at] = element
            return vectors[:carried]

        begin = [_read(ref, at) for ref in refs[known : len(takes)]]
        end = jax.lax.fori_loop(0, steps, one, begin)
        for ref, elements in zip(outputs[:carried], end, strict=True):
            for word, element in enumerate(elements):
                ref[word, at] = element

    return kernel


def _tables(function: Function) -> set[Any]:
    """The large vectors of which single elements are read, and nothing else is made."""
    held = [
        atom
        for operation in function.operations
        for place, atom in enumerate(operation.invars)
        if place or not unrolled.reads_one(operation)
    ]
    large = {x for x in function.takes if x.aval.ndim == 1 and x.aval.size > unrolled.FEW}
    return large - set(_variables([*held, *function.gives]))


def _table(ref: Any, first: Any) -> Table:
    """In memory, for the runs from some number on or the same for all."""

    def read(places: Any) -> Any:
        if first is None:
            return ref[places]
        runs = first + jax.lax.iota(jnp.int32, LANES)
        return ref[full(places, (LANES,)), runs]

    return Table((ref.shape[0],), read)


def _read(ref: Any, at: Any) -> list[Any]:
    """Every word, for the runs at some place or the same for all."""
    return [ref[word] if at is None else ref[word, at] for word in range(ref.shape[0])]


def _vectors(held: Held) -> list[Any]:
    return [full(word, (LANES,)) for word in words_of(held)]


def _in_memory(value: Value, size: int) -> Any:
    """As words `[word, run]` for so many runs, or `[word]` if they are the same for all."""
    array = value.array
    if not value.varies:
        return (jax.random.key_data(array) if side_by_side.is_key(array) else array).reshape(-1)
    missing = size - array.shape[-1]
    return jnp.pad(array.reshape(-1, array.shape[-1]), ((0, 0), (0, missing)))


def _shape(variable: Any) -> tuple[int, ...]:
    """Of one run's array in memory, where keys are words."""
    like = variable.aval
    return (*like.shape, side_by_side.words_in(like)) if side_by_side.is_key(like) else like.shape


def _dtype(variable: Any) -> Any:
    return jnp.uint32 if side_by_side.is_key(variable.aval) else variable.aval.dtype


def _needed(operations: Sequence[Any], gives: Sequence[Any]) -> list[Any]:
    """Those among the operations that the results follow from."""
    wanted, kept = set(_variables(gives)), []
    for operation in reversed(operations):
        if wanted & {*operation.outvars}:
            wanted.update(_variables(operation.invars))
            kept.append(operation)
    return kept[::-1]


def _variables(atoms: Iterable[Any]) -> list[Any]:
    """Without literals, each once."""
    return list(dict.fromkeys(atom for atom in atoms if not isinstance(atom, Literal)))


def _is_small(operation: Any) -> bool:
    return all(variable.aval.size <= unrolled.FEW for variable in operation.outvars)


def _grows(operation: Any) -> bool:
    """Whether it gives more elements than it takes."""
    taken = sum(atom.aval.size for atom in operation.invars)
    return sum(variable.aval.size for variable in operation.outvars) > taken
