"""Common-subexpression elimination of a traced function.

XLA does the same, but after the loop has been taken apart: by then what a step draws twice from one
key is carried twice from step to step.
"""

from collections.abc import Hashable
from typing import Any

import numpy as np
from jax.extend.core import Literal

from dashjax.engine.batch_last import Function


def eliminate(function: Function) -> Function:
    """The same function, in which no operation repeats an earlier one.

    Operations with effects, or with parameters that cannot be compared, stay as they are.
    """
    instead: dict[Any, Any] = {}  # a variable that is not made, and the one that it equals
    made: dict[Hashable, Any] = {}

    def read(atom: Any) -> Any:
        return atom if isinstance(atom, Literal) else instead.get(atom, atom)

    operations = []
    for operation in function.operations:
        operation = operation.replace(invars=[read(atom) for atom in operation.invars])
        name = _name(operation)
        if name in made:
            instead.update(zip(operation.outvars, made[name], strict=True))
            continue
        operations.append(operation)
        if name is not None:
            made[name] = operation.outvars
    return Function(function.takes, operations, [read(atom) for atom in function.gives])


def _name(operation: Any) -> Hashable:
    """Equal for operations that give the same; None where that is not known."""
    if operation.effects:
        return None
    parameters = tuple(sorted(operation.params.items()))
    read = tuple(
        (atom.aval, np.asarray(atom.val).tobytes()) if isinstance(atom, Literal) else atom
        for atom in operation.invars
    )
    name = operation.primitive, read, parameters, tuple(x.aval for x in operation.outvars)
    try:
        hash(name)
    except TypeError:
        return None
    return name
