"""Distances between samples, and how far each is from what was picked.

The latter is brought up to date for a block of picks at a time: one pick after another would read
all features for each, and a block of picks is one matrix product.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_ROWS = 8192  # samples in one product, so that memory does not grow with their number
_WIDTHS = (1, 8, 32, 128, 256)  # picks in one product; each compiles once
MOST_PICKS = _WIDTHS[-1]


def squared_distances(
    these: Float[Array, "one feature"], those: Float[Array, "other feature"]
) -> Float[Array, "one other"]:
    """Squared Euclidean distances in double precision; 0 where there is but noise of rounding.

    By |x|^2 - 2 x.y + |y|^2, that is, by one matrix product.
    """
    these, those = these.astype(jnp.float64), those.astype(jnp.float64)
    lengths = (these**2).sum(1)[:, None] + (those**2).sum(1)[None, :]
    squares = lengths - 2 * (these @ those.T)
    return jnp.where(squares > 1e-15 * these.shape[1] * lengths, squares, 0.0)


@jax.jit
def _lowered(
    least: Float[Array, " sample"],
    features: Float[Array, "sample feature"],
    picks: Float[Array, "pick feature"],
) -> Float[Array, " sample"]:
    return jnp.minimum(least, squared_distances(features, picks).min(axis=1))


def lower(
    least: np.ndarray, features: np.ndarray, picks: Float[np.ndarray, "pick feature"]
) -> None:
    """Lowers `least[sample]`, in place, to the squared distance to the nearest of the picks.

    Within double precision: call it under `jax.enable_x64(True)`.
    """
    for first in range(0, len(picks), MOST_PICKS):
        some = picks[first : first + MOST_PICKS]
        width = next(width for width in _WIDTHS if width >= len(some))
        filled = np.concatenate([some, np.repeat(some[:1], width - len(some), axis=0)])
        for begin in range(0, len(features), _ROWS):
            part = slice(begin, begin + _ROWS)
            least[part] = _lowered(least[part], features[part], filled)


def distances(
    these: Float[np.ndarray, "one feature"], those: Float[np.ndarray, "other feature"]
) -> Float[np.ndarray, "one other"]:
    """Euclidean distances in double precision.

    For shapes that differ each time, where compiling would not pay.
    """
    these, those = these.astype(np.float64), those.astype(np.float64)
    squares = (these**2).sum(1)[:, None] + (those**2).sum(1)[None] - 2 * these @ those.T
    return np.sqrt(np.maximum(squares, 0))
