"""The contracts: what we think, what we do, what answers, what we recommend.

Each is a bundle of pure functions over a state that it alone understands. None knows about seeds:
batching is `vmap` from outside. An arm is its column in the pool, 0..K-1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Key

from dashjax.pools.grouping import Grouping

ROUNDING = 1e-6  # of float32: a loss that equals the tolerance comes out a little larger

State = Any
Deviates = Any  # the random numbers of some draws, before they are given mean and spread
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
    """What we think: a posterior over utilities, built from a prior and a grouping.

    Joint draws of all arms are `draw(deviates(key, count), state)`. The same deviates in two states
    give draws that differ by what was learned alone (common random numbers). Several draws of one
    key may be a stratified sample: together they are the posterior better than as many apart.
    """

    grouping: Grouping
    init: Callable[[], State]
    update: Callable[[State, Arm, Reward], State]
    moments: Callable[[State], Moments]  # of every arm, [arm]
    group_moments: Callable[[State], Moments]  # of every group, [group]
    covariance: Callable[[State, Int[Array, " some"]], Float[Array, "some arm"]]
    noise_var: Callable[[State], Float[Array, ""]]  # of one reward, as far as it is known
    shrinkage: Callable[[State], Float[Array, " arm"]]  # weight of the group in an arm's mean
    deviates: Callable[[RandomKey, int], Deviates]
    draw: Callable[[Deviates, State], Float[Array, "arm draw"]]
    deviates_by_group: Callable[[RandomKey], Deviates]  # for one draw of the groups and of a group
    sample_groups: Callable[[Deviates, State], Float[Array, " group"]]
    sample_arms: Callable[[Deviates, State, Group, Utility], Float[Array, " slot"]]
    # ^ one group's arms, given the group's drawn utility; -inf where a slot is padding


class Policy(NamedTuple):
    """What we do: picks the next arm to explore from what a belief holds.

    `own` is what the policy must remember beside it: nothing, for most.
    """

    init: Callable[[], State]
    select: Callable[[RandomKey, State, State], Arm]  # key, the belief's state, own
    update: Callable[[State, State, Arm], State]  # the belief's state now, own, the arm pulled


class Goal(NamedTuple):
    """What a policy explores for."""

    select: int  # datasets wanted in the end
    steps: int  # exploration steps of the run, for policies that plan ahead
    costs: Float[Array, " arm"] | None = None  # of one step with each dataset; all 1 if None


class Environment(NamedTuple):
    """What answers a pull. The n-th pull of an arm gives the same reward in whatever order."""

    init: Callable[[RandomKey], State]
    pull: Callable[[State, Arm], tuple[Reward, State]]
    utility: Callable[[State], Float[Array, " arm"]]  # the truth, for regret alone


TieOrder = Int[Array, " arm"]  # each arm's place in the order in which equals come
Selector = Callable[[Belief, State, TieOrder], Bool[Array, " arm"]]  # what we recommend
