"""The generator: Threefry-2x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

A keyed, counter-based function: number n of a stream is computed from the stream's key and n alone,
so that a run's numbers do not depend on what runs beside it. Thirteen rounds are the fewest that
pass BigCrush; twenty are the authors' choice with a margin, and what JAX has.

JAX's own version runs its rounds in a loop, which a CPU cannot vectorise over runs; here they are
written out. Keys made by `key` work in all of `jax.random`, and any other key works in dashjax.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl
from jaxtyping import Array, Key, UInt32

ROUNDS = 13
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = np.uint32(0x1BD11BDA)
_MOST = 2**30  # numbers of one key; the two bits above say what else a counter serves
_FEW = 64  # numbers, which are a constant of the program
_CHILDREN, _FOLDED = np.uint32(1 << 30), np.uint32(2 << 30)

Words = tuple[UInt32[Array, "..."], UInt32[Array, "..."]]


def key(seed: int, rounds: int = ROUNDS) -> Key[Array, ""]:
    """The key of a seed, 0 to 2^32 - 1; `rounds` is 13 or 20."""
    words = jnp.asarray(np.array([0, seed, 0], np.uint32))  # as `_implementation` has them
    return jax.random.wrap_key_data(words, impl=_IMPLEMENTATIONS[rounds])


@functools.partial(jax.jit, static_argnames="rounds", inline=True)  # so it is traced but once
def threefry(words: Words, counter: Words, rounds: int) -> Words:
    """The block function: two words from a key's two words and a counter's two."""
    keys = (*words, words[0] ^ words[1] ^ _PARITY)
    left, right = counter[0] + keys[0], counter[1] + keys[1]
    for turn in range(rounds):
        by = _ROTATIONS[turn % 8]
        left = left + right
        right = (right << np.uint32(by)) | (right >> np.uint32(32 - by))
        right = right ^ left
        if turn % 4 == 3:
            injection = turn // 4 + 1
            left = left + keys[injection % 3]
            # what is the same in every step is added first, and so but once
            right = right + (keys[(injection + 1) % 3] + np.uint32(injection))
    return left, right


def _implementation(rounds: int) -> object:
    """JAX's interface to a generator; a key is two words, and the number last folded into it.

    That number takes part as one word of the counter, and is hashed only when another is folded in.
    So in a loop `fold_in(key, step)` costs nothing: what must be hashed is the same in every step.
    """

    def apply(data: Array, first: Any) -> Words:
        return threefry((data[0], data[1]), (first, jnp.full_like(first, data[2])), rounds)

    def seeded(seed: Any) -> Array:
        number = jnp.asarray(seed).astype(jnp.uint32)
        zero = jnp.zeros_like(number)
        return jnp.stack([zero, number, zero])

    def split(data: Array, shape: tuple[int, ...]) -> Array:
        left, right = apply(data, _numbers(shape) | _CHILDREN)
        return jnp.stack([left, right, jnp.zeros_like(left)], axis=-1)

    def random_bits(data: Array, width: int, shape: tuple[int, ...]) -> Array:
        left, right = apply(data, _numbers(shape))
        if width < 64:
            return left.astype(f"uint{width}")
        return (left.astype("uint64") << np.uint64(32)) | right.astype("uint64")

    def fold_in(data: Array, number: Any) -> Array:
        folded = apply(data, jnp.asarray(_FOLDED))
        return jnp.stack([*folded, jnp.asarray(number).astype(jnp.uint32)])

    return define_prng_impl(
        key_shape=(3,),
        seed=seeded,
        split=split,
        random_bits=random_bits,
        fold_in=fold_in,
        name=f"threefry2x32_{rounds}",
        tag=f"tf{rounds}",
    )


def _numbers(shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """0, 1, 2, ... in that shape."""
    count = int(np.prod(shape, dtype=np.int64))
    if count > _MOST:
        raise ValueError(f"{count} numbers of one key; draw at most {_MOST}, and split the key")
    if count <= _FEW:  # XLA would make a function of its own for them
        return jnp.asarray(np.arange(count, dtype=np.uint32).reshape(shape))
    return jax.lax.iota(jnp.uint32, count).reshape(shape)


_IMPLEMENTATIONS: dict[int, Any] = {rounds: _implementation(rounds) for rounds in (ROUNDS, 20)}
