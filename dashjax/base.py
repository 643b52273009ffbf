"""The contracts: what we think, what we do, what answers, what we recommend.

Each is a bundle of pure functions over a state that it alone understands. None knows about seeds:
batching is `vmap` from outside. An arm is its column in the pool, 0..K-1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Key

from dashjax.pool import Grouping

State = Any
RandomKey = Key[Array, ""]
Arm = Int[Array, ""]
Group = Int[Array, ""]
Reward = Float[Array, ""]
Utility = Float[Array, ""]


class Moments(NamedTuple):
    """Marginal means and variances, one a unit (arm or group)."""

    mean: Float[Array, " unit"]
    var: Float[Array, " unit"]


class Belief(NamedTuple):
    """What we think: a posterior over utilities, built from a prior and a grouping."""

    grouping: Grouping
    init: Callable[[], State]
    update: Callable[[State, Arm, Reward], State]
    moments: Callable[[State], Moments]  # of every arm, [arm]
    group_moments: Callable[[State], Moments]  # of every group, [group]
    covariance: Callable[[State, Int[Array, " some"]], Float[Array, "some arm"]]
    sample: Callable[[RandomKey, State], Float[Array, " arm"]]  # one joint draw of all arms
    sample_groups: Callable[[RandomKey, State], Float[Array, " group"]]
    sample_arms: Callable[[RandomKey, State, Group, Utility], Float[Array, " slot"]]
    # ^ one group's arms, given the group's drawn utility; -inf where a slot is padding


class Policy(NamedTuple):
    """What we do: picks the next arm to explore."""

    init: Callable[[], State]
    select: Callable[[RandomKey, State], Arm]
    update: Callable[[State, Arm, Reward], State]


class Source(NamedTuple):
    """What answers a pull. The n-th pull of an arm gives the same reward in whatever order."""

    init: Callable[[RandomKey], State]
    pull: Callable[[State, Arm], tuple[Reward, State]]
    utility: Callable[[State], Float[Array, " arm"]]  # the truth, for regret alone


Precedence = Int[Array, " arm"]  # all arms, in the order in which equals come
Choose = Callable[[Belief, State, Precedence], Bool[Array, " arm"]]  # what we recommend
