"""How much memory there is, and large numbers in words: for estimates made before work starts."""

import math
import os

from dashjax.errors import InputError


def machine_memory() -> int | None:
    """Bytes of this machine's memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def check_memory(needed: int, what: str, mend: str) -> None:
    """Refuses work that this machine's memory cannot hold.

    Args:
        needed: bytes, rather too few than too many.
        what: would take them, in words.
        mend: what to ask for instead.

    Raises:
        InputError: with the estimate.
    """
    have = machine_memory()
    if have is not None and needed > have:
        raise InputError(
            f"{what} would take at least {in_words(needed // 10**9)} GB of memory, and this "
            f"machine has {have // 10**9:,} GB; {mend}"
        )


def in_words(number: int) -> str:
    """A whole number with commas; a very large one by its power of ten."""
    return f"{number:,}" if abs(number) < 10**15 else f"{_sign(number)}10^{_power(number)}"


def _sign(number: int) -> str:
    return "-" if number < 0 else ""


def _power(number: int) -> int:
    """The power of ten just below; Python writes out no number of more than 4,300 digits."""
    return math.floor(math.log10(abs(number)) + 1e-12)
