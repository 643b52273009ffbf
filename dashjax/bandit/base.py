"""The contracts: what is believed, what is done, what answers, what is wanted.

Each is a bundle of pure functions over a state that it alone understands. None knows about seeds:
batching is `vmap` from outside. An arm is its column in the pool, 0..K-1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from dashjax.errors import InputError

State = Any
RandomKey = Key[Array, ""]
Arm = Int[Array, ""]
Group = Int[Array, ""]
Reward = Float[Array, ""]
Utility = Float[Array, ""]
# arms whose reward is still out, in the order in which they were asked for; -1 is none
Pending = Int[Array | np.ndarray, " pending"]
TieOrder = Int[Array, " arm"]  # each arm's place in the order in which equals come
Selector = Callable[["Belief", State, TieOrder], Bool[Array, " arm"]]  # what is recommended


class Moments(NamedTuple):
    """Marginal means and variances, one a unit (arm or group).

    Example:
        >>> import dashjax as dj
        >>> belief = dj.beliefs.flat(
        ...     dj.uniform_prior(1, group_mean=0.5, group_sd=0.1, arm_sd=0.0, noise_sd=0.1),
        ...     dj.Grouping((0, 0), ("all",)),
        ... )
        >>> belief.moments(belief.init()).mean.tolist()
        [0.5, 0.5]
    """

    mean: Float[Array, " unit"]
    var: Float[Array, " unit"]


class GroupView(NamedTuple):
    """What a belief thinks of its groups, for rules that look at groups first.

    `sample` and `sample_arms` with the same key are two parts of one joint draw.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> belief = dj.beliefs.exact(prior, dj.Grouping((0, 0, 1), ("north", "south")))
        >>> belief.groups.arms.tolist()
        [[0, 1], [2, -1]]
    """

    arms: np.ndarray  # the arms of each group, [group, slot]; -1 where a group is shorter
    moments: Callable[[State], Moments]  # of every group, [group]
    sample: Callable[[RandomKey, State], Float[Array, " group"]]
    sample_arms: Callable[[RandomKey, State, Group, Utility], Float[Array, " slot"]]
    # ^ one group's arms, given the group's drawn utility; -inf where a slot holds no arm
    weight: Callable[[State], Float[Array, " arm"]]  # of the group in each arm's mean


class Belief(NamedTuple):
    """What is believed: a posterior over utilities, built from a prior and a grouping.

    `sample(key, state, count)` gives joint draws of all arms. The same key in two states gives
    draws that differ by what was learned alone (common random numbers). Several draws of one key
    may be a stratified sample: together they are the posterior better than as many apart.

    Example:
        >>> import dashjax as dj
        >>> import jax.numpy as jnp
        >>> prior = dj.uniform_prior(1, group_mean=0.0, group_sd=1.0, arm_sd=0.0, noise_sd=1.0)
        >>> belief = dj.beliefs.flat(prior, dj.Grouping((0, 0), ("all",)))
        >>> state = belief.update(belief.init(), jnp.int32(1), jnp.float32(2.0))
        >>> belief.moments(state).mean.tolist()
        [0.0, 1.0]
    """

    init: Callable[[], State]
    update: Callable[[State, Arm, Reward], State]
    moments: Callable[[State], Moments]  # of every arm, [arm]
    covariance: Callable[[State, Int[Array, " some"]], Float[Array, "some arm"]]
    sample: Callable[[RandomKey, State, int], Float[Array, "arm draw"]]
    noise_var: Callable[[State], Float[Array, ""]]  # of one reward, as far as it is known
    groups: GroupView | None = None  # None where datasets are independent of each other
    numbers: int = 0  # that it works on at once, where these are many more than there are arms


class Policy(NamedTuple):
    """What is done: picks the next arm to explore from what a belief holds.

    `policy_state` is what the policy must remember beside the belief's state: nothing, for most.

    Example:
        >>> import dashjax as dj
        >>> import jax.numpy as jnp
        >>> def always_first(belief, goal):
        ...     def select(key, belief_state, policy_state, pending):
        ...         return jnp.int32(0)
        ...     return dj.Policy(lambda: (), select, lambda belief_state, policy_state, arm: ())
        >>> method = dj.Method("always first", dj.beliefs.flat, always_first)
    """

    init: Callable[[], State]
    select: Callable[[RandomKey, State, State, Pending], Arm]
    # ^ key, belief_state, policy_state, pending; pending arms are imagined in both states already
    update: Callable[[State, State, Arm], State]  # belief_state now, policy_state, the arm pulled


class Environment(NamedTuple):
    """What answers a pull. The n-th pull of an arm gives the same reward in whatever order.

    Example:
        >>> import dashjax as dj
        >>> import jax, jax.numpy as jnp
        >>> environment = dj.environments.replay(jnp.array([[0.25, 0.25], [0.5, 0.5]]))
        >>> reward, _ = environment.pull(environment.init(jax.random.key(0)), jnp.int32(1))
        >>> float(reward)
        0.5
    """

    init: Callable[[RandomKey], State]
    pull: Callable[[State, Arm], tuple[Reward, State]]
    utility: Callable[[State], Float[Array, " arm"]]  # the truth, for regret alone


class Goal(NamedTuple):
    """What is wanted, and what there is to choose from; see `goal_for`.

    `costs`, `available` and `floor` may be NumPy arrays, whose values are known while a function is
    traced, so that nothing is computed where all costs are equal, all arms available, or no floor
    is set; or traced arrays, so that problems that differ in them share one compiled program.

    Example:
        >>> import dashjax as dj
        >>> dj.goal_for(arms=4, select=2, steps=10).costs.tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    select: int  # datasets wanted in the end, at most
    steps: int  # exploration steps of the run, for policies that plan ahead
    costs: Float[Array, " arm"] | np.ndarray  # of one step with each dataset
    available: Bool[Array, " arm"] | np.ndarray  # False: never pulled and never selected
    floor: Float[Array, ""] | np.ndarray  # utility of taking nothing; -inf where none is set

    @property
    def arms(self) -> int:
        """Number of arms, available or not."""
        return self.costs.shape[0]

    @property
    def candidates(self) -> int | Int[Array, ""]:
        """Number of arms that are available."""
        return self.arms if self.all_available else jnp.sum(self.available, dtype=jnp.int32)

    @property
    def equal_costs(self) -> bool:
        """Whether all costs are known to be equal."""
        return isinstance(self.costs, np.ndarray) and bool(np.all(self.costs == self.costs[0]))

    @property
    def all_available(self) -> bool:
        """Whether all arms are known to be available."""
        return isinstance(self.available, np.ndarray) and bool(self.available.all())

    @property
    def has_floor(self) -> bool:
        """Whether there may be a floor."""
        return not (isinstance(self.floor, np.ndarray) and bool(self.floor == -np.inf))


