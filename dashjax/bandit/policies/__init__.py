"""What is done: rules that pick the next arm to explore, each by `policy(belief, goal)`.

Example:
    >>> import dashjax as dj
    >>> careful = dj.Method("careful", dj.beliefs.exact, dj.policies.lucb)
"""

from dashjax.bandit.policies.halving import halving
from dashjax.bandit.policies.knowledge_gradient import knowledge_gradient
from dashjax.bandit.policies.lucb import lucb
from dashjax.bandit.policies.pair import pair
from dashjax.bandit.policies.thompson import thompson, thompson_by_group
from dashjax.bandit.policies.top_two import top_two
from dashjax.bandit.policies.ucb import ucb
from dashjax.bandit.policies.uniform import random, round_robin

__all__ = [
    "halving",
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
