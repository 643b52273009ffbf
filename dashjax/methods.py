"""Methods: named combinations of what to think, what to do and what to recommend."""

from collections.abc import Callable
from typing import NamedTuple

from dashjax import policies, selection
from dashjax.base import Belief, Choose, Policy
from dashjax.beliefs import exact, flat, paper
from dashjax.errors import InputError
from dashjax.gaussian import Prior
from dashjax.pool import Grouping

BeliefBuilder = Callable[[Prior, Grouping], Belief]


class Method(NamedTuple):
    """A way to explore a pool: the belief that the policy acts on, and the one that selects."""

    name: str
    belief: BeliefBuilder
    policy: Callable[[Belief], Policy]
    judge: BeliefBuilder


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("dash", paper, policies.thompson_by_group, paper),
        Method("dash-exact", exact, policies.thompson_by_group, exact),
        Method("joint-ts", exact, policies.thompson, exact),
        Method("flat", flat, policies.thompson, flat),
        Method("round-robin", flat, policies.round_robin, flat),
        Method("random", flat, policies.random, flat),
    )
}


def _percentile(select: int, arms: int) -> Choose:
    return selection.percentile(100 * (1 - select / arms))


SELECTIONS: dict[str, Callable[[int, int], Choose]] = {
    "top-k": lambda select, arms: selection.top_k(select),
    "percentile": _percentile,
    "group-then-arm": lambda select, arms: selection.group_then_arm(select),
}


def method(name: str) -> Method:
    """The method of that name.

    Raises:
        InputError: if there is none.
    """
    if name not in METHODS:
        raise InputError(f"unknown method '{name}'; choose from {', '.join(METHODS)}")
    return METHODS[name]
