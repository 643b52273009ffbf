"""The one error that is the user's to mend."""


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


def check_seed(seed: int) -> None:
    """Refuses a seed that JAX could not tell from another.

    Raises:
        InputError: if it is negative or has more than 32 bits.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed is {seed}; give 0 to {2**32 - 1}")
