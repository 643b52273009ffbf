"""The reward table: what it refuses, what it survives, and that it pays for a cell once."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store import files
from dashjax.store import reward_table as table
from dashjax.store.cells import ACCURACIES, REWARDS
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.table_writer import write_table, writing

POOL = Pool(("a-0", "a-1", "b-0"), ("a", "b"), (0, 0, 1), (5, 5, 5), (1.0, 1.0, 1.0))
ABOUT = Identity(POOL, ("a", "b"), "fingerprint", "gain", {"learning_rate": 0.001})
ORIGIN = {"pool": "embedded", "cut": {}}


def cells(replicates: int, target: str = "a") -> list[tuple[Cell, float, float]]:
    draw = np.random.default_rng(0)
    return [
        (Cell(target, dataset, replicate), float(draw.normal()), 0.1)
        for replicate in range(replicates)
        for dataset in POOL.datasets
    ]


def make(path: Path, rows: list, identity: Identity = ABOUT) -> table.RewardTable:
    with writing(path, identity, ORIGIN) as writer:
        for row in rows:
            writer.add_rewards([row])
    return table.load_table(path)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make(tmp_path / "table", cells(2))
    return tmp_path / "table"


def parts(path: Path) -> list[Path]:
    return sorted((path / "rewards").glob("part-*.parquet"))


def test_rewards_come_back_as_they_were_committed(made: Path) -> None:
    loaded = table.load_table(made)
    expected = np.array([reward for _, reward, _ in cells(2)], np.float32).reshape(2, 3).T
    np.testing.assert_array_equal(loaded.array("a"), expected)
    assert loaded.identity == ABOUT
    assert loaded.built() == ["a"]
    assert loaded.seconds == pytest.approx(0.6)


def test_only_missing_cells_are_asked_for(made: Path) -> None:
    missing = table.load_table(made).missing(["a"], 3)
    assert missing == [Cell("a", dataset, 2) for dataset in POOL.datasets]


def test_accuracies_are_kept_by_target_and_set_of_datasets(made: Path) -> None:
    with writing(made, ABOUT, ORIGIN) as writer:
        writer.add_accuracies([(Job("a", frozenset({"b-0", "a-0"}), 0), 0.5, 1.0)])
        writer.add_accuracies([(Job("a", frozenset({"a-0", "b-0"}), 1), 0.7, 1.0)])
    loaded = table.load_table(made)
    assert loaded.accuracy("a", frozenset({"a-0", "b-0"})) == pytest.approx(0.6)
    assert loaded.accuracy("a", frozenset()) is None


def test_content_depends_on_rewards_and_not_on_order_parts_or_seconds(tmp_path: Path) -> None:
    rows = cells(2)
    slower = [(cell, reward, 9.0) for cell, reward, _ in reversed(rows)]
    changed = [(cell, reward + 1e-12, seconds) for cell, reward, seconds in rows]
    content = make(tmp_path / "one", rows).content
    with writing(tmp_path / "two", ABOUT, ORIGIN) as writer:
        writer.add_rewards(slower)
    assert table.load_table(tmp_path / "two").content == content
    assert make(tmp_path / "three", changed).content != content


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"fingerprint": "other"}, "another pool"),
        ({"pool": replace(POOL, costs=(2.0, 1.0, 1.0))}, "another pool"),
        ({"targets": ("a",)}, "another pool"),
        ({"reward": "retrain"}, "gain, not retrain"),
        ({"training": {"learning_rate": 0.1}}, "learning_rate 0.001, not 0.1"),
        ({"versions": ABOUT.versions | {"jax": "0.0.1"}}, "not 0.0.1"),
    ],
)
def test_tables_that_differ_never_mix(made: Path, change: dict, word: str) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=word), writing(made, replace(ABOUT, **change), ORIGIN):
        pass
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_reward_that_is_no_number_is_refused_and_nothing_of_its_block_kept(
    made: Path, value: float
) -> None:
    with (
        writing(made, ABOUT, ORIGIN) as writer,
        pytest.raises(InputError, match=r"'a'.*replicate 2"),
    ):
        writer.add_rewards([*cells(3)[6:8], (Cell("a", "b-0", 2), value, 0.1)])
    assert table.load_table(made).replicates("a") == 2
    assert table.load_table(made).measured.sum() == 6


def test_a_truncated_part_is_named(made: Path) -> None:
    part = parts(made)[1]
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(InputError, match=f"{part.name}.*cut short"):
        table.load_table(made)


def test_a_truncated_part_can_be_deleted_and_built_again(made: Path) -> None:
    content = table.load_table(made).content
    part = parts(made)[1]
    part.unlink()
    with pytest.raises(InputError, match=f"{part.name} is missing"):
        table.load_table(made)
    with writing(made, ABOUT, ORIGIN) as writer:
        (lost,) = writer.table().missing(["a"], 2)
        writer.add_rewards([row for row in cells(2) if row[0] == lost])
    assert table.load_table(made).content == content


def test_a_changed_reward_is_noticed(made: Path) -> None:
    part = parts(made)[0]
    rows = files.read_rows(part.read_bytes()).to_pylist()
    rows[0]["reward"] += 0.5
    files.write_rows(pa.Table.from_pylist(rows, schema=REWARDS), part)
    with pytest.raises(InputError, match="does not hold what its name says"):
        table.load_table(made)


def test_a_swapped_part_is_noticed(made: Path, tmp_path: Path) -> None:
    """Whole files, each sound, that together are not what the manifest says."""
    other = make(tmp_path / "other", [(cell, 2 * r, s) for cell, r, s in cells(2)])
    for part in parts(made):
        part.unlink()
    for part in parts(other.path):
        (made / "rewards" / part.name).write_bytes(part.read_bytes())
    with pytest.raises(InputError, match="missing"):
        table.load_table(made)


def test_a_manifest_that_is_damaged_or_of_another_schema_is_named(made: Path) -> None:
    manifest = made / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"schema": 99}))
    with pytest.raises(InputError, match="schema version 99"):
        table.load_table(made)
    manifest.write_text(manifest.read_text()[:40])
    with pytest.raises(InputError, match=r"manifest.json is damaged"):
        table.load_table(made)
    manifest.unlink()
    with pytest.raises(InputError, match="no reward table"):
        table.load_table(made)


EDITS = {
    "names swapped": lambda about: about["pool"]["datasets"].reverse(),
    "groups": lambda about: about["pool"].update(group=[0, 1, 1]),
    "costs": lambda about: about["pool"].update(costs=[2.0, 1.0, 1.0]),
    "sizes": lambda about: about["pool"].update(sizes=[9, 5, 5]),
    "reward": lambda about: about.update(reward="retrain"),
    "learning rate": lambda about: about["training"].update(learning_rate=0.1),
    "unit": lambda about: about.update(unit="percent"),
    "direction": lambda about: about.update(direction="lower"),
    "floor": lambda about: about.update(floor=[0.5, None]),
    "target": lambda about: about.update(targets=["a", "c"]),
    "a group number of 1.5": lambda about: about["pool"].update(group=[0, 1.5, 1]),
    "a size beyond 64 bits": lambda about: about["pool"].update(sizes=[2**70, 5, 5]),
    "a lone surrogate": lambda about: about["pool"].update(groups=["a", chr(0xD800)]),
    "a number as a name": lambda about: about.update(targets=["a", 7]),
    "no pool": lambda about: about.pop("pool"),
    "something more": lambda about: about.update(more=1),
    "a direction of its own": lambda about: about.update(direction="up"),
    "too few costs": lambda about: about["pool"].update(costs=[1.0]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_manifest_is_refused_in_one_sentence(made: Path, edit: str) -> None:
    manifest = made / "manifest.json"
    content = json.loads(manifest.read_text())
    EDITS[edit](content["identity"])
    manifest.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"manifest.json (was edited|is damaged)") as refused:
        table.load_table(made)
    assert "\n" not in str(refused.value)


def test_failed_measurements_are_kept_with_their_reason_until_made_again(made: Path) -> None:
    failed = Cell("b", "a-1", 0)
    with writing(made, ABOUT, ORIGIN) as writer:
        writer.add_failures([(failed, "out of memory"), (Cell("b", "a-0", 0), "stopped")])
        writer.add_rewards([(Cell("b", "a-0", 0), 0.25, 1.0)])
    loaded = table.load_table(made)

    assert loaded.failures == {failed: "out of memory"}
    assert failed in loaded.missing(["b"], 1)
    np.testing.assert_array_equal(loaded.counts("b"), [1, 0, 0])


def test_where_lower_is_better_signs_are_turned_and_gaps_come_last(tmp_path: Path) -> None:
    about = replace(ABOUT, direction="lower", floor=(3.0, None), unit="nats")
    rows = [(Cell("a", "a-0", 1), 2.0, 0.1), (Cell("a", "b-0", 0), 1.0, 0.1)]
    loaded = make(tmp_path / "losses", rows, about)

    np.testing.assert_array_equal(loaded.higher("a"), [[-2.0], [np.nan], [-1.0]])
    np.testing.assert_array_equal(loaded.counts("a"), [1, 0, 1])
    assert (loaded.floor("a"), loaded.floor("b")) == (-3.0, None)
    assert loaded.built() == ["a"]


def test_a_replicate_far_beyond_all_others_is_refused_with_what_it_would_take(
    made: Path,
) -> None:
    rows = [(Cell("a", "b-0", 2_000_000_000), 0.5, 0.1)]
    with (
        pytest.raises(InputError, match=r"GB; number replicates"),
        writing(made, ABOUT, ORIGIN) as writer,
    ):
        writer.add_rewards(rows)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="no reward table"), writing(tmp_path, ABOUT, ORIGIN):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_unknown_target_and_one_not_built_are_named(made: Path) -> None:
    with pytest.raises(InputError, match=r"unknown target 'c'.*has a, b"):
        table.load_table(made).array("c")
    with pytest.raises(InputError, match="no complete replicate for target 'b'"):
        table.load_table(made).array("b")


def test_two_builds_do_not_write_to_one_table(made: Path) -> None:
    with (
        writing(made, ABOUT, ORIGIN),
        pytest.raises(InputError, match="another process"),
        writing(made, ABOUT, ORIGIN),
    ):
        pass


def test_what_a_killed_build_left_is_cleared_and_never_read(made: Path) -> None:
    left = made / "rewards" / ".unfinished-abc.parquet"
    left.write_bytes(b"half a file")
    content = table.load_table(made).content
    with writing(made, ABOUT, ORIGIN):
        pass
    assert not left.exists()
    assert table.load_table(made).content == content


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    """A limit on file size, in a process of its own, refuses the write as a full disk does."""
    path = tmp_path / "file"
    path.write_text("old")
    code = f"""
