"""Which group each arm belongs to, and the ways of grouping anew."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dashjax.errors import InputError, unknown

if TYPE_CHECKING:  # pools and tables are read without it
    import jax

_PIECES_UP_TO = 64  # arms whose values are put together piece by piece, far quicker than a gather


@dataclass(frozen=True)
class Grouping:
    """Which group each arm belongs to; static, so that it may be closed over or hashed.

    Inside a belief an arm lives at `[group, slot]`; outside it is its column `[arm]`.

    Attributes:
        group: the group of each arm, numbered from 0 without gaps.
        names: one name a group.

    Example:
        >>> import dashjax as dj
        >>> dj.Grouping((0, 0, 1), ("north", "south")).arm.tolist()
        [[0, 1], [2, -1]]
    """

    group: tuple[int, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.group:
            raise InputError("a pool needs at least one dataset; this one has none")
        used = set(self.group)
        for number, name in enumerate(self.names):
            if number not in used:
                raise InputError(f"group '{name}' has no dataset; leave it out or add one to it")
        for number in used - set(range(len(self.names))):
            raise InputError(f"a dataset names group {number} of {len(self.names)} groups")

    @property
    def arms(self) -> int:
        """Number of arms."""
        return len(self.group)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.names)

    @cached_property
    def slot(self) -> np.ndarray:
        """Place of each arm within its group, `[arm]`."""
        seen = [0] * self.groups
        slots = np.empty(self.arms, np.int32)
        for arm, group in enumerate(self.group):
            slots[arm] = seen[group]
            seen[group] += 1
        return slots

    @cached_property
    def arm(self) -> np.ndarray:
        """Arm at each place, `[group, slot]`; -1 where a shorter group is padded."""
        width = int(self.slot.max()) + 1
        arms = np.full((self.groups, width), -1, np.int32)
        arms[np.asarray(self.group), self.slot] = np.arange(self.arms)
        return arms

    @cached_property
    def mask(self) -> np.ndarray:
        """True where `[group, slot]` holds an arm."""
        return self.arm >= 0

    @cached_property
    def in_order(self) -> bool:
        """True if reading `[group, slot]` row by row gives arms 0, 1, 2, ... without padding."""
        return bool(np.array_equal(self.arm.ravel(), np.arange(self.arms)))

    def to_arms(self, places: "jax.Array") -> "jax.Array":
        """Values `[group, slot, ...]` as `[arm, ...]`."""
        if self.in_order:
            return places.reshape(self.arms, *places.shape[2:])
        if self.arms > _PIECES_UP_TO:
            return places[np.asarray(self.group), self.slot]
        import jax.numpy as jnp

        pairs = zip(self.group, self.slot.tolist(), strict=True)
        return jnp.concatenate([places[group : group + 1, slot] for group, slot in pairs])

    def spread(self, groups: "jax.Array") -> "jax.Array":
        """Values `[group]` as `[arm]`: each arm gets its group's."""
        import jax.numpy as jnp

        return self.to_arms(jnp.broadcast_to(groups[:, None], self.arm.shape))

    def regrouped(self, kind: str, seed: int = 0) -> "Grouping":
        """The same arms in other groups.

        Args:
            kind: `perfect` (as it is), `mixed` (every group gives its first arm to the group before
                it: (mn1, mn2, mm0), docs/mathematics.md), `crossed` (one arm of each group in every
                group), `shuffled` (by chance, sizes kept) or `single` (one group).
            seed: decides `shuffled`; the others ignore it.

        Raises:
            InputError: if `kind` is none of these.
        """
        if kind not in GROUPINGS:
            raise unknown("grouping", kind, GROUPINGS)
        return GROUPINGS[kind](self, seed)


def _perfect(grouping: Grouping, seed: int) -> Grouping:
    return grouping


def _mixed(grouping: Grouping, seed: int) -> Grouping:
    count, first = grouping.groups, grouping.slot == 0
    group = [(g - 1) % count if f else g for g, f in zip(grouping.group, first, strict=True)]
    following = (*grouping.names[1:], grouping.names[0])
    names = [f"{a}+{b}" for a, b in zip(grouping.names, following, strict=True)]
    return Grouping(tuple(group), tuple(names))


def _crossed(grouping: Grouping, seed: int) -> Grouping:
    slots = tuple(int(slot) for slot in grouping.slot)
    return Grouping(slots, tuple(f"cross {number}" for number in range(max(slots) + 1)))


def _shuffled(grouping: Grouping, seed: int) -> Grouping:
    group = np.random.default_rng(seed).permutation(np.asarray(grouping.group))
    names = tuple(f"shuffle {number}" for number in range(grouping.groups))
    return Grouping(tuple(int(g) for g in group), names)


def _single(grouping: Grouping, seed: int) -> Grouping:
    return single(grouping.arms)


def single(arms: int) -> Grouping:
    """All arms in one group: the flat model."""
    return Grouping((0,) * arms, ("all",))


GROUPINGS: dict[str, Callable[[Grouping, int], Grouping]] = {
    "perfect": _perfect,
    "mixed": _mixed,
    "crossed": _crossed,
    "shuffled": _shuffled,
    "single": _single,
}
