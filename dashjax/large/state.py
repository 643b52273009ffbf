"""What a run of `large` knows, and how it learns from a reward."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dashjax.base import Arm, Group, Reward
from dashjax.gaussian import weights
from dashjax.large.blocks import BLOCK, Card, Deck, Place


class Groups(NamedTuple):
    """Groups in the order in which they were entered."""

    deck: Deck
    group: Int[Array, " place"]
    left: Int[Array, " place"]  # arms never pulled
    precision: Float[Array, " place"]  # sum of w, see `gaussian`
    value: Float[Array, " place"]  # sum of u
    mean: Float[Array, " place"]  # of the group's utility
    deviation: Float[Array, " place"]


class Arms(NamedTuple):
    """Pulled arms: given theta_i, N(slope theta_i + offset, deviation^2).

    The first arm of each group lies at its group's place; after the room for these, the others lie
    in the order of their first pull.
    """

    deck: Deck
    arm: Int[Array, " place"]
    owner: Int[Array, " place"]  # place of its group
    count: Float[Array, " place"]
    total: Float[Array, " place"]  # sum of rewards
    slope: Float[Array, " place"]
    offset: Float[Array, " place"]
    deviation: Float[Array, " place"]


class Seen(NamedTuple):
    """All that a run knows."""

    groups: Groups
    arms: Arms
    entered: Int[Array, " kind"]  # groups of each kind
    group_count: Int[Array, ""]
    later_count: Int[Array, ""]  # arms that were not the first of their group


class Deal(NamedTuple):
    """The next card of a deck, where it lies, and the card that takes its place."""

    position: Card
    card: Card
    under: Card


class Choice(NamedTuple):
    """What to pull, where it lies in the buffers, and what is new there."""

    arm: Arm
    place: Place
    owner: Place
    arm_is_new: Bool[Array, ""]
    group_is_new: Bool[Array, ""]
    kind: Int[Array, ""]
    group: Group  # if it is new
    arm_deal: Deal
    group_deal: Deal


class Scale(NamedTuple):
    """The prior's hyper-parameters, known before compilation; standard deviations."""

    mean: float
    group: float
    arm: float
    noise: float


class Kinds(NamedTuple):
    """Groups that are alike before their first pull: those of one size; by group, all."""

    order: np.ndarray  # groups, kind by kind, [group]
    first: np.ndarray  # where each kind begins in it, [kind]
    number: np.ndarray  # groups of each kind, [kind]
    table: np.ndarray | None  # quantiles of the best unseen arm, [kind, cell]; None: by group


class Problem(NamedTuple):
    """What is known before compilation."""

    scale: Scale
    kinds: Kinds
    size: np.ndarray  # arms of each group, [group]
    end: np.ndarray  # the first arm after each group, [group]
    firsts: range  # blocks of the buffers: groups, and their first arms
    later: range  # blocks: the other arms


def nothing(problem: Problem) -> Seen:
    """Empty buffers."""

    def integers(places: int) -> list[Array]:
        return [jnp.zeros(places, jnp.int32) for _ in range(2)]

    def numbers(places: int, number: int) -> list[Array]:
        return [jnp.zeros(places, jnp.float32) for _ in range(number)]

    groups, arms = problem.firsts.stop * BLOCK, problem.later.stop * BLOCK
    return Seen(
        Groups(Deck(*integers(groups)), *integers(groups), *numbers(groups, 4)),
        Arms(Deck(*integers(arms)), *integers(arms), *numbers(arms, 5)),
        jnp.zeros(len(problem.kinds.number), jnp.int32),
        jnp.zeros((), jnp.int32),
        jnp.zeros((), jnp.int32),
    )


def learn(seen: Seen, choice: Choice, reward: Reward, problem: Problem) -> Seen:
    """What is known after one more reward, which is given less mu (spec section 2.2)."""
    groups, arms, owner, place = seen.groups, seen.arms, choice.owner, choice.place
    arm_is_new = choice.arm_is_new.astype(jnp.int32)
    group_is_new = choice.group_is_new.astype(jnp.int32)
    new_arm = jnp.where(choice.arm_is_new, place, arms.arm.shape[0])  # else beyond the end
    new_group = jnp.where(choice.group_is_new, owner, groups.group.shape[0])

    none = jnp.zeros((), jnp.float32)
    group_var, arm_var, noise_var = (jnp.float32(sd**2) for sd in problem.scale[1:])
    count = jnp.where(choice.arm_is_new, none, arms.count[place])
    total = jnp.where(choice.arm_is_new, none, arms.total[place])
    before = weights(count, total, arm_var, noise_var)
    count, total = count + 1, total + reward
    after = weights(count, total, arm_var, noise_var)
    slope = noise_var / (count * arm_var + noise_var)

    def known(field: Array, otherwise: Array) -> Array:
        return jnp.where(choice.group_is_new, otherwise, field[owner])

    left = known(groups.left, jnp.asarray(problem.size)[choice.group]) - arm_is_new
    precision = known(groups.precision, none) + after.precision - before.precision
    value = known(groups.value, none) + after.value - before.value
    shrunk = 1 / (1 + group_var * precision)
    return Seen(
        Groups(
            _dealt(groups.deck, new_group, choice.group_deal),
            _put(groups.group, new_group, choice.group),
            _put(groups.left, owner, left),
            _put(groups.precision, owner, precision),
            _put(groups.value, owner, value),
            _put(groups.mean, owner, group_var * value * shrunk),
            _put(groups.deviation, owner, jnp.sqrt(group_var * shrunk)),
        ),
        Arms(
            _dealt(arms.deck, new_arm, choice.arm_deal),
            _put(arms.arm, new_arm, choice.arm),
            _put(arms.owner, new_arm, owner),
            _put(arms.count, place, count),
            _put(arms.total, place, total),
            _put(arms.slope, place, slope),
            _put(arms.offset, place, arm_var * after.value),
            _put(arms.deviation, place, jnp.sqrt(slope * arm_var)),
        ),
        seen.entered.at[choice.kind].add(group_is_new),
        seen.group_count + group_is_new,
        seen.later_count + arm_is_new - group_is_new,
    )


def _dealt(deck: Deck, place: Place, deal: Deal) -> Deck:
    return Deck(
        _put(deck.position, place, deal.position),
        _put(deck.under, place, deal.under),
    )


def _put(field: Array, place: Place, value: Array) -> Array:
    """The field with one place changed; the same if the place lies beyond its end."""
    return field.at[place].set(value, mode="drop")
