"""Results of any form brought into a table: what is read, what is warned of, what is refused."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dashjax as dj

COLUMNS = {
    "target": ["hand", "hand", "hand", "knee"],
    "group": ["north", "north", "south", "south"],
    "dataset": ["a", "a", "b", "b"],
    "replicate": [0, 1, 0, 0],
    "reward": [0.25, 0.5, 0.75, -1000.0],
}
EXPECTED = [[[0.25, 0.5], [0.75, np.nan]], [[np.nan, np.nan], [-1000.0, np.nan]]]


def as_csv(path: Path, sign: str = ",") -> Path:
    rows = [COLUMNS, *zip(*COLUMNS.values(), strict=True)]
    path.write_text("\n".join(sign.join(map(str, row)) for row in rows) + "\n")
    return path


def as_json(path: Path) -> Path:
    rows = zip(*COLUMNS.values(), strict=True)
    path.write_text("\n\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows))
    return path


def as_parquet(path: Path) -> Path:
    pq.write_table(pa.table(COLUMNS), path)
    return path


def as_coded(_: Path) -> pa.Table:
    """An Arrow table whose texts are numbers of texts, in several chunks."""
    table = pa.table(COLUMNS)
    for place, name in enumerate(("target", "group", "dataset")):
        table = table.set_column(place, name, table[name].dictionary_encode())
    return pa.concat_tables([table.slice(0, 1), table.slice(1)])


def as_frame(_: Path) -> object:
    return pytest.importorskip("pandas").DataFrame(COLUMNS)


def as_categories(_: Path) -> object:
    pandas = pytest.importorskip("pandas")
    kinds = dict.fromkeys(("target", "group", "dataset"), "category")
    return pandas.DataFrame(COLUMNS).astype(kinds)


def as_indexed(_: Path) -> object:
    frame = pytest.importorskip("pandas").DataFrame(COLUMNS)
    return frame.set_index(["target", "dataset"])


SOURCES = {
    "csv": lambda folder: as_csv(folder / "r.csv"),
    "csv with semicolons": lambda folder: as_csv(folder / "r.csv", ";"),
    "tsv": lambda folder: as_csv(folder / "r.tsv", "\t"),
    "tabs in a text file": lambda folder: as_csv(folder / "r.txt", "\t"),
    "json lines": lambda folder: as_json(folder / "r.jsonl"),
    "parquet": lambda folder: as_parquet(folder / "r.parquet"),
    "arrow": lambda _: pa.table(COLUMNS),
    "arrow, coded": as_coded,
    "pandas": as_frame,
    "pandas categories": as_categories,
    "pandas index": as_indexed,
}


@pytest.mark.parametrize("form", SOURCES)
def test_the_same_results_in_any_form_make_the_same_table(form: str, tmp_path: Path):
    table = dj.import_table(SOURCES[form](tmp_path), tmp_path / "t", unit="nats")

    np.testing.assert_array_equal(table.rewards, EXPECTED)
    assert table.identity.targets == ("hand", "knee")
    assert table.identity.pool.datasets == ("a", "b")
    assert table.identity.pool.groups == ("north", "south")
    assert table.identity.pool.group == (0, 1)
    assert table.content == dj.import_table(as_coded(tmp_path), tmp_path / "u", unit="nats").content


WIDE = {"dataset": ["a", "b", "a"], "hand": [0.25, 0.75, 0.5], "knee": [None, -1000.0, None]}


def wide_csv(folder: Path) -> Path:
    (folder / "w.csv").write_text("dataset,hand,knee\na,0.25,\nb,0.75,-1000\na,0.5,\n")
    return folder / "w.csv"


WIDE_SOURCES = {
    "csv": wide_csv,
    "arrow": lambda _: pa.table(WIDE),
    "pandas": lambda _: pytest.importorskip("pandas").DataFrame(WIDE),
    "pandas index": lambda _: pytest.importorskip("pandas").DataFrame(WIDE).set_index("dataset"),
}


@pytest.mark.parametrize("form", WIDE_SOURCES)
def test_in_wide_form_a_row_is_a_dataset_and_a_column_a_target(form: str, tmp_path: Path):
    table = dj.import_table(WIDE_SOURCES[form](tmp_path), tmp_path / "t", wide=True)

    np.testing.assert_array_equal(table.rewards, EXPECTED)
    assert table.identity.pool.groups == ("all",)
    assert not table.failures


def test_in_wide_form_targets_are_chosen_and_groups_read(tmp_path: Path):
    rows = pa.table({**WIDE, "group": ["north", "south", "north"], "note": ["x", "y", "z"]})
    table = dj.import_table(rows, tmp_path / "t", wide=True, target_columns=("knee", "hand"))

    assert table.identity.targets == ("knee", "hand")
    assert table.identity.pool.group == (0, 1)
    np.testing.assert_array_equal(table.rewards, EXPECTED[::-1])


TWINS = {
    "case": ("Hand", "hand"),
    "space": ("hand", "hand "),
    "Unicode form": (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
}


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("column", ["target", "dataset", "group"])
def test_names_that_look_alike_are_kept_apart_and_warned_of(kind: str, column: str, tmp_path: Path):
    one, other = TWINS[kind]
    names = {name: values for name, values in COLUMNS.items()} | {
        column: [one if value in ("hand", "a", "north") else other for value in COLUMNS[column]]
    }
    with pytest.warns(UserWarning, match=f"{column}s that differ only in case, space or Unicode"):
        table = dj.import_table(pa.table(names), tmp_path / "t")

    pool = table.identity.pool
    kept = {"target": table.identity.targets, "dataset": pool.datasets, "group": pool.groups}
    assert kept[column] == (one, other)


def test_rewards_that_are_no_numbers_are_failed_cells_and_counted_aloud(tmp_path: Path):
    rows = COLUMNS | {"reward": [0.25, float("inf"), 0.75, float("nan")]}
    with pytest.warns(UserWarning, match="2 rewards without a finite number became failed cells"):
        table = dj.import_table(pa.table(rows), tmp_path / "t")

    assert sorted(table.failures.values()) == ["the reward is inf", "the reward is nan"]
    assert table.measured.sum() == 2


def floor_file(folder: Path) -> Path:
    (folder / "f.csv").write_text(
        "seed,target,score\n0,hand,0.125\n0,knee,-2\n1,hand,0.5\n1,knee,-3\n"
    )
    return folder / "f.csv"


FLOORS = {
    "a number": ({"floor": 0.5}, (0.5, 0.5)),
    "a number as text": ({"floor": "0.5"}, (0.5, 0.5)),
    "by target": ({"floor": {"hand": 0.125, "knee": -2}}, (0.125, -2.0)),
    "a file": ({"floor": floor_file, "floor_where": "seed=0"}, (0.125, -2.0)),
    "a table": ({"floor": pa.table({"target": ["knee", "hand"], "floor": [1, 2]})}, (2.0, 1.0)),
}


@pytest.mark.parametrize("form", FLOORS)
def test_a_floor_is_a_number_for_all_or_one_for_each_target(form: str, tmp_path: Path):
    options, floors = FLOORS[form]
    floor = options["floor"]
    given = options | {"floor": floor(tmp_path) if callable(floor) else floor}
    table = dj.import_table(pa.table(COLUMNS), tmp_path / "t", **given)

    assert table.identity.floor == floors


def test_a_floor_of_some_targets_is_warned_of(tmp_path: Path):
    with pytest.warns(UserWarning, match="no floor is given for 'knee'"):
        table = dj.import_table(pa.table(COLUMNS), tmp_path / "t", floor={"hand": 0.125})
    assert table.identity.floor == (0.125, None)


BAD_FLOORS = {
    "two of a target": (floor_file, None, ["row 4", "'hand'", "row 2", "seed=0"]),
    "of another seed": (floor_file, "seed=7", ["no row with '7' in column 'seed'"]),
    "not a number": (lambda _: float("nan"), None, ["finite"]),
    "of no target": (lambda _: {"hip": 0.0}, None, ["'hip'", "'hand', 'knee'"]),
    "a condition without a file": (lambda _: 0.5, "seed=0", ["no file"]),
    "a file that is not there": (lambda folder: folder / "none.csv", None, ["does not exist"]),
}


@pytest.mark.parametrize("fault", BAD_FLOORS)
def test_a_floor_that_cannot_be_used_is_refused(fault: str, tmp_path: Path):
    floor, where, words = BAD_FLOORS[fault]
    with pytest.raises(dj.InputError) as refused:
        dj.import_table(pa.table(COLUMNS), tmp_path / "t", floor=floor(tmp_path), floor_where=where)
    for word in words:
        assert word in str(refused.value)
    assert not (tmp_path / "t").exists()


def test_a_file_of_many_blocks_is_read_as_one(tmp_path: Path, monkeypatch):
    """Names, rows and replicates go on from block to block."""
    monkeypatch.setattr("dashjax.store.importers.delimited._BLOCK", 1 << 10)
    rows = [
        f"target-{n % 7},group-{n % 11 % 3},dataset-{n % 11},{n // 77},{n}" for n in range(77 * 20)
    ]
    source = tmp_path / "r.csv"
    source.write_text("\n".join(["target,group,dataset,replicate,reward", *rows, ""]))
    table = dj.import_table(source, tmp_path / "t")

    assert table.rewards.shape == (7, 11, 20)
    assert table.identity.pool.datasets == tuple(f"dataset-{n}" for n in range(11))
    assert table.identity.pool.group == tuple(n % 3 for n in range(11))
    for n in range(77 * 20):
        assert table.rewards[n % 7, n % 11, n // 77] == n


FAULTS = {
    "text": ("hand,north,a,900,good", "row 1002, column 'reward': 'good' is no number"),
    "a row too short": ("hand,north,a", "row 1002: 3 values"),
    "another group": ("hand,south,a,900,1", "row 1002: dataset 'a' is in group 'south'"),
    "a replicate again": ("hand,north,a,0,1", "row 1002: replicate 0 .* after .*row 2;"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_late_block_is_named_by_its_row(fault: str, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("dashjax.store.importers.delimited._BLOCK", 1 << 10)
    bad, words = FAULTS[fault]
    source, rows = tmp_path / "r.csv", [f"hand,north,a,{n},0.5" for n in range(1000)]
    head = "target,group,dataset,replicate,reward"
    source.write_text("\n".join([head, *rows, bad, "hand,north,b,0,1", ""]))
    with pytest.raises(dj.InputError, match=words):
        dj.import_table(source, tmp_path / "t")


@pytest.mark.parametrize("numbered", [False, True])
def test_a_cell_with_too_many_rewards_is_refused_before_the_end_of_the_file(
    numbered: bool, tmp_path: Path, monkeypatch
):
    """The fault in the last row is not reached."""
    monkeypatch.setattr("dashjax.store.importers.delimited._BLOCK", 1 << 12)
    monkeypatch.setattr("dashjax.store.importers.repeats.MOST_REPLICATES", 1000)
    head, row = ("target,dataset,reward", "hand,a,0.5")
    words = "more than 1,000 rewards of dataset 'a' for target 'hand'"
    if numbered:
        head, row = f"{head},replicate", f"{row},0"
        words = "row 3: replicate 0 of dataset 'a' for target 'hand' comes a second time"
    (tmp_path / "r.csv").write_text("\n".join([head, *[row] * 5000, "hand,b,good", ""]))
    with pytest.raises(dj.InputError, match=words):
        dj.import_table(tmp_path / "r.csv", tmp_path / "t")


def test_names_in_json_lines_that_look_like_dates_stay_texts(tmp_path: Path):
    """Also in a file that begins with a mark, and where the first object lacks the name."""
    rows = [
        {"target": "hand", "dataset": "2021-01-01", "reward": 0.5},
        {"target": "2020-01-01", "dataset": "b", "reward": 0.25},
    ]
    source = tmp_path / "r.jsonl"
    source.write_text("\ufeff" + "\n".join(map(json.dumps, rows)), encoding="utf-8")
    table = dj.import_table(source, tmp_path / "t")

    assert table.identity.targets == ("hand", "2020-01-01")
    assert table.identity.pool.datasets == ("2021-01-01", "b")
    rows[1]["group"] = "2022-01-01"
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(dj.InputError, match="row 1, column 'group': no group is named"):
        dj.import_table(source, tmp_path / "u")
