"""What a database refuses, in one sentence that says how to mend it."""

from sqlalchemy import exc

from dashjax.errors import InputError

_SENTENCES = {  # what the database says, and what is to be said
    "readonly database": "{name} is read-only; give yourself the right to write it, or copy it",
    "disk is full": "the disk with {name} is full; nothing was written: make room and try again",
    "file is not a database": "{name} is not a file of studies; give another path",
    "database is locked": "{name} was held by another program for too long; try again",
    "unable to open database": "{name} cannot be opened; check the path and your rights to it",
    "disk image is malformed": "{name} is damaged; take a copy of it from before",
    "disk i/o error": "{name} cannot be read or written: the disk reports an error",
    "password authentication failed": "{name} refuses the password; check user and password",
    "no password supplied": "{name} asks for a password; give it in the URL",
    "does not exist": "{name} is not there; check the names of database and user in the URL",
    "permission denied": "{name} is not yours to write; ask for the right to do so",
    "resolve host": "the host of {name} is not known; check the URL",
    "name or service not known": "the host of {name} is not known; check the URL",
    "nodename nor servname": "the host of {name} is not known; check the URL",
    "connection refused": "no server answers at {name}; start it, or check host and port",
    "timeout expired": "no server answers at {name}; check host and port",
}

_AWAY = (
    "connection refused",
    "starting up",
    "shutting down",
    "accepting connections",  # with "not" or "not yet" before it
    "in recovery mode",
    "crash of another server process",
    "terminating connection",
    "server closed the connection",
    "connection is lost",
    "no such file or directory",  # of a socket
)


def went_away(error: exc.SQLAlchemyError) -> bool:
    """Whether a server cannot be reached just now, or has begun to end or to start."""
    if not isinstance(error, exc.DBAPIError) or type(error.orig).__module__ == "sqlite3":
        return False
    said = str(error.orig).lower()
    return error.connection_invalidated or any(words in said for words in _AWAY)


def refusal(error: exc.SQLAlchemyError, name: str) -> InputError:
    """The sentence for what a database refused."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())
    for words, sentence in _SENTENCES.items():
        if words in said.lower():
            return InputError(sentence.format(name=name))
    return InputError(f"{name} cannot be used: {said}")
