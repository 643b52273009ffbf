"""Tables compared and merged: what changes the content hash is told, and nothing is lost."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store.compare import differences
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.merge import merge
from dashjax.store.reward_table import RewardTable, load_table
from dashjax.store.table_writer import writing

POOL = Pool(("a", "b", "c"), ("north", "south"), (0, 0, 1), (5, 6, 7), (1.0, 2.0, 3.0))
CELL, JOB = Cell("hand", "a", 0), Job("hand", frozenset({"a", "b"}), 0)


def _about() -> Identity:
    training = {"rate": 0.5, "widths": [2, 3], "warm": True}
    told = {"unit": "nats", "floor": (0.0, None)}
    return Identity(POOL, ("hand", "knee"), "print", "gain", training, {"jax": "1"}, **told)


@dataclass
class Holds:
    """What a table holds."""

    identity: Identity = field(default_factory=_about)
    rewards: dict[Cell, float] = field(default_factory=lambda: {CELL: 0.5})
    failures: dict[Cell, str] = field(default_factory=lambda: {Cell("knee", "b", 1): "no memory"})
    accuracies: dict[Job, float] = field(default_factory=lambda: {JOB: 0.25})


def written(path: Path, holds: Holds) -> RewardTable:
    with writing(path, holds.identity, {}) as writer:
        writer.add_rewards((cell, reward, 2.0) for cell, reward in holds.rewards.items())
        writer.add_failures(holds.failures.items())
        writer.add_accuracies((job, value, 3.0) for job, value in holds.accuracies.items())
    return load_table(path)


def about(**change: Any) -> Callable[[Holds], None]:
    def edit(holds: Holds) -> None:
        holds.identity = replace(holds.identity, **change)

    return edit


def pool(**change: Any) -> Callable[[Holds], None]:
    return about(pool=replace(POOL, **change))


def there(name: str, key: Cell | Job, value: Any) -> Callable[[Holds], None]:
    return lambda holds: getattr(holds, name).update({key: value})


EDITS: dict[str, tuple[Callable[[Holds], None], str]] = {
    "pool.datasets": (pool(datasets=("a", "b", "d")), "datasets in .*two alone: 1: 'd'"),
    "pool.datasets, order": (
        pool(datasets=("b", "a", "c"), sizes=(6, 5, 7), costs=(2.0, 1.0, 3.0)),
        "datasets in another order: 2: 'a' and 'b'",
    ),
    "pool.groups": (pool(groups=("north", "west")), "groups in .*two alone: 1: 'west'"),
    "pool.groups, order": (
        pool(groups=("south", "north"), group=(1, 1, 0)),
        "groups in another order: 2: 'north' and 'south'",
    ),
    "pool.group": (pool(group=(0, 1, 1)), "other datasets: 1: 'b' .*north.*south"),
    "pool.sizes": (pool(sizes=(5, 6, 8)), "other datasets: 1: 'c' .*7.*8"),
    "pool.costs": (pool(costs=(1.0, 2.5, 3.0)), r"other datasets: 1: 'b' .*2\.0.*2\.5"),
    "targets": (about(targets=("hand", "knee", "hip"), floor=(0.0, None, None)), "two alone.*hip"),
    "targets, order": (
        about(targets=("knee", "hand"), floor=(None, 0.0)),
        "targets in another order: 2: 'hand' and 'knee'",
    ),
    "fingerprint": (about(fingerprint="other"), "fingerprint: .*print.*other"),
    "reward": (about(reward="retrain"), "reward: .*gain.*retrain"),
    "training": (about(training={"rate": 0.5, "widths": [2, 4], "warm": True}), r"'widths' .*4"),
    "training, type": (about(training={"rate": 0.5, "widths": [2, 3], "warm": 1}), "true and 1"),
    "training, key": (about(training={}), "training in .*one alone: 3"),
    "versions": (about(versions={"jax": "2"}), 'other versions: 1: \'jax\' "1" and "2"'),
    "unit": (about(unit=""), "unit: .*nats"),
    "direction": (about(direction="lower"), "direction: .*higher.*lower"),
    "floor": (about(floor=(0.25, None)), r"other targets: 1: 'hand' .*0\.0.*0\.25"),
    "floor, none": (about(floor=()), "other targets: 2"),
    "rewards": (there("rewards", CELL, 0.75), r"cells with other rewards: 1: .*0\.5 and 0\.75"),
    "rewards, more": (
        there("rewards", Cell("knee", "c", 3), 0.0),
        "cells in .*two alone: 1: target 'knee', dataset 'c', replicate 3",
    ),
    "failures": (there("failures", Cell("knee", "c", 0), "stopped"), "failed cells in .*two alone"),
    "failures, reason": (
        there("failures", Cell("knee", "b", 1), "stopped"),
        'failed cells with other reasons: 1: .*"no memory" and "stopped"',
    ),
    "accuracies": (there("accuracies", JOB, 0.5), r"other accuracies: 1: .*0\.25 and 0\.5"),
    "accuracies, more": (
        there("accuracies", JOB._replace(datasets=frozenset()), 0.5),
        "accuracies in .*two alone: 1: target 'hand' with nothing",
    ),
}


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> RewardTable:
    return written(tmp_path_factory.mktemp("tables") / "one", Holds())


@pytest.mark.parametrize("edit", EDITS)
def test_whatever_changes_the_content_hash_is_told(edit: str, one: RewardTable, tmp_path: Path):
    holds = Holds()
    change, words = EDITS[edit]
    change(holds)
    two = written(tmp_path / "two", holds)

    assert two.content != one.content
    for pair in ((one, two), (two, one)):
        assert list(differences(*pair))
    assert [line for line in differences(one, two) if re.search(words, line)]


def test_there_is_an_edit_of_everything_that_is_hashed():
    edited = {name.partition(",")[0] for name in EDITS}
    hashed = {entry.name for entry in (*fields(Identity), *fields(Holds))} - {"identity", "pool"}

    assert edited == hashed | {f"pool.{entry.name}" for entry in fields(Pool)}


def test_equal_tables_have_no_difference(one: RewardTable, tmp_path: Path):
    holds = Holds(accuracies={JOB: 0.25 + 0.0}, rewards={CELL: 0.5})
    two = written(tmp_path / "two", holds)

    assert two.content == one.content
    assert list(differences(one, two)) == []


def test_minus_nought_is_nought(tmp_path: Path):
    pair = [
        written(tmp_path / name, Holds(accuracies={JOB: nought}, rewards={CELL: nought}))
        for name, nought in (("plus", 0.0), ("minus", -0.0))
    ]

    assert pair[0].content == pair[1].content
    assert list(differences(*pair)) == []


def test_a_merged_table_holds_all_that_each_holds(one: RewardTable, tmp_path: Path):
    lost, other = Cell("knee", "b", 1), JOB._replace(replicate=1)
    two = written(
        tmp_path / "two",
        Holds(
            rewards={CELL: 0.5, Cell("knee", "a", 1): 0.75},
            failures={lost: "stopped", Cell("knee", "a", 0): "stopped"},
            accuracies={JOB: 0.25, other: 0.5},
        ),
    )
    three = written(tmp_path / "three", Holds(rewards={Cell("knee", "a", 0): 1.0}))
    merged = merge([one, two, three], tmp_path / "merged")

    assert merged.measured.sum() == 3
    assert merged.failures == {lost: "no memory; stopped"}
    assert merged.accuracies == {JOB: 0.25, other: 0.5}
    assert merged.seconds == 3 * 2.0 + 2 * 3.0  # each measurement and training once
    assert merge([two, one, three], tmp_path / "again").content == merged.content


UNLIKE = ("rewards", "accuracies", "unit", "pool.sizes", "targets, order", "training, type")


@pytest.mark.parametrize("edit", UNLIKE)
def test_tables_that_contradict_each_other_are_not_merged(
    edit: str, one: RewardTable, tmp_path: Path
):
    """The two that do not go together need not be next to the first."""
    holds = Holds()
    EDITS[edit][0](holds)
    unlike = written(tmp_path / "unlike", holds)
    with pytest.raises(InputError, match=r"do not go together: "):
        merge([one, unlike], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_each_table_is_held_against_each_other(tmp_path: Path):
    empty, one, two = (
        written(tmp_path / name, Holds(accuracies={}, rewards=rewards))
        for name, rewards in (("empty", {}), ("one", {CELL: 0.5}), ("two", {CELL: 0.75}))
    )
    with pytest.raises(InputError, match=r"one and .*two do not go together: cells with other"):
        merge([empty, one, two], tmp_path / "merged")
