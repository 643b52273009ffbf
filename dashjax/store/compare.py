"""Two tables side by side: all that differs between them, in words.

Whatever changes the content hash of a table is in one of the lines.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.reward_table import RewardTable

_STATED = ("reward", "unit", "direction", "fingerprint")
_ORDERED = ("targets", "groups", "datasets")
_NAMED = 3  # names that a line lists
_LONGEST = 200  # signs of a value that a line shows


def differences(one: RewardTable, other: RewardTable) -> Iterator[str]:
    """What differs between two tables, a line each; nothing if their content is the same."""
    yield from of_identity(one, other)
    yield from contradictions(one, other)
    cells = _aligned(one, other)
    there, here = ~np.isnan(cells.old), ~np.isnan(cells.new)
    for table, alone in ((one, there & ~here), (other, here & ~there)):
        yield from _listed(f"cells in {table.path} alone", np.argwhere(alone), cells.word)
    yield from _alone("failed cells", (one, one.failures), (other, other.failures))
    yield from _unlike("failed cells with other reasons", one.failures, other.failures)
    yield from _alone("accuracies", (one, one.accuracies), (other, other.accuracies))


def of_identity(one: RewardTable, other: RewardTable) -> Iterator[str]:
    """What differs in what two tables are about, a line each."""
    old, new = one.identity.plain(), other.identity.plain()
    for key in _STATED:
        if old[key] != new[key]:
            yield f"{key}: {_short(old[key])} in {one.path}, {_short(new[key])} in {other.path}"
    parts = _parts(other.identity)
    for what, mine in _parts(one.identity).items():
        theirs = parts[what]
        yield from _alone(what, (one, mine), (other, theirs))
        yield from _unlike(f"other {what}", mine, theirs)
        if what in _ORDERED and set(mine) == set(theirs):
            moved = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
            yield from _listed(f"{what} in another order", moved, "'{0[0]}' and '{0[1]}'".format)


def contradictions(one: RewardTable, other: RewardTable) -> Iterator[str]:
    """Where two tables give different values for one cell or one training, a line each."""
    cells = _aligned(one, other)
    unlike = np.argwhere(~np.isnan(cells.old) & ~np.isnan(cells.new) & (cells.old != cells.new))
    yield from _listed("cells with other rewards", unlike, cells.both)
    yield from _unlike("other accuracies", one.accuracies, other.accuracies)


def _parts(identity: Identity) -> dict[str, dict[str, Any]]:
    """What a table is about, by name."""
    about, groups = identity.plain(), identity.pool.groups
    pool = about["pool"]
    floors = [{"floor": value} for value in about["floor"]] or [{}] * len(about["targets"])
    facts = [
        {"group": groups[group], "size": size, "cost": cost}
        for group, size, cost in zip(pool["group"], pool["sizes"], pool["costs"], strict=True)
    ]
    return {
        "training": about["training"],
        "versions": about["versions"],
        "targets": dict(zip(about["targets"], floors, strict=True)),
        "groups": {name: None for name in groups},
        "datasets": dict(zip(pool["datasets"], facts, strict=True)),
    }


class _Aligned(NamedTuple):
    """The rewards of what both tables know, `[target, arm, replicate]`, and the names of it."""

    old: np.ndarray
    new: np.ndarray
    targets: list[str]
    datasets: list[str]

    def word(self, place: np.ndarray) -> str:
        """A cell in words."""
        target, arm, replicate = place.tolist()
        return _word(Cell(self.targets[target], self.datasets[arm], replicate))

    def both(self, place: np.ndarray) -> str:
        """A cell in words, with both rewards."""
        at = tuple(place)
        return f"{self.word(place)} {self.old[at]} and {self.new[at]}"


def _aligned(one: RewardTable, other: RewardTable) -> _Aligned:
    mine, theirs = one.identity, other.identity
    targets, rows = _common(mine.targets, theirs.targets)
    datasets, columns = _common(mine.pool.datasets, theirs.pool.datasets)
    depth = max(one.rewards.shape[2], other.rewards.shape[2])
    old, new = (
        _deepened(table.rewards[np.ix_(row, column)], depth)
        for table, row, column in zip((one, other), rows, columns, strict=True)
    )
    return _Aligned(old, new, targets, datasets)


def _common(
    mine: tuple[str, ...], theirs: tuple[str, ...]
) -> tuple[list[str], tuple[list[int], list[int]]]:
    """Names that both have, and their places in either."""
    known = {name: place for place, name in enumerate(theirs)}
    places = [place for place, name in enumerate(mine) if name in known]
    names = [mine[place] for place in places]
    return names, (places, [known[name] for name in names])


def _deepened(rewards: np.ndarray, depth: int) -> np.ndarray:
    missing = depth - rewards.shape[2]
    return np.pad(rewards, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)


def _alone(
    what: str,
    one: tuple[RewardTable, Mapping[Any, Any]],
    other: tuple[RewardTable, Mapping[Any, Any]],
) -> Iterator[str]:
    """Keys that one table alone has."""
    for (table, mine), (_, theirs) in ((one, other), (other, one)):
        keys = [key for key in mine if key not in theirs]
        yield from _listed(f"{what} in {table.path} alone", keys, _word)


def _unlike(what: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[str]:
    """Keys of both to which they give other values."""
    keys = [key for key in old if key in new and _value(old[key]) != _value(new[key])]
    yield from _listed(
        what, keys, lambda key: f"{_word(key)} {_short(old[key])} and {_short(new[key])}"
    )


def _listed(
    what: str, found: Sequence[Any] | np.ndarray, word: Callable[[Any], str]
) -> Iterator[str]:
    """A line that counts what was found and names the first; none if nothing was."""
    if len(found):
        more = "; ..." if len(found) > _NAMED else ""
        yield f"{what}: {len(found):,}: {'; '.join(map(word, found[:_NAMED]))}{more}"


def _word(key: Hashable) -> str:
    """A name, a cell or a training in words."""
    if isinstance(key, Cell):
        return f"target '{key.target}', dataset '{key.dataset}', replicate {key.replicate}"
    if isinstance(key, Job):
        chosen = ", ".join(f"'{name}'" for name in sorted(key.datasets)) or "nothing"
        return f"target '{key.target}' with {chosen}, replicate {key.replicate}"
    return f"'{key}'"


def _value(value: Any) -> str:
    """A value as a table's identity is hashed: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
