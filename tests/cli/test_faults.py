"""Faults of user, file and machine: one sentence, status 2, and nothing lost or half believed."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import folders
import numpy as np
import pyarrow as pa
import pytest
from commands import build, refused

from dashjax.cli import main as cli
from dashjax.errors import InputError
from dashjax.pools.readers.archive import read_domain
from dashjax.store import files, results
from dashjax.store import reward_table as table
from dashjax.store.cells import REWARDS
from dashjax.store.table_writer import writing

FEW = ["--seeds", "5", "--steps", "6", "--select", "2", "--methods", "flat"]


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    return folders.write(tmp_path_factory.mktemp("pool"), "ink", "neon")


@pytest.fixture(scope="module")
def built(pool: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "table"
    assert cli.main(build(pool, out)) == 0
    return out


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A table that may be hurt."""
    return Path(shutil.copytree(built, tmp_path / "copy"))


def change(copy: Path, *keys: str, value: object) -> None:
    """Puts a value into a manifest."""
    manifest = json.loads((copy / "manifest.json").read_text())
    place = manifest
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    (copy / "manifest.json").write_text(json.dumps(manifest))


def add(copy: Path, value: float | None = 0.5, **other: object) -> None:
    """Puts one more part into a table, sound by itself."""
    row = {"target": "ink", "replicate": 2, "seconds": 1.0, "dataset": "ink-0", "reward": value}
    rows = pa.Table.from_pylist([row | other], schema=REWARDS)
    files.write_part(copy / "rewards", rows)


@pytest.mark.parametrize("key", ["identity", "origin", "parts", "content"])
@pytest.mark.parametrize("value", [3, None, [{}]])
def test_a_manifest_of_the_wrong_form_is_named(copy: Path, capsys, key: str, value: object) -> None:
    change(copy, key, value=value)
    assert "manifest.json is damaged" in refused(capsys, "table", "show", str(copy))


@pytest.mark.parametrize(
    "keys",
    [("fingerprint",), ("training",), ("pool",), ("pool", "datasets"), ("pool", "group")],
)
def test_an_identity_of_the_wrong_form_is_named(copy: Path, capsys, keys: tuple[str, ...]) -> None:
    change(copy, "identity", *keys, value=[7, {}])
    for command in (["table", "show"], ["replay", *FEW]):
        assert "manifest.json is damaged" in refused(capsys, *command, str(copy))


def test_a_manifest_nested_without_end_is_damaged(copy: Path, capsys) -> None:
    (copy / "manifest.json").write_text("[" * 100_000)
    assert "is damaged" in refused(capsys, "table", "show", str(copy))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"value": float("nan")}, "nan"),
        ({"value": None}, "neither a reward nor a failure"),
        ({"dataset": "chalk-0"}, "none of its own"),
        ({"target": "chalk"}, "none of its own"),
        ({"replicate": -1}, "replicates count from 0"),
        ({"replicate": 0, "value": 9.0}, "holds both"),
    ],
)
def test_rows_that_a_table_cannot_have_are_refused(
    copy: Path, capsys, row: dict, words: str
) -> None:
    add(copy, **row)
    assert words in refused(capsys, "replay", str(copy), *FEW)


def test_a_cell_that_is_there_twice_counts_once(copy: Path) -> None:
    before = table.load_table(copy)
    add(copy, float(before.rewards[0, 0, 0]), replicate=0)
    assert table.load_table(copy).content == before.content


def test_replicates_end_at_the_first_that_is_missing(copy: Path) -> None:
    for dataset in ("ink-0", "ink-1", "neon-0", "neon-1"):
        add(copy, dataset=dataset, replicate=3)
    assert table.load_table(copy).array("ink").shape == (4, 2)


