"""Core-sets: the samples that leave no other far away (greedy k-center)."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from dashjax.baselines.static.checks import check_alike, check_budget, checked_features
from dashjax.baselines.static.distances import MOST_PICKS, lower, squared_distances

_CANDIDATES = 512  # the farthest samples, among which a block of picks is made
_EQUAL = 1e-12  # relative; distances that differ by less are equal, but for rounding


def coresets(
    features: ArrayLike, budget: int, *, known: ArrayLike | None = None, seed: int = 0
) -> np.ndarray:
    """Rows picked by greedy k-center, in the order of picking.

    Each pick is the sample that is farthest (Euclidean) from all that is known or picked, the
    first of equals; so the largest distance that is left is at most twice the smallest possible.

    The farthest few hundred samples are compared with each other first. As distances only fall,
    what leads among them leads among all while it stays above the rest; so a block of picks needs
    one pass over the features, and the rows are exactly those of the plain loop.

    Args:
        features: `[sample, feature]`, usually the penultimate layer of the local model.
        budget: how many to pick.
        known: `[sample, feature]` of what one has already, as the local examples. Without, the
            first pick is by chance.
        seed: decides the first pick, where nothing is known.

    Returns:
        `[budget]` int32, without repeats.

    Raises:
        InputError: if the budget is 0 or more than there are, or features are not finite or of
            two lengths.

    Source: Sener and Savarese, Active learning for convolutional neural networks: a core-set
    approach, ICLR 2018, algorithm 1.

    Example:
        >>> import dashjax as dj, numpy as np
        >>> points = np.array([[0.0], [1.0], [9.0], [11.0]])
        >>> dj.baselines.coresets(points, 2, known=points[:1]).tolist()
        [3, 2]
    """
    given = checked_features(features)
    check_budget(budget, len(given))
    with jax.enable_x64(True):
        least = np.full(len(given), np.inf)
        if known is None:
            rows = [int(np.random.default_rng(seed).integers(len(given)))]
            first = given[rows]
        else:
            rows, first = [], checked_features(known, "known")
            check_alike(given, first, "known samples")
        lower(least, given, first)
        least[rows] = -np.inf
        while len(rows) < budget:
            rows += _block(given, least, min(budget - len(rows), MOST_PICKS))
    return np.array(rows, np.int32)


def _block(features: np.ndarray, least: np.ndarray, most: int) -> list[int]:
    """The next few picks; `least` is brought up to date, and -inf for what is picked."""
    candidates, bar = _farthest(least)
    order, count = _among(features[candidates], least[candidates], bar, most)
    picks = candidates[np.asarray(order)[: int(count)]]
    lower(least, features, features[picks])
    least[picks] = -np.inf
    return picks.tolist()


def _farthest(least: np.ndarray) -> tuple[np.ndarray, float]:
    """The farthest samples in rising order of rows, and the farthest that is not among them."""
    if len(least) <= _CANDIDATES:
        return np.arange(len(least)), -np.inf
    bar = float(np.partition(least, -_CANDIDATES - 1)[-_CANDIDATES - 1])
    higher = least > bar * (1 + _EQUAL)
    above = np.flatnonzero(higher)
    level = np.flatnonzero(~higher & (least >= bar * (1 - _EQUAL)))
    return np.sort(np.concatenate([above, level[: _CANDIDATES - len(above)]])), bar


@jax.jit
def _among(
    features: Float[Array, "candidate feature"],
    least: Float[Array, " candidate"],
    bar: float | Float[Array, ""],
    most: int | Int[Array, ""],
) -> tuple[Int[Array, " pick"], Int[Array, ""]]:
    """Greedy picks among candidates while they stay above `bar`, and how many there are.

    The first pick is right whatever the bar; and where nothing but copies of picks is left, all
    distances are 0 and the order is that of the rows.
    """
    apart = squared_distances(features, features)
    only_copies = least.max() <= 0

    def goes_on(state: tuple) -> Bool[Array, ""]:
        _, count, now = state
        leads = (now.max() > bar * (1 + _EQUAL)) | (count == 0) | only_copies
        return (count < most) & leads & (now.max() > -jnp.inf)

    def pick(state: tuple) -> tuple:
        order, count, now = state
        place = jnp.argmax(now >= now.max() * (1 - _EQUAL))
        now = jnp.minimum(now, apart[place]).at[place].set(-jnp.inf)
        return order.at[count].set(place), count + 1, now

    start = (jnp.zeros(MOST_PICKS, jnp.int64), jnp.zeros((), jnp.int64), least)
    order, count, _ = jax.lax.while_loop(goes_on, pick, start)
    return order, count
