"""How many runs are computed at a time, and how they are handed over.

Seeds come in blocks of one size. In a round every device of every host computes a few blocks; two
rounds are in memory at a time.
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.engine import hosts

BLOCK = 512  # seeds that run together on a device, in pools that are not large
_ENDING = 64  # the same where runs end when stopped: a block ends with its slowest run
_MOST_STATE = 1 << 21  # seeds times arms of a block: about what a core's caches hold
_MOST_TOUCHED = 1 << 17  # numbers that a block reads and writes anew in every step
_MOST_TOUCHED = 1 << 17  # numbers that a block reads and writes anew in every step
_LEAST_ROUNDS = 16  # of a long sweep, for its progress
_MOST_BLOCKS, _MOST_NUMBERS = 16, 1 << 22  # of a device's round: blocks, and numbers kept of them
_MOST_AT_ONCE = 1024, 1 << 27  # the same where the blocks are computed side by side


class Rounds(NamedTuple):
    """The runs of a sweep: how many, in a block, and blocks of a host's round."""

    seeds: int
    size: int
    blocks: int

    @property
    def width(self) -> int:
        """Runs of a host's round."""
        return self.blocks * self.size

    def numbers(self, first: int) -> np.ndarray:
        """The runs of a host's round from `first` on, `[block, seed]`."""
        runs = np.arange(first, first + self.width, dtype=np.uint32)
        return runs.reshape(self.blocks, self.size)


def rounds_of(steps: int, arms: int, seeds: int, *, ends_early: bool, touched: int = 0) -> Rounds:
    """So many blocks in a round that a long sweep has 16 rounds, up to what memory bears.

    Args:
        steps: of each run; a number is kept of each.
        arms: numbers of a run's state.
        seeds: how many runs.
        ends_early: whether runs may end before the last step.
        touched: numbers of a run's state that every step reads and writes anew.
    """
    devices = jax.local_device_count()
    size = block_size(arms, ends_early=ends_early, touched=touched)
    wanted = seeds // (size * devices * hosts.count() * _LEAST_ROUNDS)
    most, numbers = _MOST_AT_ONCE if at_once() else (_MOST_BLOCKS, _MOST_NUMBERS)
    room = numbers // (size * (steps + arms))
    return Rounds(seeds, size, max(1, min(wanted, most, room)) * devices)


def block_size(arms: int, *, ends_early: bool, touched: int = 0) -> int:
    """How many seeds run together on a device: fewer where caches would overflow."""
    size = _ENDING if ends_early else BLOCK
    while size > 1 and (size * arms > _MOST_STATE or size * touched > _MOST_TOUCHED):
        size //= 2
    return size


def at_once() -> bool:
    """Whether a device computes its blocks side by side: one that is no CPU.

    On a CPU one after another is the quicker way, for each stays in the caches.
    """
    return jax.default_backend() != "cpu"


def in_turn(
    block: Callable[[Any, Any], Any], numbers: jax.Array, seeds: jax.Array, given: Any
) -> Any:
    """Each block's results, `[block, ...]`; 0 where a block begins beyond the last of the seeds.

    As XLA does not know how many blocks there are, it keeps the loop, even of one block; and
    compiles all of it as one function where loops are compiled whole (see `devices`): more quickly.
    Nor does it take out of the loop what is the same for all blocks, as it would by itself: of that
    it would make dozens of small functions.

    Args:
        block: one block's results, for its numbers and what is given.
        numbers: of runs that follow one another, `[block, seed]`.
        seeds: how many runs are wanted, from number 0.
        given: what is the same for all blocks.
    """
    shapes = jax.eval_shape(block, numbers[0], given)
    empty = jax.tree.map(lambda x: jnp.zeros((len(numbers), *x.shape), x.dtype), shapes)
    size = np.uint32(numbers.shape[1])

    def with_one_more(place: jax.Array, found: Any) -> Any:
        put = functools.partial(jax.lax.dynamic_update_index_in_dim, index=place, axis=0)
        # as if what is given were another with each block: so it is not taken out
        place, inside = jax.lax.optimization_barrier((place, given))
        return jax.tree.map(put, found, block(numbers[0] + place.astype(jnp.uint32) * size, inside))

    wanted = jnp.sum(numbers[:, 0] < seeds, dtype=jnp.int32)
    return jax.lax.fori_loop(0, wanted, with_one_more, empty)


def handed_over(rounds: Rounds, compute: Callable[[np.ndarray], Any]) -> Iterator[Any]:
    """What was computed for every run, a block at a time, in order, as NumPy arrays `[seed, ...]`.

    Args:
        rounds: which runs.
        compute: gives arrays `[block, ..., seed]` for the numbers `[block, seed]` of some runs,
            and need not wait until they are computed.

    Raises:
        InputError: if another host fails.
    """
    firsts = range(0, rounds.seeds, rounds.width * hosts.count())

    def begun(first: int) -> Any:
        return compute(rounds.numbers(first + rounds.width * hosts.number()))

    # the next round is computed while this one is looked at
    for first, mine in zip(firsts, _one_ahead(map(begun, firsts)), strict=True):
        starts = range(first, rounds.seeds, rounds.width)  # a host past the end has but filling
        for start, share in zip(starts, hosts.gather(mine), strict=False):
            yield from _cut(share, min(rounds.width, rounds.seeds - start))


def _one_ahead(items: Iterator[Any]) -> Iterator[Any]:
    """The same items, each taken when the one before it is given."""
    waiting = list(itertools.islice(items, 1))
    for item in items:
        waiting.append(item)
        yield waiting.pop(0)
    yield from waiting


def _cut(share: Any, wanted: int) -> Iterator[Any]:
    """The blocks of a host's round, without runs beyond the first `wanted`."""
    leaves, tree = jax.tree.flatten(share)
    for block in zip(*map(_blocks, leaves), strict=True):
        fields = [np.moveaxis(field, -1, 0)[:wanted] for field in block]
        yield jax.tree.unflatten(tree, fields)
        wanted -= len(fields[0])
        if not wanted:
            return


def _blocks(field: Any) -> list[np.ndarray]:
    """Each block of a field, from where its device left it: so they need not be copied together."""
    if isinstance(field, np.ndarray) or field.is_fully_replicated:
        return list(np.asarray(field))
    return [block for shard in field.addressable_shards for block in np.asarray(shard.data)]
