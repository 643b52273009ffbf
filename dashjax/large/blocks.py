"""Long buffers that are filled from the front, read block by block as far as they are filled.

Within a block everything is elementwise, which vectorises; batched runs read as many blocks as the
fullest of them needs, so that the loop has one bound for all (empty places change nothing).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float, Int

from dashjax.ranking import from_integer, to_integer

BLOCK = 64  # places
_TOLD_APART = 128  # blocks, by the last bits of a value
_LOW = np.int32(_TOLD_APART - 1)
NEVER = np.float32(-1e38)  # below every draw, and finite

Count = Int[Array, ""]
Place = Int[Array, ""]
Block = Int[Array, ""]
Card = Int[Array, ""]
Best = Int[Array, " part"]  # the largest of each place in a block, with the block in its last bits
Positions = Int[Array, "2"]  # of the card that is dealt, and of the one that takes its place
Swaps = Int[Array, "2"]  # places


class Deck(NamedTuple):
    """Cards 0, 1, 2, ... dealt by Fisher and Yates' shuffle, of which only the swaps are kept.

    Deal number n takes the card from `position`, which is n or above, and puts there the card
    that lay at n: `under`.
    """

    position: Int[Array, " place"]
    under: Int[Array, " place"]


class Part(NamedTuple):
    """One block of a buffer: which places it has, and which of them are filled."""

    place: Int[Array, " part"]
    filled: Bool[Array, " part"]
    content: Any


def blocks_for(places: int, after: int = 0) -> range:
    """The blocks that hold so many places, after that many other blocks."""
    return range(after, after - (-places // BLOCK))


def over_blocks(
    buffer: Any,
    blocks: range,
    count: Count,
    visit: Callable[[Any, Block, Part], Any],
    start: Any,
) -> Any:
    """`start` after `visit(carry, block, part)` for each of the blocks that is not empty.

    Filled are the first `count` places of these blocks.
    """
    offset = blocks.start * BLOCK
    # a row of a matrix is read as quickly as a whole array, a slice of a vector is not
    rows = jax.tree.map(lambda field: field.reshape(-1, BLOCK), buffer)

    def one(block: Block, carry: Any) -> Any:
        content = jax.tree.map(
            lambda field: jax.lax.dynamic_index_in_dim(field, block, keepdims=False), rows
        )
        place = block * BLOCK + jnp.arange(BLOCK, dtype=jnp.int32)
        return visit(carry, block, Part(place, place < count + offset, content))

    most = jnp.maximum(_largest_of_batch(count), 0)
    filled = (most + np.int32(BLOCK - 1)) // np.int32(BLOCK)
    end = jnp.minimum(filled + np.int32(blocks.start), np.int32(blocks.stop))
    return jax.lax.fori_loop(np.int32(blocks.start), end, one, start)


def written(
    buffer: Any,
    blocks: range,
    count: Count,
    compute: Callable[[Block, Part], Float[Array, " part"]],
) -> Float[Array, " place"]:
    """A buffer of what `compute(block, part)` gives.

    So that it is computed once: the compiler would do it again for each use.
    """

    def visit(result: Array, block: Block, part: Part) -> Array:
        values = compute(block, part)
        return jax.lax.dynamic_update_slice_in_dim(result, values, block * BLOCK, 0)

    return over_blocks(buffer, blocks, count, visit, jnp.zeros(blocks.stop * BLOCK, jnp.float32))


def best_of(
    buffer: Any,
    blocks: range,
    count: Count,
    draw: Callable[[Block, Part], Float[Array, " part"]],
    deck: Deck,
    positions: Positions,
) -> tuple[Float[Array, ""], Place, Swaps]:
    """The largest of the draws, where it is, and where a deck was last swapped at two positions.

    In one pass. The value is right to 1e-5 of itself, and about `NEVER` if there is none; a place
    is -1 where no swap is found.
    """
    value, place = jnp.full((), NEVER), jnp.zeros((), jnp.int32)
    swaps = jnp.full((2, BLOCK), -1, jnp.int32)
    for first in range(blocks.start, blocks.stop, _TOLD_APART):

        def visit(carry: tuple, block: Block, part: Part, first: int = first) -> tuple:
            (best, swaps), (content, position) = carry, part.content
            values = jnp.where(part.filled, draw(block, part._replace(content=content)), NEVER)
            hit = part.filled[None, :] & (position[None, :] == positions[:, None])
            swaps = jnp.where(hit, part.place[None, :], swaps)
            return jnp.maximum(best, _packed(values, block - first)), swaps

        some = range(first, min(first + _TOLD_APART, blocks.stop))
        rest = count - np.int32((first - blocks.start) * BLOCK)
        start = _packed(jnp.full(BLOCK, NEVER), jnp.zeros((), jnp.int32)), swaps
        best, swaps = over_blocks((buffer, deck.position), some, rest, visit, start)
        more, there = _unpacked(best)
        place = jnp.where(more > value, there + first * BLOCK, place)
        value = jnp.maximum(more, value)
    return value, place, _largest(swaps)


def cards(deck: Deck, positions: Positions, swaps: Swaps) -> tuple[Card, Card]:
    """What lies at two positions now."""
    card, under = jnp.where(swaps < 0, positions, deck.under[jnp.maximum(swaps, 0)])
    return card, under


def _unpacked(best: Best) -> tuple[Float[Array, ""], Place]:
    packed = _largest(best)
    places = np.arange(BLOCK, dtype=np.int32)
    inside = _largest(jnp.where(best == packed, places, 0))
    ordered = (packed & ~_LOW) | np.int32(_TOLD_APART // 2)
    value = from_integer(ordered, jnp.dtype(jnp.float32))
    return value, (packed & _LOW) * BLOCK + inside


def _largest(values: Int[Array, "*shape part"]) -> Int[Array, "*shape"]:
    """The largest of each block; halved first, as up to 32 numbers are reduced at once."""
    half = BLOCK // 2
    return jnp.max(jnp.maximum(values[..., :half], values[..., half:]), axis=-1)


def _packed(values: Float[Array, " part"], block: Block) -> Best:
    return (to_integer(values) & ~_LOW) | block


@custom_vmap
def _largest_of_batch(count: Count) -> Count:
    """The count; under `vmap` the largest of the batch, the same for all."""
    return count


@_largest_of_batch.def_vmap
def _(axis_size: int, in_batched: list[bool], count: Int[Array, "..."]) -> tuple[Array, bool]:
    return _largest_of_batch(jnp.max(count) if in_batched[0] else count), False
