"""Pools with their data: the embedded one, or a folder of the user's own."""

from dashjax.data.embedded import embedded
from dashjax.data.examples import Examples, Target
from dashjax.data.folder import folder
from dashjax.data.load import load, origin, reopen

__all__ = ["Examples", "Target", "embedded", "folder", "load", "origin", "reopen"]
