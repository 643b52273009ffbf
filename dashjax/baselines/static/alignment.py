"""Which datasets would move the local model in the target's direction."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from dashjax.errors import InputError

_ROWS = 256  # samples in one gradient

Logits = Callable[[Any, Any], Float[Array, "sample class"]]


def gradient_alignment(
    logits: Logits,
    parameters: Any,
    data: tuple[ArrayLike, ArrayLike],
    datasets: Sequence[ArrayLike],
    target: ArrayLike,
) -> np.ndarray:
    """Cosine of each dataset's mean gradient with the target's, at the local model.

    One pass through each dataset and no training: a step on a dataset with a cosine near 1 lowers
    the target's loss most for its length.

    Args:
        logits: `logits(parameters, inputs)` gives `[sample, class]`.
        parameters: of the local model.
        data: inputs `[sample, ...]` and labels `[sample]`, whole numbers from 0.
        datasets: the rows of each dataset.
        target: the rows of the target's local examples.

    Returns:
        `[dataset]` cosines from -1 to 1; 0 where a gradient vanishes.

    Raises:
        InputError: if rows are empty, labels hold a single class, or a gradient is not finite.

    Source: the score by influence of a single step, as in Pruthi et al., Estimating training data
    influence by tracing gradient descent, NeurIPS 2020, equation 1, for means and normalised.

    Example:
        >>> import dashjax as dj, jax.numpy as jnp, numpy as np
        >>> inputs, labels = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])
        >>> rows = [np.array([0, 1]), np.array([2, 3])]
        >>> start = jnp.zeros((4, 2))
        >>> dj.baselines.gradient_alignment(
        ...     lambda w, x: x @ w, start, (inputs, labels), rows, rows[0]
        ... ).round(3).tolist()
        [1.0, 0.0]
    """
    inputs, labels = data
    if len(np.unique(labels)) < 2:
        raise InputError("labels hold a single class; a gradient tells nothing then, give two")
    of = _mean_gradient(logits, parameters, jnp.asarray(inputs), jnp.asarray(labels, jnp.int32))
    towards = of("the target", target)
    slopes = np.stack([of(f"dataset {place}", rows) for place, rows in enumerate(datasets)])
    lengths = np.linalg.norm(slopes, axis=1) * np.linalg.norm(towards)
    return np.divide(slopes @ towards, lengths, out=np.zeros(len(slopes)), where=lengths > 0)


def _mean_gradient(
    logits: Logits, parameters: Any, inputs: Array, labels: Array
) -> Callable[[str, ArrayLike], np.ndarray]:
    """A function that gives the mean gradient over rows as one vector, in double precision."""

    def loss(at: Any, rows: Array, inputs: Array, labels: Array) -> Float[Array, ""]:
        each = optax.softmax_cross_entropy_with_integer_labels(
            logits(at, inputs[rows]), labels[rows]
        )
        return jnp.where(rows >= 0, each, 0).sum()

    slope = jax.jit(jax.grad(loss))

    def of(what: str, some: ArrayLike) -> np.ndarray:
        rows = np.asarray(some, np.int32)
        if not len(rows):
            raise InputError(f"{what} has no samples; leave it out or add some")
        filled = np.pad(rows, (0, -len(rows) % _ROWS), constant_values=-1)
        total = 0.0
        for block in filled.reshape(-1, _ROWS):
            leaves = jax.tree.leaves(slope(parameters, block, inputs, labels))
            total = total + np.concatenate([np.ravel(leaf) for leaf in leaves], dtype=np.float64)
        if not np.isfinite(total).all():
            raise InputError(f"the gradient of {what} is not finite; look at its inputs")
        return np.asarray(total / len(rows))

    return of
