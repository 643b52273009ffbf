"""When to stop: rules, and how they are written."""
