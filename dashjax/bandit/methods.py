"""Methods: named combinations of what to think, what to do and what to recommend."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from dashjax.bandit import policies, selection
from dashjax.bandit.base import Belief, Goal, Policy, Selector
from dashjax.bandit.beliefs.averaged import averaged
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.paper import paper
from dashjax.bandit.gaussian import Prior
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping, single

BeliefBuilder = Callable[[Prior, Grouping], Belief]
PolicyBuilder = Callable[[Belief, Goal], Policy]


class Method(NamedTuple):
    """A way to explore a pool: the belief that the policy acts on, and the one that selects."""

    name: str
    belief: BeliefBuilder
    policy: PolicyBuilder
    judge: BeliefBuilder
    stop: str | None = None  # its own stop rule, where none is asked for


def averaged_flat(prior: Prior, grouping: Grouping) -> Belief:
    """`averaged` on one group: independent datasets whose spread is learned."""
    return averaged(prior, single(grouping.arms))


def averaged_noise(prior: Prior, grouping: Grouping) -> Belief:
    """`averaged` that also learns the noise."""
    return averaged(prior, grouping, learn_noise=True)


BELIEFS: dict[str, BeliefBuilder] = {
    "averaged": averaged,
    "averaged-flat": averaged_flat,
    "averaged-noise": averaged_noise,
    "exact": exact,
    "flat": flat,
    "paper": paper,
}

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
            averaged,
            policies.knowledge_gradient,
            averaged,
            stop="good-selection:.95:.01",
        ),
        Method("dash", paper, policies.thompson_by_group, paper),
        Method("dash-exact", exact, policies.thompson_by_group, exact),
        Method("dash-judged", paper, policies.thompson_by_group, exact),
        Method("joint-ts", exact, policies.thompson, exact),
        Method("flat", flat, policies.thompson, flat),
        Method("round-robin", flat, policies.round_robin, flat),
        Method("random", flat, policies.random, flat),
    )
}


def _percentile(select: int, arms: int) -> Selector:
    return selection.percentile(100 * (1 - select / arms))


SELECTIONS: dict[str, Callable[[int, int], Selector]] = {
    "top-k": lambda select, arms: selection.top_k(select),
    "percentile": _percentile,
    "group-then-arm": lambda select, arms: selection.group_then_arm(select),
}


@functools.cache
def method(name: str) -> Method:
    """The method of that name, or `POLICY/BELIEF` put together from its two parts.

    Raises:
        InputError: if there is none.
    """
    if name in METHODS:
        return METHODS[name]
    policy, _, belief = name.partition("/")
    if policy in POLICIES and belief in BELIEFS:
        return Method(name, BELIEFS[belief], POLICIES[policy], BELIEFS[belief])
    raise InputError(
        f"unknown method '{name}'; choose from {', '.join(METHODS)}, or put one together as "
        f"POLICY/BELIEF with a policy of {', '.join(POLICIES)} and a belief of {', '.join(BELIEFS)}"
    )
