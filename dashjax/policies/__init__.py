"""What we do: rules that pick the next arm to explore."""

from dashjax.policies.batch import in_batches
from dashjax.policies.halving import halving
from dashjax.policies.knowledge_gradient import knowledge_gradient
from dashjax.policies.lucb import lucb
from dashjax.policies.pair import pair
from dashjax.policies.thompson import thompson, thompson_by_group
from dashjax.policies.top_two import top_two
from dashjax.policies.ucb import ucb
from dashjax.policies.uniform import random, round_robin

__all__ = [
    "halving",
    "in_batches",
    "knowledge_gradient",
    "lucb",
    "pair",
    "random",
    "round_robin",
    "thompson",
    "thompson_by_group",
    "top_two",
    "ucb",
]
