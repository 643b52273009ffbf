"""The data dictionary has every column of what experiments leave, and no other."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import dashjax as dj
from dashjax.report.dictionary import FRAMES
from dashjax.simulate import accuracies
from dashjax.store.identity import Job
from dashjax.store.results import Experiment

RESULTS = Path(__file__).parents[2] / "docs" / "files" / "results.csv"
PLAN = dj.Plan(steps=16, select=1)
SILENT = dj.Method("silent", dj.beliefs.paper, dj.policies.round_robin)
METHODS = (SILENT, SILENT._replace(name="stops", stop=dj.stopping.rule("budget:5")))


def explained(frame: str) -> set[str]:
    """The columns that the dictionary speaks of."""
    ends = ("_low", "_high")
    intervals = {f"{one.column}{end}" for one in FRAMES[frame] if one.interval for end in ends}
    return {one.column for one in FRAMES[frame]} | intervals


def found(experiment: Experiment) -> dict[str, set[str]]:
    """The columns of each frame; all rows of a frame have the same."""
    frames = {"results": experiment.rows} | experiment.frames
    columns = {}
    for name, rows in frames.items():
        (keys,) = {frozenset(row) for row in rows}
        columns[name] = {_general(key) for key in keys}
    return columns


def _general(key: str) -> str:
    key = re.sub(r"^p_right_\d+", "p_right_N", key)
    return re.sub(r"^steps_to_regret_[.\d]+", "steps_to_regret_R", key)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory) -> Experiment:
    """A replay of two targets, of which one selection's accuracy is known."""
    table = dj.import_table(RESULTS, tmp_path_factory.mktemp("own") / "table")
    result = dj.replay(table, METHODS, targets=["hand", "knee"], seeds=5, plan=PLAN)
    commonest = frozenset(result.rows[0]["take"])
    accuracies.attach(result, replace(table, accuracies={Job("hand", commonest, 0): 0.5}))
    return result


def test_every_column_of_a_replay_is_explained(replayed: Experiment) -> None:
    of_fits = {name for name in FRAMES if name.endswith(" of a fit")}
    assert found(replayed) == {name: explained(name) for name in FRAMES.keys() - of_fits}


def test_every_column_of_a_sweep_is_explained() -> None:
    columns = found(dj.sweep((2, 2), METHODS, seeds=5, plan=PLAN))
    only_replays = {"take", "take_share", "accuracy", "accuracy_share"}
    only_replays |= {"accuracy_low", "accuracy_high"}
    assert columns.pop("results") == explained("results") - only_replays
    assert columns == {name: explained(name) for name in ("curves", "pulls", "selections", "stops")}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_column_has_one_entry_and_a_sentence(frame: str) -> None:
    names = [one.column for one in FRAMES[frame]]
    assert len(set(names)) == len(names)
    for one in FRAMES[frame]:
        assert one.meaning.endswith("."), one
        assert one.unit, one
        assert one.interval in ("", "95 %"), one