def goal_for(
    arms: int,
    select: int,
    steps: int,
    *,
    costs: Float[Array, " arm"] | np.ndarray | None = None,
    available: Bool[Array, " arm"] | np.ndarray | None = None,
    floor: Float[Array, ""] | np.ndarray | float | None = None,
) -> Goal:
    """A goal with the usual values where nothing is said.

    Args:
        arms: how many there are.
        select: how many datasets are wanted in the end.
        steps: exploration steps of the run.
        costs: of one step with each dataset, `[arm]`; 1 if None.
        available: which arms may be pulled and selected, `[arm]`; all if None.
        floor: the utility of taking nothing, in units of reward; none if None.

    Raises:
        InputError: if `select` does not lie between 1 and `arms`, or `steps` is below 1.

    Example:
        >>> import dashjax as dj
        >>> goal = dj.goal_for(arms=4, select=2, steps=10, floor=0.0)
        >>> goal.select, float(goal.floor)
        (2, 0.0)
    """
    if not 1 <= select <= arms:
        raise InputError(f"cannot select {select} of {arms} datasets; give 1 to {arms}")
    if steps < 1:
        raise InputError(f"{steps} exploration steps: give 1 or more")
    dtype = jnp.result_type(float)
    if floor is None or isinstance(floor, float | int):
        floor = np.asarray(-np.inf if floor is None else floor, dtype)
    return Goal(
        select,
        steps,
        np.ones(arms, dtype) if costs is None else costs,
        np.ones(arms, bool) if available is None else available,
        floor,
    )
