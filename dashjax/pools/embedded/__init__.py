"""The pool that comes with the package."""