def test_a_target_named_twice_is_measured_and_replayed_once(
    pool: Path, built: Path, tmp_path: Path, capsys
) -> None:
    twice = ["--targets", "ink", "ink"]
    assert cli.main(build(pool, tmp_path / "t", *twice)) == 0
    assert table.read_parts(tmp_path / "t")["rewards"].num_rows == 8
    capsys.readouterr()
    assert cli.main(["replay", str(built), *twice, *FEW, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["targets"] == ["ink"]


def test_a_flipped_bit_in_a_part_is_never_a_traceback(copy: Path) -> None:
    (part,) = (copy / "rewards").glob("part-*")
    whole, sound = part.read_bytes(), table.load_table(copy).rewards
    for name in (b"target", b"seconds", b"ink-0"):
        for place in (whole.find(name), whole.rfind(name)):
            hurt = bytearray(whole)
            hurt[place + 2] ^= 0x80
            part.write_bytes(hurt)
            with contextlib.suppress(InputError):
                np.testing.assert_array_equal(table.load_table(copy).rewards, sound)


def test_a_pool_with_a_damaged_header_is_cut_short(tmp_path: Path) -> None:
    np.savez(tmp_path / "ink.npz", **folders.domain(0))
    whole = (tmp_path / "ink.npz").read_bytes()
    (tmp_path / "ink.npz").write_bytes(whole.replace(b"'shape': (", b"'shape': (("))
    with pytest.raises(InputError, match=r"ink\.npz is cut short|damaged"):
        read_domain(tmp_path / "ink.npz")


@pytest.mark.parametrize(
    "mistake", [["--validation-batch", "25"], ["--convolution-widths", *["2"] * 5]]
)
def test_a_build_that_cannot_begin_leaves_nothing(
    pool: Path, tmp_path: Path, capsys, mistake: list[str]
) -> None:
    refused(capsys, *build(pool, tmp_path / "t", *mistake))
    assert not (tmp_path / "t").exists()


def test_a_build_that_diverged_at_once_can_be_given_other_settings(
    pool: Path, tmp_path: Path, capsys
) -> None:
    said = refused(capsys, *build(pool, tmp_path / "t", "--learning-rate", "1e30"))
    assert "diverged" in said
    assert cli.main(build(pool, tmp_path / "t")) == 0
    assert table.load_table(tmp_path / "t").identity.training["learning_rate"] == 0.02


@pytest.mark.parametrize("left", [".lock", ".unfinished-abc.json"])
def test_a_build_killed_before_its_first_file_can_be_given_again(
    pool: Path, tmp_path: Path, left: str
) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / left).touch()
    assert cli.main(build(pool, tmp_path / "t")) == 0


@pytest.mark.parametrize(
    "damage", [{"frames": 3}, {"frames": {}}, {"config": None}, {"frames": [["results", "x"]]}]
)
def test_a_result_manifest_of_the_wrong_form_is_named(tmp_path: Path, capsys, damage: dict) -> None:
    results.write(results.Experiment({"seed": 1}, [{"method": "flat"}]), tmp_path / "r", 1.0)
    file = tmp_path / "r" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | damage))
    assert "manifest.json is damaged" in refused(capsys, "report", str(tmp_path / "r"))


def test_results_that_cannot_be_written_are_refused_before_the_work(
    built: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "file").write_text("mine")
    out = str(tmp_path / "file" / "r")
    assert "cannot be written" in refused(capsys, "replay", str(built), *FEW, "--out", out)


def test_a_demo_spares_a_folder_of_something_else(tmp_path: Path, capsys) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "manifest.json").write_text("mine")
    said = refused(capsys, "demo", "--out", str(tmp_path), "--overwrite")
    assert "holds no dashjax results" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["results", "manifest.json"]


def test_a_contact_sheet_replaces_nothing_but_pictures(pool: Path, tmp_path: Path, capsys) -> None:
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("years of work")
    command = ["pool", str(pool), *folders.CUT, "--out", str(thesis)]
    for more in ([], ["--overwrite"]):
        assert "no name for a contact sheet" in refused(capsys, *command, *more)
    assert thesis.read_text() == "years of work"


