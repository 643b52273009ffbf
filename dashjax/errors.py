"""The one error that is the user's to mend."""


class InputError(Exception):
    """A mistake in what was asked for: one sentence saying what, where and how to mend it.

    The command line prints the sentence and exits with 2; nothing on disk has changed.
    """
