"""What we do: rules that pick the next arm to explore."""

from dashjax.policies.thompson import thompson, thompson_by_group
from dashjax.policies.uniform import random, round_robin

__all__ = ["random", "round_robin", "thompson", "thompson_by_group"]
