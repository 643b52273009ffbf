"""Scores: numbers measured of what a belief holds after each step, for stop rules to look at.

A score is `score(key, belief, goal)`, which gives the measure `measure(belief_state, pulls)`. What
is drawn by chance is drawn with the same key at every step, so that a score changes by what was
learned alone.
"""

import functools
import inspect
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Float, Int

from dashjax.bandit.base import Belief, Goal, RandomKey, State
from dashjax.bandit.policies.boundary import difference_sd, near
from dashjax.bandit.policies.knowledge_gradient import gains
from dashjax.bandit.worth import (
    above_floor,
    masked,
    rounding,
    spread,
    sum_of_best,
    sum_of_selected,
)
from dashjax.engine.top_k import in_order, is_among_largest

DRAWS = 256

Pulls = Int[Array | np.ndarray, " arm"]  # how often each arm was pulled
Measure = Callable[[State, Pulls], Float[Array, ""]]
Score = Callable[[RandomKey, Belief, Goal], Measure]

_Numbers = ParamSpec("_Numbers")
_Made = TypeVar("_Made")


class Share(NamedTuple):
    """A tolerance as a share: of the spread between datasets, in each draw its own.

    The spread is the standard deviation of the available utilities or, where there is a floor that
    the best one exceeds, by how much it does. So nothing of the truth need be known.

    Example:
        >>> import dashjax as dj
        >>> dj.stopping.good_selection(0.95, dj.stopping.Share(0.05)).name
        'good-selection:0.95:5%'
    """

    value: float

    def __format__(self, specification: str) -> str:
        return f"{format(100 * self.value, specification)}%"


Tolerance = float | Share


def made_once(make: Callable[_Numbers, _Made]) -> Callable[_Numbers, _Made]:
    """The same object for the same numbers, also if they are named or left at their defaults.

    So a score is measured once for all rules that ask for it, and is found by them.
    """
    signature, cached = inspect.signature(make), functools.cache(make)

    @functools.wraps(make)
    def made(*args: _Numbers.args, **kwargs: _Numbers.kwargs) -> _Made:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        return cached(*given.args)

    return made


@made_once
def chance_good(tolerance: Tolerance, draws: int = DRAWS) -> Score:
    """Posterior probability that the best set by posterior mean is within `tolerance`."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        losses = _losses(key, belief, goal, draws)

        def measure(belief_state: State, pulls: Pulls) -> Float[Array, ""]:
            allowance = rounding(belief.moments(belief_state).mean, goal)
            loss, drawn = losses(belief_state)
            good = loss <= _in_units(tolerance, drawn, goal) + allowance
            return jnp.mean(good.astype(float))

        return measure

    return score


@made_once
def expected_loss(draws: int = DRAWS) -> Score:
    """Expected fall short of the best set's mean utility: the value of perfect information."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        losses = _losses(key, belief, goal, draws)
        return lambda belief_state, pulls: jnp.mean(losses(belief_state)[0])

    return score


@made_once
def bound_good(tolerance: float) -> Score:
    """Bonferroni's lower bound of `chance_good`, by normal laws of all pairs; it knows no floor."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        if goal.select == goal.arms:
            return lambda belief_state, pulls: jnp.ones(())

        def measure(belief_state: State, pulls: Pulls) -> Float[Array, ""]:
            moments = belief.moments(belief_state)
            mean, var = masked(moments.mean, goal), moments.var
            held = jax.lax.top_k(mean, goal.select)[1]
            sd = difference_sd(var[held], var, belief.covariance(belief_state, held))
            misses = ndtr(-(mean[held, None] - mean[None, :] + tolerance) / sd)
            return 1 - jnp.sum(misses.at[:, held].set(0))

        return measure

    return score


@made_once
def best_gain() -> Score:
    """Largest expected rise of the selection's mean utility by one pull, per unit of cost."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        if goal.select == goal.arms:
            return lambda belief_state, pulls: jnp.zeros(())

        def measure(belief_state: State, pulls: Pulls) -> Float[Array, ""]:
            view, inside = near(key, belief, belief_state, goal)
            sd = jnp.sqrt(jnp.diagonal(view.cov) + belief.noise_var(belief_state))
            gain = gains(view.mean, view.cov / sd[:, None], inside)
            return jnp.max(view.only_candidates(gain / view.cost)) / goal.select

        return measure

    return score


@made_once
def fewest_looks(rivals: int) -> Score:
    """The fewest pulls of any arm among the best set and the next `rivals` by posterior mean."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        def measure(belief_state: State, pulls: Pulls) -> Float[Array, ""]:
            mean = masked(belief.moments(belief_state).mean, goal)
            leading = is_among_largest(in_order(mean), min(goal.select + rivals, goal.arms))
            counted = leading & jnp.asarray(goal.available)
            return jnp.min(jnp.where(counted, pulls, jnp.max(pulls))).astype(mean.dtype)

        return measure

    return score


def _losses(
    key: RandomKey, belief: Belief, goal: Goal, draws: int
) -> Callable[[State], tuple[Float[Array, " draw"], Float[Array, "arm draw"]]]:
    """In each draw, the best set's mean less that of the best set by posterior mean; the draws."""

    def losses(belief_state: State) -> tuple[Float[Array, " draw"], Float[Array, "arm draw"]]:
        mean = belief.moments(belief_state).mean
        held = is_among_largest(in_order(masked(mean, goal)), goal.select)
        held = above_floor(held, mean, goal)
        drawn = belief.sample(key, belief_state, draws)
        loss = (sum_of_best(drawn, goal) - sum_of_selected(held, drawn, goal)) / goal.select
        return loss, drawn

    return losses


def _in_units(
    tolerance: Tolerance, drawn: Float[Array, "arm draw"], goal: Goal
) -> float | Float[Array, " draw"]:
    """A tolerance in units of reward; a share has another one in each draw."""
    if not isinstance(tolerance, Share):
        return tolerance
    return tolerance.value * spread(drawn, goal)
