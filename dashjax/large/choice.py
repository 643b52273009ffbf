"""Which arm a run of `large` pulls next."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dashjax.base import RandomKey, Utility
from dashjax.large import quantiles
from dashjax.large.blocks import (
    BLOCK,
    NEVER,
    Block,
    Card,
    Count,
    Part,
    Positions,
    best_of,
    cards,
    written,
)
from dashjax.large.state import Choice, Deal, Kinds, Problem, Scale, Seen
from dashjax.sampling import largest, normal


def choose(key: RandomKey, seen: Seen, problem: Problem) -> Choice:
    """The arm to pull: the best of the groups, then of the arms, each against the unseen ones."""
    keys = jax.random.split(key, 7)
    key_unseen, key_deal, key_groups, key_rest, key_arm, key_first, key_later = keys
    scale, kinds, firsts, later = problem.scale, problem.kinds, problem.firsts, problem.later
    groups, arms, count = seen.groups, seen.arms, seen.group_count

    unseen, kind = _best_unseen(key_unseen, seen.entered, scale, kinds)
    left = jnp.asarray(kinds.number)[kind] - seen.entered[kind]
    group_at = _positions(key_deal, jnp.asarray(kinds.first)[kind] + seen.entered[kind], left)

    def draw_groups(block: Block, part: Part) -> Float[Array, " part"]:
        mean, deviation = part.content
        return mean + deviation * _noise(jax.random.fold_in(key_groups, block), BLOCK)

    def draw_rest(block: Block, part: Part) -> Float[Array, " part"]:
        left, utility = part.content
        return _best_unpulled(jax.random.fold_in(key_rest, block), left, utility, scale)

    law, drawn, draw = (groups.mean, groups.deviation), None, draw_groups
    if kinds.table is not None:  # jointly: compared are the groups' best unpulled arms
        drawn = written(law, firsts, count, draw_groups)
        law, draw = (groups.left, drawn), draw_rest
    best, owner, swaps = best_of(law, firsts, count, draw, groups.deck, group_at)
    group_cards = cards(groups.deck, group_at, swaps)
    is_new = unseen > best
    best = jnp.maximum(unseen, best)
    new_group = jnp.asarray(kinds.order)[group_cards[0]]
    group = jnp.where(is_new, new_group, groups.group[owner])
    left = jnp.where(is_new, jnp.asarray(problem.size)[group], groups.left[owner])
    owner = jnp.where(is_new, count, owner)
    arm_at = _positions(key_arm, jnp.asarray(problem.end)[group] - left, left)

    def draw_arms(key: RandomKey, part: Part) -> Float[Array, " part"]:
        (slope, offset, deviation), above = part.content
        return slope * above + offset + deviation * _noise(key, BLOCK)

    def draw_firsts(block: Block, part: Part) -> Float[Array, " part"]:
        return draw_arms(jax.random.fold_in(key_first, block), part)

    def draw_later(block: Block, part: Part) -> Float[Array, " part"]:
        return draw_arms(jax.random.fold_in(key_later, block - later.start), part)

    def draw_members(block: Block, part: Part) -> Float[Array, " part"]:
        law, owners = part.content
        utility = jnp.broadcast_to(best, owners.shape)
        draws = draw_later(block, part._replace(content=(law, utility)))
        return jnp.where(owners == owner, draws, NEVER)

    law = arms.slope, arms.offset, arms.deviation
    if drawn is not None:
        unpulled = best
        value, place, swaps = best_of((law, drawn), firsts, count, draw_firsts, arms.deck, arm_at)
        above = written(arms.owner, later, seen.later_count, lambda _, part: drawn[part.content])
        content, draw = (law, above), draw_later
    else:
        unpulled = _best_unpulled(key_rest, left, best, scale)
        place = jnp.minimum(owner, arms.arm.shape[0] - 1)
        slope, offset, deviation = (field[place] for field in law)
        value = slope * best + offset + deviation * _noise(key_first, 1)[0]
        value = jnp.where(is_new, NEVER, value)
        swapped = ~is_new & (arms.deck.position[place] == arm_at)
        swaps = jnp.where(swapped, place, -1)
        content, draw = (law, arms.owner), draw_members
    more, there, others = best_of(content, later, seen.later_count, draw, arms.deck, arm_at)
    place, value = jnp.where(more > value, there, place), jnp.maximum(more, value)
    swaps = jnp.maximum(swaps, others)
    arm_cards = cards(arms.deck, arm_at, swaps)
    arm_is_new = unpulled > value
    new_place = jnp.where(is_new, owner, seen.later_count + later.start * BLOCK)
    # the same: places that are filled come before it; so XLA need not copy what it looked through
    new_place = jnp.maximum(new_place, jnp.max(swaps))
    return Choice(
        arm=jnp.where(arm_is_new, arm_cards[0], arms.arm[place]),
        place=jnp.where(arm_is_new, new_place, place),
        owner=jnp.where(arm_is_new, owner, arms.owner[place]),
        arm_is_new=arm_is_new,
        group_is_new=is_new & arm_is_new,
        kind=kind,
        group=new_group,
        arm_deal=Deal(arm_at[0], *arm_cards),
        group_deal=Deal(group_at[0], *group_cards),
    )


def _noise(key: RandomKey, number: int) -> Float[Array, " number"]:
    return normal(key, (number,), jnp.dtype(jnp.float32))


def _best_unseen(
    key: RandomKey, entered: Int[Array, " kind"], scale: Scale, kinds: Kinds
) -> tuple[Utility, Int[Array, ""]]:
    """The largest draw of all unseen groups (jointly: of their arms), and its group's kind."""
    number = jnp.asarray(kinds.number) - entered
    if kinds.table is None:
        draw = np.float32(scale.group) * quantiles.largest_of(key, number)
    else:
        draw = quantiles.largest_unseen(key, number, jnp.asarray(kinds.table))
    draw = jnp.where(number > 0, draw, NEVER)
    kind = largest(draw)
    return draw[kind], kind


def _best_unpulled(
    key: RandomKey, left: Int[Array, "*shape"], group: Float[Array, "*shape"], scale: Scale
) -> Float[Array, "*shape"]:
    """The largest draw of the `left` unpulled arms of a group with that utility."""
    draw = group + np.float32(scale.arm) * quantiles.largest_of(key, left)
    return jnp.where(left > 0, draw, NEVER)


def _positions(key: RandomKey, bottom: Card, left: Count) -> Positions:
    """Of one of the `left` cards from the bottom on, each as likely, and of the bottom."""
    return bottom + jax.random.randint(key, (), 0, jnp.maximum(left, 1), jnp.int32) * np.asarray(
        [1, 0], np.int32
    )
