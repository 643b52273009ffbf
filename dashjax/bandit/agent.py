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
    """

    belief: Belief
    policy: Policy
    judge: Belief | None = None


class AgentState(NamedTuple):
    """What an agent knows during a run."""

    belief: State
    policy: State
    judge: State = ()  # empty where the belief judges


def begin(agent: Agent) -> AgentState:
    """What the agent knows before the first pull."""
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
    """

    def told(state: AgentState, arm: Arm) -> tuple[AgentState, None]:
        known = imagine(agent, state, jnp.maximum(arm, 0))
        return jax.tree.map(lambda new, old: jnp.where(arm >= 0, new, old), known, state), None

    if pending.shape[0]:
        state, _ = jax.lax.scan(told, state, jnp.asarray(pending))
    return select(key, agent, state, step, pending)


def tell(agent: Agent, state: AgentState, arm: Arm, reward: Reward) -> AgentState:
    """What the agent knows after one more reward."""
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
