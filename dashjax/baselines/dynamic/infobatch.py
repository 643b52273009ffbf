"""InfoBatch: some of what is learned well is left out, and the rest of it counts more."""

import math

import jax
import jax.numpy as jnp

from dashjax.baselines.dynamic.contract import (
    Choice,
    Chooser,
    Epoch,
    Losses,
    check_epochs,
    check_samples,
    check_share,
    no_losses,
    seen,
    shuffled,
)


def infobatch(
    samples: int, epochs: int, *, pruned: float = 0.5, pruned_until: float = 0.875
) -> Chooser:
    """A chooser that leaves out samples by chance, of those whose loss is below the mean.

    Each of them is kept with probability 1 - `pruned` and then has the weight 1 / (1 - `pruned`);
    all others are kept with weight 1. So the expected gradient of an epoch is that of all samples.

    Args:
        samples: how many there are.
        epochs: of the whole training.
        pruned: probability with which a sample of low loss is left out.
        pruned_until: share of the epochs after which all samples are trained on.

    Raises:
        InputError: if there are no samples or epochs, or a share is none.

    Source: Qin et al., InfoBatch: lossless training speed up by unbiased dynamic data pruning,
    ICLR 2024, equations 2 to 5; the shares are its defaults.

    Example:
        >>> import dashjax as dj
        >>> chooser = dj.baselines.infobatch(samples=1000, epochs=20)
    """
    check_samples(samples)
    check_epochs(epochs)
    check_share("pruned", pruned, none=True, all_=False)
    check_share("pruned_until", pruned_until, none=True)

    until = math.floor(pruned_until * epochs)  # epochs

    def choose(state: Losses, epoch: Epoch) -> tuple[Choice, Losses]:
        for_pruning, for_order = jax.random.split(jax.random.fold_in(state.key, epoch))
        least = state.last.min()  # counted from, so that rounding puts no mean above equal losses
        low = (state.last - least < (state.last - least).mean()) & (epoch < until)
        stays = jax.random.uniform(for_pruning, (samples,)) >= pruned
        weights = jnp.where(low, jnp.float32(1 / (1 - pruned)), 1.0)
        return shuffled(for_order, ~low | stays, weights), state

    return Chooser(lambda key: no_losses(key, samples), choose, seen)
