"""Who explores: asked for an arm and told its reward, by a simulation or by a live search."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dashjax.bandit.base import Arm, Belief, Pending, Policy, RandomKey, Reward, State
from dashjax.engine import indexing

NOTHING_PENDING = np.zeros(0, np.int32)


class Agent(NamedTuple):
    """Who explores: what it believes, what it does, and who judges.

    The judge is what the selection and the scores are computed from. None: the belief itself.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> grouping, goal = dj.Grouping((0, 0, 1), ("north", "south")), dj.goal_for(3, 1, 10)
        >>> belief = dj.beliefs.exact(prior, grouping)
        >>> agent = dj.Agent(belief, dj.policies.thompson(belief, goal))
    """

    belief: Belief
    policy: Policy
    judge: Belief | None = None


class AgentState(NamedTuple):
    """What an agent knows during a run.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(1, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> grouping, goal = dj.Grouping((0, 0), ("all",)), dj.goal_for(2, 1, 10)
        >>> state = dj.begin(dj.agent(dj.method("round-robin"), prior, grouping, goal))
        >>> int(state.policy)
        0
    """

    belief: State
    policy: State
    judge: State = ()  # empty where the belief judges


def begin(agent: Agent) -> AgentState:
    """What the agent knows before the first pull.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(1, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> goal = dj.goal_for(2, 1, 10)
        >>> agent = dj.agent(dj.method("flat"), prior, dj.Grouping((0, 0), ("all",)), goal)
        >>> dj.begin(agent).belief.mean.tolist()
        [0.5, 0.5]
    """
    judge = agent.judge.init() if agent.judge else ()
    return AgentState(agent.belief.init(), agent.policy.init(), judge)


def ask(
    key: RandomKey,
    agent: Agent,
    state: AgentState,
    step: Int[Array, ""] | int,
    pending: Pending = NOTHING_PENDING,
) -> Arm:
    """The arm to explore at `step`; the same key serves the whole run.

    Pending arms are imagined at their own posterior mean, in the order in which they were asked:
    means stay, covariances shrink. So parallel workers, or a batch, need no other policy.

    Args:
        key: decides what is drawn by chance.
        agent: who is asked.
        state: what it knows.
        step: how many arms were asked before.
        pending: arms whose reward is still out; -1 is none.

    Example:
        >>> import dashjax as dj
        >>> import jax
        >>> prior = dj.uniform_prior(1, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> goal = dj.goal_for(2, 1, 10)
        >>> agent = dj.agent(dj.method("round-robin"), prior, dj.Grouping((0, 0), ("all",)), goal)
        >>> int(dj.ask(jax.random.key(0), agent, dj.begin(agent), 0))
        0
    """

    def told(state: AgentState, arm: Arm) -> tuple[AgentState, None]:
        known = imagine(agent, state, jnp.maximum(arm, 0))
        return jax.tree.map(lambda new, old: jnp.where(arm >= 0, new, old), known, state), None

    if pending.shape[0]:
        state, _ = jax.lax.scan(told, state, jnp.asarray(pending))
    return select(key, agent, state, step, pending)


def tell(agent: Agent, state: AgentState, arm: Arm, reward: Reward) -> AgentState:
    """What the agent knows after one more reward.

    Args:
        agent: who is told.
        state: what it knew.
        arm: the arm that was explored, int32.
        reward: what came of it, in the precision of the prior.

    Example:
        >>> import dashjax as dj
        >>> import jax.numpy as jnp
        >>> prior = dj.uniform_prior(1, group_mean=0.0, group_sd=1.0, arm_sd=0.0, noise_sd=1.0)
        >>> goal = dj.goal_for(2, 1, 10)
        >>> agent = dj.agent(dj.method("flat"), prior, dj.Grouping((0, 0), ("all",)), goal)
        >>> state = dj.tell(agent, dj.begin(agent), jnp.int32(0), jnp.float32(1.0))
        >>> state.belief.mean.tolist()
        [0.5, 0.0]
    """
    belief = agent.belief.update(state.belief, arm, reward)
    judge = agent.judge.update(state.judge, arm, reward) if agent.judge else ()
    return AgentState(belief, agent.policy.update(belief, state.policy, arm), judge)


def imagine(agent: Agent, state: AgentState, arm: Arm) -> AgentState:
    """What the agent would know if the arm's reward were its posterior mean; the judge waits."""
    mean = indexing.take(agent.belief.moments(state.belief).mean, arm)
    belief = agent.belief.update(state.belief, arm, mean)
    return state._replace(belief=belief, policy=agent.policy.update(belief, state.policy, arm))


def select(
    key: RandomKey, agent: Agent, state: AgentState, step: Array | int, pending: Pending
) -> Arm:
    """The arm to explore at `step`, where pending arms are imagined in the state already."""
    own = jax.random.fold_in(key, step)
    return agent.policy.select(own, state.belief, state.policy, pending)
