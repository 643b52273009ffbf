"""When we stop: scores of what is known, and rules made of them.

A score is measured after every step of a run; a rule reads the run's record afterwards. So several
rules and thresholds cost one run, and stopping never changes the pulls.
"""

import functools
import operator
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Bool, Float, Int

from dashjax.bandit.base import ROUNDING, Belief, Goal, RandomKey, State
from dashjax.bandit.policies.boundary import difference_sd, near
from dashjax.bandit.policies.knowledge_gradient import gains
from dashjax.engine.top_k import in_order, is_among_largest, sum_of_largest, sum_where

DRAWS = 256

Measure = Callable[[State], Float[Array, ""]]
Score = Callable[[RandomKey, Belief, Goal], Measure]  # what is drawn by chance is drawn once a run


class Record(NamedTuple):
    """What a rule may look at: a run's course, or the course so far."""

    arm: Int[Array, " step"]
    cost: Float[Array, " step"]  # of the step
    changed: Bool[Array, " step"]  # the selection is another than a step before
    new: Bool[Array, " step"]  # the arm's first pull
    scores: dict[Score, Float[Array, " step"]]
    arms: int


class Rule(NamedTuple):
    """The scores that it needs, and whether enough is known after each step."""

    scores: tuple[Score, ...]
    holds: Callable[[Record], Bool[Array, " step"]]


def stop_step(rule: Rule, record: Record) -> Int[Array, ""]:
    """The first step (from 1) after which the rule holds; one more than there are if none."""
    holds = rule.holds(record)
    return jnp.where(jnp.any(holds), jnp.argmax(holds) + 1, len(record.arm) + 1).astype(jnp.int32)


@functools.cache
def budget(*, steps: int | None = None, cost: float | None = None) -> Rule:
    """So many steps are made, or so much is spent."""

    def holds(record: Record) -> Bool[Array, " step"]:
        made = jnp.arange(1, len(record.arm) + 1, dtype=jnp.int32)
        enough = jnp.zeros(len(made), bool) if steps is None else made >= steps
        return enough if cost is None else enough | (jnp.cumsum(record.cost) >= cost)

    return Rule((), holds)


@functools.cache
def good_selection(probability: float, tolerance: float, draws: int = DRAWS) -> Rule:
    """The best set by posterior mean is good with that probability, by draws of the posterior.

    Good: its mean utility is within `tolerance` of the best set's (spec section 3, 2).
    """
    return _at_least(chance_good(tolerance, draws), probability)


@functools.cache
def good_selection_bound(probability: float, tolerance: float) -> Rule:
    """The same by a bound in closed form, which asks for more (spec section 3, 1)."""
    return _at_least(bound_good(tolerance), probability)


@functools.cache
def value_of_information(threshold: float, draws: int = DRAWS) -> Rule:
    """Knowing everything would raise the selection's mean utility by no more than the threshold."""
    return _at_most(expected_loss(draws), threshold)


@functools.cache
def knowledge_gradient_pays(cost: float, threshold: float, draws: int = DRAWS) -> Rule:
    """No one step is worth its cost, and knowing everything little more (spec section 3, 4).

    Stops where the largest gain of the selection's mean by one pull is at most `cost`, and the
    expected loss at most `threshold`; without the second condition the rule is short-sighted.
    """
    return all_of(_at_most(best_gain(), cost), value_of_information(threshold, draws))


@functools.cache
def stable(window: int) -> Rule:
    """The selection has not changed for that many steps."""

    def holds(record: Record) -> Bool[Array, " step"]:
        step = jnp.arange(len(record.arm), dtype=jnp.int32)
        last = jax.lax.cummax(jnp.where(record.changed, step, -1))
        return step - last >= window

    return Rule((), holds)


@functools.cache
def each_once() -> Rule:
    """Every dataset was explored at least once."""
    return Rule((), lambda record: jnp.cumsum(record.new.astype(jnp.int32)) >= record.arms)


@functools.cache
def any_of(*rules: Rule) -> Rule:
    """One of the rules holds."""
    return _joined(rules, operator.or_)


@functools.cache
def all_of(*rules: Rule) -> Rule:
    """All of the rules hold at once."""
    return _joined(rules, operator.and_)


@functools.cache
def chance_good(tolerance: float, draws: int = DRAWS) -> Score:
    """Posterior probability that the best set by posterior mean is within `tolerance`."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        losses = _losses(key, belief, goal, draws)
        return lambda belief_state: jnp.mean(
            (losses(belief_state) <= tolerance + ROUNDING).astype(float)
        )

    return score


@functools.cache
def expected_loss(draws: int = DRAWS) -> Score:
    """Expected fall short of the best set's mean utility: the value of perfect information."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        losses = _losses(key, belief, goal, draws)
        return lambda belief_state: jnp.mean(losses(belief_state))

    return score


@functools.cache
def bound_good(tolerance: float) -> Score:
    """Bonferroni's lower bound of `chance_good`, by normal laws of all pairs."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        if goal.select == belief.grouping.arms:
            return lambda belief_state: jnp.ones(())

        def measure(belief_state: State) -> Float[Array, ""]:
            mean, var = belief.moments(belief_state)
            held = jax.lax.top_k(mean, goal.select)[1]
            sd = difference_sd(var[held], var, belief.covariance(belief_state, held))
            misses = ndtr(-(mean[held, None] - mean[None, :] + tolerance) / sd)
            return 1 - jnp.sum(misses.at[:, held].set(0))

        return measure

    return score


@functools.cache
def best_gain() -> Score:
    """Largest expected rise of the selection's mean utility by one pull, per unit of cost."""

    def score(key: RandomKey, belief: Belief, goal: Goal) -> Measure:
        if goal.select == belief.grouping.arms:
            return lambda belief_state: jnp.zeros(())

        def measure(belief_state: State) -> Float[Array, ""]:
            view, inside = near(key, belief, belief_state, goal)
            sd = jnp.sqrt(jnp.diagonal(view.cov) + belief.noise_var(belief_state))
            gain = gains(view.mean, view.cov / sd[:, None], inside)
            return jnp.max(gain / view.cost) / goal.select

        return measure

    return score


def _losses(
    key: RandomKey, belief: Belief, goal: Goal, draws: int
) -> Callable[[State], Float[Array, " draw"]]:
    """In each draw, the best set's mean less that of the best set by posterior mean."""
    deviates = belief.deviates(key, draws)

    def losses(belief_state: State) -> Float[Array, " draw"]:
        mean = belief.moments(belief_state).mean
        held = is_among_largest(in_order(mean), goal.select)
        drawn = belief.draw(deviates, belief_state)
        return (sum_of_largest(drawn, goal.select) - sum_where(held, drawn)) / goal.select

    return losses


def _at_least(score: Score, threshold: float) -> Rule:
    return Rule((score,), lambda record: record.scores[score] >= threshold)


def _at_most(score: Score, threshold: float) -> Rule:
    return Rule((score,), lambda record: record.scores[score] <= threshold)


def _joined(rules: tuple[Rule, ...], how: Callable) -> Rule:
    scores = tuple(dict.fromkeys(score for rule in rules for score in rule.scores))
    return Rule(scores, lambda record: functools.reduce(how, (r.holds(record) for r in rules)))
