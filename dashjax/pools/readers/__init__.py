"""One file for each form in which a pool may lie on disk."""
