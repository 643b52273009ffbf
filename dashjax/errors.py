"""The one error that is the user's to mend."""

from collections.abc import Iterable


class InputError(Exception):
    """A mistake in what was asked for: one sentence saying what, where and how to mend it.

    The command line prints the sentence and exits with 2; nothing on disk has changed.

    Example:
        >>> import dashjax as dj
        >>> try:
        ...     dj.method("dahs")
        ... except dj.InputError as error:
        ...     print(str(error)[:21])
        unknown method 'dahs'
    """


def closest(name: str, known: Iterable[str]) -> str:
    """' (did you mean ...?)' for a name that is not among those known; nothing if none is like."""
    import difflib

    found = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean '{found[0]}'?)" if found else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The mistake of a name that is not among those known."""
    known = list(known)
    return InputError(
        f"unknown {kind} '{name}'{closest(name, known)}; choose from {', '.join(known)}"
    )


def check_seed(seed: int) -> None:
    """Refuses a seed that JAX could not tell from another.

    Raises:
        InputError: if it is negative or has more than 32 bits.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed is {seed}; give 0 to {2**32 - 1}")
