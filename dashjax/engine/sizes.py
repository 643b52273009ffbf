"""How much memory there is, and large numbers in words: for estimates made before work starts."""

import math
import os


def machine_memory() -> int | None:
    """Bytes of this machine's memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def in_words(number: int) -> str:
    """A whole number with commas; a very large one by its power of ten."""
    return f"{number:,}" if abs(number) < 10**15 else f"{_sign(number)}10^{_power(number)}"


def _sign(number: int) -> str:
    return "-" if number < 0 else ""


def _power(number: int) -> int:
    """The power of ten just below; Python writes out no number of more than 4,300 digits."""
    return math.floor(math.log10(abs(number)) + 1e-12)
