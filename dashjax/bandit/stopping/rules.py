"""Stop rules: whether enough is known, from a running summary of a run.

A rule is asked after every step and never changes the pulls, so that several rules and thresholds
cost one run. It is elementwise: a simulation asks it of all steps at once, a live study of now.
"""

import functools
import operator
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dashjax.bandit.policies.first_looks import LOOKS, RIVALS
from dashjax.bandit.stopping.scores import (
    DRAWS,
    Score,
    Tolerance,
    best_gain,
    bound_good,
    chance_good,
    expected_loss,
    fewest_looks,
    made_once,
)
from dashjax.errors import InputError

_LEAST_STEPS = 5  # before, spreads and noise are hardly more than a guess


class Progress(NamedTuple):
    """A run so far; every field has the shape of what is asked: one step, or all of them."""

    step: Int[Array, "*steps"]  # steps made, from 1
    spent: Float[Array, "*steps"]  # cost of them
    unchanged_for: Int[Array, "*steps"]  # steps since the selection last changed
    unseen: Int[Array, "*steps"]  # available arms that were never pulled
    scores: dict[Score, Float[Array, "*steps"]]  # those that the rules of the run ask for


class Rule(NamedTuple):
    """A stop rule.

    Attributes:
        name: how the rule is written (see `parse`), for tables.
        scores: what must be measured for it.
        holds: whether enough is known, of a `Progress`; elementwise.
    """

    name: str
    scores: tuple[Score, ...]
    holds: Callable[[Progress], Bool[Array, "*steps"]]


def stop_step(rule: Rule, progress: Progress) -> Int[Array, ""]:
    """The first step (from 1) after which the rule holds; one more than there are if none.

    Args:
        rule: the rule.
        progress: after each step of a run, `[step]`.
    """
    holds = jnp.broadcast_to(rule.holds(progress), progress.step.shape)
    never = holds.shape[0] + 1
    return jnp.where(jnp.any(holds), jnp.argmax(holds) + 1, never).astype(jnp.int32)


@made_once
def budget(steps: int) -> Rule:
    """So many steps are made."""
    return Rule(f"budget:{steps}", (), lambda progress: progress.step >= steps)


@made_once
def cost(most: float) -> Rule:
    """So much is spent."""
    return Rule(f"cost:{most:g}", (), lambda progress: progress.spent >= most)


@made_once
def good_selection(probability: float, tolerance: Tolerance, looks: int = LOOKS) -> Rule:
    """The selection is good with that probability, and what leads was looked at often enough.

    Good: the mean utility of the best set by posterior mean is within `tolerance` of the best
    set's, by 256 draws of the posterior, whose share must exceed `probability` by its standard
    error: to stop at the first crossing would favour lucky draws. At once it would also favour
    lucky looks, so each arm of the best set, and the next two by posterior mean, must have been
    pulled `looks` times; and no run stops before its fifth step (docs/mathematics.md, sections 3.2
    and 11).
    """
    name = f"good-selection:{probability:g}:{tolerance:g}"
    good, fewest = chance_good(tolerance), fewest_looks(RIVALS)

    def holds(progress: Progress) -> Bool[Array, "*steps"]:
        share = progress.scores[good]
        sure = share - jnp.sqrt(share * (1 - share) / DRAWS) >= probability
        return sure & (progress.scores[fewest] >= looks) & (progress.step >= _LEAST_STEPS)

    return Rule(name, (good, fewest), holds)


@made_once
def good_selection_unconfirmed(
    probability: float, tolerance: Tolerance, draws: int = DRAWS
) -> Rule:
    """`good_selection` without its further looks: as soon as the probability is reached.

    The promise holds where the model is right and is told the truth; on real rewards it does not
    (docs/mathematics.md, section 9).
    """
    name = f"good-selection-unconfirmed:{probability:g}:{tolerance:g}"
    return _at_least(name, chance_good(tolerance, draws), probability)


@made_once
def good_selection_bound(probability: float, tolerance: float) -> Rule:
    """The same by a bound in closed form, which asks for more (docs/mathematics.md,
    section 3.1).
    """
    name = f"good-selection-bound:{probability:g}:{tolerance:g}"
    return _at_least(name, bound_good(tolerance), probability)


@made_once
def calibrated(probability: float, tolerance: Tolerance) -> Rule:
    """`good_selection` at the threshold that keeps the promise on a table's other targets.

    Only a replay of several targets knows these, and puts a threshold in its place (see
    `dashjax.simulate.calibrated`); asked by itself it refuses.
    """

    def holds(progress: Progress) -> Bool[Array, "*steps"]:
        raise InputError(
            "stop rule calibrated takes its threshold from the other targets of a table, and so is "
            "for replay alone; give good-selection"
        )

    return Rule(f"calibrated:{probability:g}:{tolerance:g}", (), holds)


@made_once
def value_of_information(threshold: float, draws: int = DRAWS) -> Rule:
    """Knowing everything would raise the selection's mean utility by no more than the threshold."""
    return _at_most(f"value:{threshold:g}", expected_loss(draws), threshold)


@made_once
def knowledge_gradient_pays(price: float, threshold: float, draws: int = DRAWS) -> Rule:
    """No one step is worth its price, and knowing everything little more (docs/mathematics.md,
    section 3.4).

    Stops where the largest gain of the selection's mean by one pull is at most `price`, and the
    expected loss at most `threshold`; without the second condition the rule is short-sighted.
    """
    single = _at_most("", best_gain(), price)
    both = all_of(single, value_of_information(threshold, draws))
    return both._replace(name=f"gain:{price:g}:{threshold:g}")


@made_once
def stable(window: int) -> Rule:
    """The selection has not changed for that many steps."""
    return Rule(f"stable:{window}", (), lambda progress: progress.unchanged_for >= window)


@made_once
def each_once() -> Rule:
    """Every available dataset was explored at least once."""
    return Rule("each-once", (), lambda progress: progress.unseen <= 0)


@made_once
def any_of(*rules: Rule) -> Rule:
    """One of the rules holds."""
    return _joined(",", rules, operator.or_)


@made_once
def all_of(*rules: Rule) -> Rule:
    """All of the rules hold at once."""
    return _joined("+", rules, operator.and_)


def scores_of(rules: tuple[Rule, ...]) -> tuple[Score, ...]:
    """What must be measured for the rules, each score once."""
    return tuple(dict.fromkeys(score for rule in rules for score in rule.scores))


def _at_least(name: str, score: Score, threshold: float) -> Rule:
    return Rule(name, (score,), lambda progress: progress.scores[score] >= threshold)


def _at_most(name: str, score: Score, threshold: float) -> Rule:
    return Rule(name, (score,), lambda progress: progress.scores[score] <= threshold)


def _joined(sign: str, rules: tuple[Rule, ...], how: Callable) -> Rule:
    if len(rules) == 1:
        return rules[0]
    name = sign.join(rule.name for rule in rules)
    return Rule(
        name,
        scores_of(rules),
        lambda progress: functools.reduce(how, (rule.holds(progress) for rule in rules)),
    )