def test_selections_are_not_trained_on_another_pool(
    pool: Path, copy: Path, tmp_path: Path, capsys
) -> None:
    before = table.load_table(copy).content
    train = ["replay", str(copy), *FEW, "--train-selections", "1"]
    other = folders.write(tmp_path / "other", "neon", "ink")
    change(copy, "origin", "pool", value=str(other))
    assert "another pool" in refused(capsys, *train)
    change(copy, "origin", "pool", value=str(tmp_path / "moved"))
    assert "no pool" in refused(capsys, *train)
    change(copy, "origin", value={"pool": str(pool)})
    assert "how its pool was cut" in refused(capsys, *train)
    assert "--train-selections is -1" in refused(capsys, *train, "--train-selections", "-1")
    assert table.load_table(copy).content == before


def test_selections_are_not_trained_with_other_packages(copy: Path, capsys) -> None:
    loaded = table.load_table(copy)
    older = replace(loaded.identity, versions=loaded.identity.versions | {"jax": "0.0.1"})
    with pytest.raises(InputError, match=r"jax .*, not 0\.0\.1"), writing(copy, older, {}):
        pass
    change(copy, "identity", "versions", "jax", value="0.0.1")
    train = ["replay", str(copy), *FEW, "--train-selections", "1"]
    assert "was edited" in refused(capsys, *train)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "-1"], "--seed is -1"),
        (["--seed", str(2**32)], f"--seed is {2**32}"),
        (["--steps", str(10**9)], "1,000,000,000 steps"),
        (["--groups", "100000", "--arms", "10000"], "more than 100,000"),
        (["--group-mean", "nan"], "from -1e+06 to 1e+06"),
        (["--group-sd", "1e300"], "from 0 to 1e+06"),
        (["--noise-sd", "1e-30"], "from 1e-06 to 1e+06"),
    ],
)
def test_numbers_out_of_range_are_refused(capsys, arguments: list[str], words: str) -> None:
    assert words in refused(capsys, "sweep", *arguments)


def test_too_little_memory_is_said_in_a_sentence(capsys, monkeypatch) -> None:
    def exhausted(*_: object) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 4 bytes")

    monkeypatch.setattr("dashjax.cli.sweep.run", exhausted)
    assert "not enough memory" in refused(capsys, "sweep")


def test_names_and_paths_are_not_markup(tmp_path: Path, capsys) -> None:
    pool = folders.write(tmp_path / "[", "[bold]ink", ":smile:")
    out = tmp_path / "[red]t[" / "x]"
    assert cli.main(build(pool, out)) == 0
    said = capsys.readouterr().out
    assert "[red]t[/x]" in said.replace("\n", "")
    assert "[bold]ink-0" in said
    assert ":smile:-0" in said


def test_paths_and_names_may_be_of_any_bytes(pool: Path, tmp_path: Path, capsys) -> None:
    strange = tmp_path / os.fsdecode(b"\xff")
    shutil.copytree(pool, strange / "pool")
    assert cli.main(build(strange / "pool", strange / "table")) == 0
    out = str(strange / "results")
    assert cli.main(["replay", str(strange / "table"), *FEW, "--out", out]) == 0
    assert cli.main(["report", out]) == 0
    assert "no pool" in refused(capsys, "pool", str(strange / "nowhere"))
    os.rename(strange / "pool" / "ink.npz", strange / "pool" / os.fsdecode(b"\xfe.npz"))
    assert "not in UTF-8" in refused(capsys, "pool", str(strange / "pool"), *folders.CUT)


def test_a_narrow_stdout_and_one_that_closes_early(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashjax", "table", "show", str(built)]
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii"}
    missing = [*command[:-1], str(tmp_path / "ü")]
    done = subprocess.run(missing, env=narrow, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "\\xfc is no reward table" in done.stderr
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*command, "--json"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_behind_stdout_is_told(built: Path) -> None:
    command = [sys.executable, "-m", "dashjax", "table", "show", str(built)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
