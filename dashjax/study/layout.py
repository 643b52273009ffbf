"""Where a study's datasets live in the arrays of a belief, so that newcomers find room."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashjax.pools.grouping import Grouping


class Layout(NamedTuple):
    """The grouping that a belief is built for, and the arm of each dataset in it.

    Arms beyond the datasets are room for newcomers; they are never available.
    """

    grouping: Grouping
    arm: np.ndarray  # [dataset]

    @property
    def arms(self) -> int:
        """Number of arms, with those that are only room."""
        return self.grouping.arms

    def spread(self, values: Sequence, otherwise: float | bool) -> np.ndarray:
        """Values `[dataset]` as `[arm]`."""
        dtype = bool if isinstance(otherwise, bool) else np.float32
        placed = np.full(self.arms, otherwise, dtype)
        placed[self.arm] = values
        return placed


def layout(groups: Sequence[str], *, as_created: bool) -> Layout:
    """The layout of datasets in these groups.

    The datasets that a study began with lie as they came, so that it does what a simulation of the
    same pool does. As soon as one has joined, or moved to another group, groups and places in each
    are rounded up to powers of two: what is compiled then serves until a number has doubled.

    Args:
        groups: the group of each dataset, in the order in which they came.
        as_created: whether they are those that the study began with, in their groups.
    """
    names = tuple(dict.fromkeys(groups))
    number = {name: place for place, name in enumerate(names)}
    group = np.array([number[name] for name in groups], np.int64)
    if as_created:
        return Layout(Grouping(tuple(group.tolist()), _unnamed(len(names))), np.arange(len(groups)))
    slot = np.zeros(len(groups), np.int64)
    seen = [0] * len(names)
    for place, of in enumerate(group):
        slot[place] = seen[of]
        seen[of] += 1
    width, rows = _power_of_two(max(seen)), _power_of_two(len(names))
    padded = tuple(np.repeat(np.arange(rows), width).tolist())
    return Layout(Grouping(padded, _unnamed(rows)), group * width + slot)


def _unnamed(groups: int) -> tuple[str, ...]:
    """Names that say nothing, so that studies of one shape share what is compiled."""
    return tuple(map(str, range(groups)))


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
