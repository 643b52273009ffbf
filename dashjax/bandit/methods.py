"""Methods: named combinations of what to think, what to do and what to recommend."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from dashjax.bandit import policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import Belief, Goal, Policy
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.learned import learned, learned_flat
from dashjax.bandit.beliefs.paper import paper
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.policies.first_looks import confirming, look_around_first
from dashjax.bandit.stopping.parse import rule
from dashjax.bandit.stopping.rules import Rule
from dashjax.errors import InputError, closest
from dashjax.pools.grouping import Grouping

BeliefBuilder = Callable[[Prior, Grouping], Belief]
PolicyBuilder = Callable[[Belief, Goal], Policy]


class Method(NamedTuple):
    """A way to explore a pool: the belief that the policy acts on, and the one that selects.

    Attributes:
        name: how it is called in tables.
        belief: `belief(prior, grouping)`.
        policy: `policy(belief, goal)`.
        judge: the belief that selection and stop rules are computed from; None: the same one.
        stop: its own stop rule, where none is asked for.

    Example:
        >>> import dashjax as dj
        >>> mine = dj.Method("mine", dj.beliefs.exact, dj.policies.thompson)
        >>> result = dj.sweep((2, 2), [mine], seeds=5, plan=dj.Plan(steps=5, select=1))
        >>> result.rows[0]["method"]
        'mine'
    """

    name: str
    belief: BeliefBuilder
    policy: PolicyBuilder
    judge: BeliefBuilder | None = None
    stop: Rule | None = None

    @property
    def needs_prior(self) -> bool:
        """Whether the numbers of a prior are used; not so where all is learned."""
        return any(one not in _LEARNING for one in (self.belief, self.judge or self.belief))


BELIEFS: dict[str, BeliefBuilder] = {
    "exact": exact,
    "flat": flat,
    "learned": learned,
    "learned-flat": learned_flat,
    "paper": paper,
}

_LEARNING = (learned, learned_flat)  # beliefs that use no number of a prior

POLICIES: dict[str, PolicyBuilder] = {
    "halving": policies.halving,
    "knowledge-gradient": policies.knowledge_gradient,
    "lucb": policies.lucb,
    "pair": policies.pair,
    "random": policies.random,
    "round-robin": policies.round_robin,
    "thompson": policies.thompson,
    "thompson-by-group": policies.thompson_by_group,
    "top-two": policies.top_two,
    "ucb": policies.ucb,
}

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "best",
            learned,
            look_around_first(confirming(policies.lucb)),
            stop=rule("good-selection:.95:.01"),
        ),
        Method("dash", paper, policies.thompson_by_group),
        Method("dash-exact", exact, policies.thompson_by_group),
        Method("dash-judged", paper, policies.thompson_by_group, exact),
        Method("joint-ts", exact, policies.thompson),
        Method("flat", flat, policies.thompson),
        Method("round-robin", flat, policies.round_robin),
        Method("random", flat, policies.random),
    )
}


def agent(method: Method, prior: Prior, grouping: Grouping, goal: Goal) -> Agent:
    """The agent that explores by a method.

    Args:
        method: how.
        prior: what is known before the first pull.
        grouping: which group each arm belongs to.
        goal: what is wanted.

    Example:
        >>> import dashjax as dj
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
        >>> grouping, goal = dj.Grouping((0, 0, 1), ("north", "south")), dj.goal_for(3, 1, 10)
        >>> dj.agent(dj.method("dash"), prior, grouping, goal).judge is None
        True
    """
    belief = method.belief(prior, grouping)
    judge = method.judge(prior, grouping) if method.judge else None
    return Agent(belief, method.policy(belief, goal), judge)


@functools.cache
def method(name: str) -> Method:
    """The method of that name, or `POLICY/BELIEF` put together from its two parts.

    Raises:
        InputError: if there is none.

    Example:
        >>> import dashjax as dj
        >>> dj.method("top-two/exact").name
        'top-two/exact'
    """
    if name in METHODS:
        return METHODS[name]
    policy, _, belief = name.partition("/")
    if policy in POLICIES and belief in BELIEFS:
        return Method(name, BELIEFS[belief], POLICIES[policy])
    raise InputError(
        f"unknown method '{name}'{closest(name, METHODS)}; choose from {', '.join(METHODS)}, or "
        f"put one together as POLICY/BELIEF with a policy of {', '.join(POLICIES)} and a belief of "
        f"{', '.join(BELIEFS)}"
    )
