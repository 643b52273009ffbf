"""RS2: a fresh random subset in every epoch."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from dashjax.baselines.dynamic.contract import (
    Choice,
    Chooser,
    Epoch,
    check_samples,
    check_share,
)


def rs2(samples: int, share: float, *, replacement: bool = False) -> Chooser:
    """A chooser of random subsets, each of `share` of the samples, rounded up.

    Args:
        samples: how many there are.
        share: of them that an epoch trains on.
        replacement: every epoch draws from all. Without, all samples are shuffled, epochs take one
            part after another, and when all were taken they are shuffled anew; so any
            ceil(1 / share) epochs from a shuffle on see every sample. The last part of a shuffle
            is filled up with its first samples.

    Raises:
        InputError: if there are no samples, or the share is not above 0 and at most 1.

    Source: Okanovic et al., Repeated random sampling for minimizing the time-to-accuracy of
    learning, ICLR 2024, algorithm 1.

    Example:
        >>> import dashjax as dj
        >>> chooser = dj.baselines.rs2(samples=1000, share=0.1)
    """
    check_samples(samples)
    check_share("share", share)
    size = min(samples, math.ceil(samples * share - 1e-9))
    parts = 1 if replacement else math.ceil(samples / size)

    def choose(key: Key[Array, ""], epoch: Epoch) -> tuple[Choice, Key[Array, ""]]:
        shuffle, part = jnp.divmod(jnp.asarray(epoch, jnp.int32), jnp.int32(parts))
        order = jax.random.permutation(jax.random.fold_in(key, shuffle), samples)
        places = (part * size + jnp.arange(size, dtype=jnp.int32)) % samples
        return Choice(order[places].astype(jnp.int32), jnp.ones(size, jnp.float32)), key

    return Chooser(lambda key: key, choose, lambda key, choice, losses: key)
