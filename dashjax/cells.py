"""Arrays taken apart into their elements.

An element is a vector with a number for each of some runs, or one number, the same for all of them;
that of an array of keys is the tuple of the key's words.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dashjax import side_by_side


class Cells(NamedTuple):
    """An array as its elements, in the order of rows."""

    shape: tuple[int, ...]
    cells: list[Any]


class Table(NamedTuple):
    """A vector that stays in memory, of which elements are read: `read(places)`."""

    shape: tuple[int, ...]
    read: Callable[[Any], Any]


Held = Cells | Table | np.ndarray  # the last: a constant, known while tracing


def cells_of(held: Held) -> list[Any]:
    """The elements."""
    assert not isinstance(held, Table)
    return held.cells if isinstance(held, Cells) else list(held.reshape(-1))


def words_of(held: Held) -> list[Any]:
    """The elements as they lie in memory: keys are their words."""
    cells = cells_of(held)
    keys = bool(cells) and isinstance(cells[0], tuple)
    return list(itertools.chain(*cells)) if keys else cells


def from_words(words: list[Any], like: Any) -> Cells:
    """Elements as they lie in memory, of what is like a variable or its type."""
    if not side_by_side.is_key(like):
        return Cells(like.shape, words)
    each = side_by_side.words_in(like)
    starts = range(0, len(words), each)
    return Cells(like.shape, [tuple(words[start : start + each]) for start in starts])


def full(element: Any, shape: tuple[int, ...]) -> Any:
    """The element in that shape, also if it is the same for all runs."""
    if jnp.shape(element) == shape:
        return element
    return jax.lax.broadcast_in_dim(element, shape, ())
