"""Where a prior comes from."""
