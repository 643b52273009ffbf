"""Results that cannot be brought into a table: one sentence says what is wrong and where."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import dashjax as dj

HEAD = "target,group,dataset,replicate,reward"
ROWS = {
    # what stands in the file above a bad row: the row number that a spreadsheet shows
    "at once": ([HEAD], 2),
    "after rows": ([HEAD, "hand,north,a,0,1", "hand,south,b,0,1"], 4),
    "after blank lines": ([HEAD, "", "hand,north,a,0,1", "", ""], 6),
    "after a blank line above the header": (["", HEAD, "hand,north,a,0,1"], 4),
    "after a name of two lines": ([HEAD, 'hand,north,"a\na",0,1'], 3),
}


@pytest.mark.parametrize("above", ROWS)
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("hand,north,c,0", "4 values, and the header names 5 columns"),
        ("hand,north,c,0,1,2", "6 values, and the header names 5 columns"),
        ("hand,north,c,0,good", "column 'reward': 'good' is no number"),
        ("hand,north,c,x,1", "column 'replicate': 'x' is no number"),
        ("hand,north,c,1.5,1", "column 'replicate': 1.5 is no whole number"),
        (",north,c,0,1", "column 'target': no target is named"),
        ("hand,north,,0,1", "column 'dataset': no dataset is named"),
        ("hand,north,c,,1", "column 'replicate': no replicate is numbered"),
    ],
)
def test_the_row_of_a_fault_is_named_as_a_spreadsheet_shows_it(
    above: str, bad: str, words: str, tmp_path: Path
):
    lines, row = ROWS[above]
    source = tmp_path / "r.csv"
    source.write_text("\n".join([*lines, bad, "knee,south,d,0,1"]) + "\n")
    with pytest.raises(dj.InputError) as refused:
        dj.import_table(source, tmp_path / "t")

    assert f"{source}, row {row}" in str(refused.value)
    assert words in str(refused.value)
    assert not (tmp_path / "t").exists()


def test_a_line_that_is_no_json_object_is_named(tmp_path: Path):
    source = tmp_path / "r.jsonl"
    good = json.dumps({"target": "hand", "dataset": "a", "reward": 0.5})
    for bad, words in (
        ("{", "row 3: no JSON object"),
        ("[" * 100_000, "row 3: no JSON object"),
        ("[1]", "row 3: [1] is no JSON object"),
        (good.replace("0.5", '"high"'), "row 3, column 'reward': \"high\" is text"),
        (good.replace("0.5", "true"), "row 3, column 'reward': true is bool"),
    ):
        source.write_text(f"{good}\n\n{bad}\n")
        with pytest.raises(dj.InputError) as refused:
            dj.import_table(source, tmp_path / "t")
        assert words in str(refused.value)


LINE = "hand,north,a,0,1\n"


def _left_open(lines: int) -> bytes:
    return f'{HEAD}\nhand,north,"'.encode() + b"a,0,1\n" * lines


FILES = {
    "compressed": ("r.csv", b"\x1f\x8b\x08\0\0\0", "is compressed"),
    "a workbook": ("r.csv", b"PK\x03\x04\x14\0", "a workbook"),
    "UTF-16": ("r.csv", (HEAD + "\n" + LINE).encode("utf-16"), "save it as UTF-8"),
    "UTF-16, unmarked": ("r.csv", (HEAD + "\n" + LINE).encode("utf-16-le"), "save it as UTF-8"),
    "Latin letters": ("r.csv", (HEAD + "\n" + LINE + "ö").encode("latin-1"), "row 3: byte 0xf6"),
    "a header alone": ("r.csv", HEAD.encode(), "a header, and no rows"),
    "a header and a line end": ("r.csv", f"{HEAD}\n".encode(), "a header, and no rows"),
    "blank lines": ("r.csv", b"\n\n", "nothing but blank lines"),
    "a quotation mark left open": ("r.csv", _left_open(3), "row 2: 3 values, and the header"),
    "and again": ("r.csv", _left_open(3), "5 columns; is a quotation mark left open?"),
    "in a long file": ("r.csv", _left_open(8_000_000), "MB; is a quotation mark left open?"),
    "a JSON array": ("r.json", b'[{"target": "hand"}]', "write one object a line"),
    "JSON over several lines": ("r.json", b'{\n"target": "hand"}', "row 1: no JSON object"),
    "JSON in UTF-16": ("r.json", '{"target": 1}'.encode("utf-16"), "save the file as UTF-8"),
    "an ending of its own": ("r.xlsx", b"PK", "none of the endings"),
}


@pytest.mark.parametrize("fault", FILES)
def test_a_file_of_another_kind_is_refused(fault: str, tmp_path: Path):
    name, content, words = FILES[fault]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(dj.InputError) as refused:
        dj.import_table(tmp_path / name, tmp_path / "t")

    assert words in str(refused.value)
    assert str(tmp_path / name) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


COLUMNS = {"target": ["hand", "hand"], "dataset": ["a", "b"], "reward": [0.25, 0.5]}
ARROW = {
    "a list": ({"reward": [[1.0], [2.0]]}, "row 1, column 'reward'"),
    "truth": ({"reward": [True, False]}, "row 1, column 'reward'"),
    "text": ({"reward": ["1", "high"]}, "row 2, column 'reward': 'high' is no number"),
    "fractions as names": ({"dataset": [0.5, 1.5]}, "column 'dataset' holds values of type double"),
    "bytes as names": ({"dataset": [b"a", b"b"]}, "column 'dataset' holds values of type binary"),
    "no name": ({"dataset": ["a", None]}, "row 2, column 'dataset': no dataset is named"),
    "no number": ({"replicate": [0, None]}, "row 2, column 'replicate': no replicate"),
    "a huge number": ({"replicate": [0.0, 1e300]}, "row 2, column 'replicate': 1e+300"),
}


@pytest.mark.parametrize("fault", ARROW)
def test_a_column_of_another_type_is_refused(fault: str, tmp_path: Path):
    change, words = ARROW[fault]
    with pytest.raises(dj.InputError) as refused:
        dj.import_table(pa.table(COLUMNS | change), tmp_path / "t")
    assert words in str(refused.value)


def test_a_data_frame_that_cannot_be_read_is_refused(tmp_path: Path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS)
    for source, words in (
        (frame.set_index("dataset").rename_axis("reward"), "cannot insert reward"),
        (frame.assign(reward=[1, "high"]), "row 2, column 'reward': 'high' is str"),
        (frame.assign(reward=[1 + 1j, 2]), "column 'reward' holds values of type complex"),
        (pandas.concat([frame, frame], axis=1), "has 2 columns 'target'"),
        (frame["reward"], "not from a pandas series"),
    ):
        with pytest.raises(dj.InputError, match=words):
            dj.import_table(source, tmp_path / "t")


@pytest.mark.parametrize("source", [None, 3, [], {}, b"r.csv"])
def test_what_holds_no_rows_is_refused(source: object, tmp_path: Path):
    with pytest.raises(dj.InputError, match="a file, a pandas data frame or an Arrow table"):
        dj.import_table(source, tmp_path / "t")


WIDE = {
    "two columns of a name": ("dataset,hand,hand\na,1,2\nb,3,4\n", {}, "2 columns 'hand'"),
    "no target": ("dataset\na\nb\n", {}, "no column for a target"),
    "a target that is not there": ("dataset,hand\na,1\n", {"target_columns": ("hip",)}, "'hip'"),
    "a target named twice": ("dataset,hand\na,1\n", {"target_columns": ("hand",) * 2}, "twice"),
    "a target that is the name": (
        "dataset,hand\na,1\n",
        {"target_columns": ("dataset",)},
        "'dataset' cannot be a target and something else",
    ),
    "a column for the reward": ("dataset,hand\na,1\n", {"reward": "hand"}, "for the reward"),
    "text": ("dataset,hand\na,1\nb,good\n", {}, "row 3, column 'hand': 'good' is no number"),
    "a replicate again": (
        "dataset,replicate,hand\na,0,1\na,0,2\nb,0,1\n",
        {},
        "row 3, column 'hand': replicate 0 of dataset 'a' for target 'hand' comes a second time",
    ),
    "not said to be wide": ("dataset,hand,knee\na,1,2\n", {"wide": False}, "say that it is wide"),
    "no rows": ("dataset,hand\n", {}, "a header, and no rows"),
}


@pytest.mark.parametrize("fault", WIDE)
def test_a_wide_file_that_cannot_be_used_is_refused(fault: str, tmp_path: Path):
    content, options, words = WIDE[fault]
    (tmp_path / "w.csv").write_text(content)
    with pytest.raises(dj.InputError) as refused:
        dj.import_table(tmp_path / "w.csv", tmp_path / "t", **({"wide": True} | options))
    assert words in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["w.csv"]