import resource, signal
from pathlib import Path
from dashjax.store.files import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))
try:
    write_whole(Path({str(path)!r}), lambda file: file.write_bytes(b"new" * 1000))
except OSError as error:
    print("refused", error.errno)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused"), done.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_folders_and_files_obey_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        rows = pa.Table.from_pylist([Cell("a", "a-0", 0)._asdict() | {"reward": 0.5}], REWARDS)
        rows = rows.set_column(2, "seconds", pa.array([0.0]))
        write_table(tmp_path / "t", ABOUT, ORIGIN, rows, ACCURACIES.empty_table())
    finally:
        os.umask(before)
    for path in (tmp_path / "t", *(tmp_path / "t").rglob("*")):
        wide = 0o777 if path.is_dir() else 0o666
        assert path.stat().st_mode & 0o777 == wide & ~umask, path


def test_many_small_parts_become_one_and_say_the_same(tmp_path: Path) -> None:
    jobs = [(Job("a", frozenset({"a-0"}), number), 0.5, 1.0) for number in range(70)]
    with writing(tmp_path / "t", ABOUT, ORIGIN) as writer:
        for row, job in zip(cells(30)[:70], jobs, strict=True):
            writer.add_rewards([row])
            writer.add_accuracies([job])
        content = writer.table().content
    loaded = table.load_table(tmp_path / "t")

    assert len(table.part_names(tmp_path / "t")) == 2
    assert loaded.content == content
    assert loaded.accuracies == {job: accuracy for job, accuracy, _ in jobs}
    assert loaded.seconds == pytest.approx(70 * 0.1 + 70 * 1.0)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_whole(path, fail)
    assert path.read_text() == "old"
    files.write_whole(path, lambda temporary: temporary.write_text("new"))
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
