"""The whole of a choice: a target and candidates in, what to take and what that adds out."""
