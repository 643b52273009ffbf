"""Two forms of one loop over steps, with the same results.

`plain` is `jax.lax.scan` and nothing else: for one run, for gradients, for a live search, and for
whatever a stranger brings. `fast` is for many runs at once, under one `vmap`:

- random numbers, which follow from the key and the step alone, are made one step ahead, so that XLA
  makes them in a pass of their own and not again wherever one is used;
- what does not depend on the step is computed before the loop;
- where it pays, runs lie along the last axis of all arrays and not along the first (`batch_last`);
- the loop ends as soon as all runs have seen enough, where a function says when that is.

`fast` knows a list of JAX operations. If a step uses another one, it warns once, naming it, and is
`plain`.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from dashjax.engine import batch_last
from dashjax.engine.batch_last import Function, Value, function_of
from dashjax.engine.common_subexpressions import eliminate

Body = Callable[[Any, jax.Array], tuple[Any, Any]]
Enough = Callable[[Any, jax.Array], jax.Array]  # a trace, and how many steps of it were made

_LOOK_EVERY = 8  # steps: whether they are enough


Loop = Callable[..., tuple[Any, Any]]  # `plain` or `fast`: (body, start, steps, enough)


def plain(body: Body, start: Any, steps: int, enough: Enough | None = None) -> tuple[Any, Any]:
    """`jax.lax.scan` over the numbers of the steps, 0 to `steps` - 1, as int32.

    Args:
        body: one step, of what is carried and the step's number.
        start: what is carried into the first step.
        steps: how many there are.
        enough: whether no more steps are wanted, of one loop's trace, which is 0 after the steps
            that were made, and of how many that are. This loop makes all steps.

    Returns:
        What is carried in the end, and the trace of all steps.
    """
    return jax.lax.scan(body, start, jnp.arange(steps, dtype=jnp.int32))


def fast(body: Body, start: Any, steps: int, enough: Enough | None = None) -> tuple[Any, Any]:
    """The same results as `plain`, more quickly for many loops under one `vmap`.

    `enough` is asked now and then; many loops go on until it holds for all.
    """
    numbers = jnp.arange(steps, dtype=jnp.int32)
    traced, shape = jax.make_jaxpr(body, return_shape=True)(start, numbers[0])
    unknown = batch_last.unknown(function_of(traced.jaxpr))
    if unknown:
        warnings.warn(
            f"the quick form of the loop does not know JAX's operation '{unknown}'; "
            "the plain form is used, with the same results",
            stacklevel=2,
        )
        return plain(body, start, steps)
    leaves, results = jax.tree.leaves(start), jax.tree.structure(shape)
    whole = eliminate(function_of(traced.jaxpr))
    variables, step = list(whole.takes[-1 - len(leaves) : -1]), whole.takes[-1]
    pairs = list(zip(variables, whole.gives[: len(leaves)], strict=True))
    # what the body hands on as it is need not be carried
    still = [place for place, (begin, end) in enumerate(pairs) if begin is end]
    moving = [place for place, (begin, end) in enumerate(pairs) if begin is not end]
    constants = whole.takes[: -1 - len(leaves)]
    takes = [*constants, *(variables[x] for x in still), *(variables[x] for x in moving), step]
    gives = [*(whole.gives[x] for x in moving), *whole.gives[len(leaves) :]]
    if enough:
        enough = _of_leaves(enough, jax.tree.structure(shape[1]))
    found = _loop(Function(takes, whole.operations, gives), numbers, enough)(
        [*traced.consts, *(leaves[x] for x in still)], [leaves[x] for x in moving]
    )
    ends = dict(zip(moving, found, strict=False)) | {x: leaves[x] for x in still}
    trace = found[len(moving) :]
    return jax.tree.unflatten(results, [*(ends[x] for x in range(len(leaves))), *trace])


def _of_leaves(enough: Enough, structure: Any) -> Enough:
    return lambda leaves, made: enough(jax.tree.unflatten(structure, leaves), made)


def _loop(
    body: Function, numbers: jax.Array, enough: Enough | None
) -> Callable[[list[Any], list[Any]], list[Any]]:
    """A loop over `body`, of what is fixed, what is carried, and the step."""

    @jax.custom_batching.custom_vmap
    def loop(fixed: list[Any], leaves: list[Any]) -> list[Any]:
        def one(leaves: list[Any], step: Any) -> tuple[list[Any], list[Any]]:
            found = _evaluate_for_one(body, [*fixed, *leaves, step])
            return found[: len(leaves)], found[len(leaves) :]

        end, trace = _repeat(one, leaves, numbers, enough)
        return [*end, *trace]

    @loop.def_vmap
    def _(size: int, batched: Any, fixed: list[Any], leaves: list[Any]) -> Any:
        varies, leaves_vary = batched
        form = _LAST if batch_last.suits(body) else _FIRST
        pairs = zip(fixed, varies, strict=True)
        values = [form.batch(x) if batch else Value(x, False) for x, batch in pairs]
        pairs = zip(leaves, leaves_vary, strict=True)
        first = [x if batch else jnp.broadcast_to(x, (size, *x.shape)) for x, batch in pairs]
        begin = [form.batch(x).array for x in first]
        end, trace = _batch(body, values, begin, numbers, size, form, enough)
        found = [form.unbatch(x, like) for x, like in zip(end, leaves, strict=True)]
        found += [form.unbatch_trace(x) for x in trace]
        return found, [True] * len(found)

    return loop


class Form(NamedTuple):
    """How a batch lies in memory, and how a traced function is evaluated on one."""

    batch: Callable[[Any], Value]  # from one along the first axis
    evaluate: Callable[[Function, Sequence[Value], int], list[Value]]
    unbatch: Callable[[Any, Any], Any]  # of what is like the second
    unbatch_trace: Callable[[Any], Any]  # of what has the steps in front


def _evaluate_for_one(function: Function, arrays: Sequence[Any]) -> list[Any]:
    alike = [Value(array, False) for array in arrays]
    return [value.array for value in batch_last.evaluate(function, alike, 1)]


def _evaluate_by_vmap(function: Function, values: Sequence[Value], size: int) -> list[Value]:
    def one(*arrays: Any) -> list[Any]:
        return _evaluate_for_one(function, arrays)

    axes = [0 if value.varies else None for value in values]
    found = jax.vmap(one, in_axes=axes, axis_size=size)(*(value.array for value in values))
    return [Value(array, True) for array in found]


_LAST = Form(
    batch_last.batch,
    batch_last.evaluate,
    batch_last.unbatch,
    lambda array: jnp.moveaxis(array, -1, 0),
)
_FIRST = Form(
    lambda array: Value(array, True),
    _evaluate_by_vmap,
    lambda array, like: array,
    lambda array: jnp.moveaxis(array, 1, 0),
)


def _batch(
    body: Function,
    fixed: list[Value],
    begin: list[Any],
    numbers: jax.Array,
    size: int,
    form: Form,
    enough: Enough | None,
) -> tuple[list[Any], list[Any]]:
    """What is carried in the end, and the trace, `[step, ...]`."""
    parts = _apart(body, [value.varies for value in fixed], len(begin))
    known = [*fixed, *form.evaluate(parts.once, fixed, size)]

    def ahead(step: jax.Array) -> list[Any]:
        found = form.evaluate(parts.ahead, [*known, Value(step, False)], size)
        return [value.array for value in found]

    def one(carry: Any, step: jax.Array) -> Any:
        leaves, made = carry
        varying = [Value(array, True) for array in (*made, *leaves)]
        found = form.evaluate(parts.rest, [*known, *varying, Value(step, False)], size)
        pairs = zip(found, body.gives, strict=True)
        arrays = [batch_last.full(value, variable.aval, size) for value, variable in pairs]
        after = _zero([arrays[leaf] for leaf in parts.last])
        return (arrays[: len(leaves)], ahead(step + 1 + after)), arrays[len(leaves) :]

    def enough_for_all(trace: list[Any], made: jax.Array) -> jax.Array:
        assert enough
        each = [form.unbatch_trace(array) for array in trace]
        return jnp.all(jax.vmap(enough, in_axes=(0, None))(each, made))

    start = begin, ahead(jnp.zeros((), jnp.int32))
    (end, _), trace = _repeat(one, start, numbers, enough_for_all if enough else None)
    return end, trace


def _repeat(
    one: Body, start: Any, numbers: jax.Array, enough: Enough | None
) -> tuple[Any, list[Any]]:
    """`jax.lax.scan`, which ends when the steps are enough."""
    if enough is None:
        return jax.lax.scan(one, start, numbers)
    steps = len(numbers)
    _, row = jax.eval_shape(one, start, numbers[0])
    empty = [jnp.zeros((steps, *array.shape), array.dtype) for array in row]

    def goes_on(state: tuple[jax.Array, Any, list[Any]]) -> jax.Array:
        made, _, trace = state
        asked = made % _LOOK_EVERY == 0
        found = jax.lax.cond(asked, enough, lambda *_: jnp.zeros((), bool), trace, made)
        return (made < steps) & ~found

    def step(state: tuple[jax.Array, Any, list[Any]]) -> tuple[jax.Array, Any, list[Any]]:
        made, carry, trace = state
        carry, row = one(carry, made)
        pairs = zip(trace, row, strict=True)
        put = jax.lax.dynamic_update_index_in_dim
        return made + 1, carry, [put(whole, array, made, 0) for whole, array in pairs]

    _, end, trace = jax.lax.while_loop(goes_on, step, (jnp.zeros_like(numbers[0]), start, empty))
    return end, trace


def _zero(arrays: list[Any]) -> jax.Array:
    """0, which XLA does not know: what is computed from it comes after what made the arrays.

    So the numbers of the next step can take the place in memory of those that were used.
    """
    none = jnp.int32(0)
    firsts = (array.reshape(-1)[0].astype(jnp.int32) for array in arrays)
    return sum((jax.lax.clamp(none, first, none) for first in firsts), none)


class Parts(NamedTuple):
    """The body of a loop as three functions.

    `once` takes what is fixed; `ahead` that, what `once` gives, and the step; `rest` what is fixed,
    what `once` gives, what `ahead` gives, what is carried, and the step. `last` are the leaves of
    what is carried for which it used what `ahead` gave.
    """

    once: Function
    ahead: Function
    rest: Function
    last: list[int]


_VIEWS = {"reshape", "slice", "squeeze"}


def _apart(body: Function, varies: Sequence[bool], carried: int) -> Parts:
    """The body in parts; what is the same for all runs is in each of them, for it costs nothing."""
    fixed, step = list(body.takes[: len(varies)]), body.takes[-1]
    carry = list(body.takes[len(varies) : -1])
    same = {variable for variable, varying in zip(fixed, varies, strict=True) if not varying}
    told, once, ahead = {step}, {*fixed} - same, set[Any]()  # told: the same, and of the step
    seen = set[Any]()  # views of what is made ahead, which are taken where they are used
    operations: list[list[Any]] = [[], [], []]
    for operation in body.operations:
        read = {atom for atom in operation.invars if not isinstance(atom, Literal)}
        viewed = ahead | seen if operation.primitive.name in _VIEWS else set[Any]()
        for takes, made, places in (
            (same, same, (0, 1, 2)),
            (same | told, told, (1, 2)),
            (same | once, once, (0,)),
            (viewed, seen, (1, 2)),
            (same | told | once | ahead | seen, ahead, (1,)),
            (read, set[Any](), (2,)),
        ):
            if read <= takes:
                made.update(operation.outvars)
                for place in places:
                    operations[place].append(operation)
                break
    made_ahead = _passed(operations[2], body.gives, ahead)
    made_once = _passed(operations[1] + operations[2], body.gives, once - {*fixed})
    known = [*fixed, *made_once]
    return Parts(
        Function(fixed, operations[0], made_once),
        Function([*known, step], operations[1], made_ahead),
        Function([*known, *made_ahead, *carry, step], operations[2], body.gives),
        _users(operations[2], body.gives[:carried], {*made_ahead}),
    )


def _passed(readers: Sequence[Any], gives: Sequence[Any], made: set[Any]) -> list[Any]:
    """The variables among those made that later operations read or the body gives."""
    read = [*(atom for operation in readers for atom in operation.invars), *gives]
    return list(dict.fromkeys(x for x in read if not isinstance(x, Literal) and x in made))


def _users(operations: Sequence[Any], gives: Sequence[Any], made: set[Any]) -> list[int]:
    """Which of the results use what was made."""
    for operation in operations:
        if any(not isinstance(atom, Literal) and atom in made for atom in operation.invars):
            made.update(operation.outvars)
    return [place for place, x in enumerate(gives) if not isinstance(x, Literal) and x in made]
