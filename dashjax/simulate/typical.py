"""Which of many runs is shown: one that ends when half of them have, and as most of them do."""

from typing import NamedTuple

import numpy as np

_MOST = 4096  # courses kept, at most
_BYTES = 2**26  # that they may take
_NEAR = 0.1  # of the median, within which a run ends as others do


class Course(NamedTuple):
    """What one run pulled, and what came of it; how it ended."""

    arm: np.ndarray  # [step], -1 after the run's end
    reward: np.ndarray  # [step]
    end: int  # the step by which it is judged typical, see `Courses`


class _Kind(NamedTuple):
    """What runs have in common of which one is as good an example as another."""

    end: int
    right: bool
    selection: bytes  # after the last step


class Courses:
    """Keeps the first run of each kind, so that a typical one can be shown afterwards.

    Where a run ends is the step at which its first stop rule ends it or, without one, from which
    its selection is right for good; one more than there are steps if there is none.
    """

    def __init__(self) -> None:
        self._first: dict[_Kind, tuple[np.ndarray, np.ndarray]] = {}

    def add(
        self,
        course: tuple[np.ndarray, ...],
        end: np.ndarray,
        right: np.ndarray,
        selection: np.ndarray,
    ) -> None:
        """Takes in a block of runs, `[seed, ...]`; `right` is whether the selection was, then."""
        packed = np.packbits(selection.astype(bool), axis=1)
        most = min(_MOST, _BYTES // sum(field[0].nbytes for field in course))
        for number, kind in enumerate(zip(end.tolist(), right.tolist(), packed, strict=True)):
            one = _Kind(kind[0], kind[1], kind[2].tobytes())
            if one not in self._first and len(self._first) < max(most, 1):
                arm, reward = (field[number].copy() for field in course)
                self._first[one] = arm, reward

    def typical(self, end: np.ndarray, right: np.ndarray, selection: np.ndarray) -> Course | None:
        """The run that is shown, of all runs, as they were taken in; None if none was.

        Of the runs whose selection is right where they end, if that is so of at least half of all
        (else of the others), those that end within a tenth of the median; of these one that selects
        what most runs select, if there is one; of equals the one that ends nearest to the median,
        and the first.
        """
        if not self._first:
            return None
        middle = float(np.quantile(end, 0.5, method="inverted_cdf"))
        mostly = bool(right.mean() >= 0.5)
        packed = np.packbits(selection.astype(bool), axis=1)
        rows, counts = np.unique(packed, axis=0, return_counts=True)
        usual = rows[counts.argmax()].tobytes()

        def off(kind: _Kind) -> tuple[bool, bool, bool, float]:
            apart = abs(kind.end - middle)
            far = apart > _NEAR * middle
            return kind.right != mostly, far, kind.selection != usual, apart

        best = min(self._first, key=off)
        return Course(*self._first[best], best.end)
