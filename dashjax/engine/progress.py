"""Progress callbacks: what long work is told to report to."""

from collections.abc import Callable

Advance = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


def silent(what: str, done: int, total: int) -> None:
    """Says nothing."""
