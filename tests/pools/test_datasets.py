"""Pools of tables in whichever form they lie on disk, and what is refused."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashjax.errors import InputError
from dashjax.pools.datasets import read_datasets
from dashjax.pools.lazy import ReadingOptions

TABLE = pa.table({"a": [1.0, 2.0], "y": ["no", "yes"]})


def write(path, content="a,y\n1,no\n2,yes\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def read_all(path):
    return [one.read() for one in read_datasets(path)]


def test_every_format_gives_the_same_rows(tmp_path):
    write(tmp_path / "g" / "csv.csv", "a;y\n1;no\n2;yes\n")
    write(tmp_path / "g" / "lines.jsonl", '{"a": 1, "y": "no"}\n{"a": 2, "y": "yes"}\n')
    pq.write_table(TABLE, tmp_path / "g" / "parquet.parquet")
    np.savez(tmp_path / "g" / "arrays.npz", a=[1.0, 2.0], y=["no", "yes"])
    found = read_datasets(tmp_path)
    assert [one.name for one in found] == ["g/arrays", "g/csv", "g/lines", "g/parquet"]
    for one in found:
        rows = one.read()
        assert rows["a"].cast(pa.float64()).to_pylist() == [1.0, 2.0], one.name
        assert rows["y"].to_pylist() == ["no", "yes"]


def test_files_right_under_a_folder_are_one_group(tmp_path):
    write(tmp_path / "pool" / "x.csv")
    (one,) = read_datasets(tmp_path / "pool")
    assert (one.name, one.group) == ("x", "pool")


def test_a_list_says_what_files_do_not(tmp_path):
    write(tmp_path / "far.csv")
    text = "dataset,group,path,cost,price,licence,label,classes\n"
    write(tmp_path / "p" / "pool.csv", f"{text}x,north,../far.csv,2,9,CC0,y,no = benign\n")
    (one,) = read_datasets(tmp_path / "p")
    assert (one.group, one.cost, one.price, one.licence, one.label) == ("north", 2, 9, "CC0", "y")
    assert dict(one.classes) == {"no": "benign"}
    write(
        tmp_path / "p" / "pool.toml",
        '[[dataset]]\nname = "x"\ngroup = "north"\npath = "../far.csv"\n'
        'classes = {no = "benign"}\n',
    )
    (other,) = read_datasets(tmp_path / "p" / "pool.toml")
    assert (other.name, other.group, dict(other.classes)) == ("x", "north", {"no": "benign"})
    assert other.read().num_rows == 2


def test_one_file_may_hold_many_datasets(tmp_path):
    text = "site,ward,a,y\n1,1,5,0\n1,2,6,1\n2,1,7,0\n1,1,8,1\n"
    path = write(tmp_path / "all.csv", text)
    options = ReadingOptions(dataset_column="ward", group_column="site")
    found = {one.name: one for one in read_datasets(path, options)}
    assert list(found) == ["1/1", "2/1", "1/2"]
    assert [one.size for one in found.values()] == [2, 1, 1]
    assert found["1/1"].read().to_pydict() == {"a": [5, 8], "y": [0, 1]}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("g/x.csv", None, "has no rows"),
        ("notes.md", "", "holds no dataset; put files"),
        ("pool.csv", "dataset,path\nx,none.csv\n", "line 2: there is no file"),
        ("pool.csv", "dataset,path,csot\nx,x.csv,1\n", "'csot' (did you mean 'cost'?)"),
        ("pool.toml", "x = [", "is no TOML file"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, content, words):
    write(tmp_path / name, "a,y\n" if content is None else content)
    with pytest.raises(InputError, match=r"^[^\n]*$") as raised:
        read_all(tmp_path)
    assert words in str(raised.value)


def test_names_twice_and_arrays_of_objects_are_refused(tmp_path):
    write(tmp_path / "g" / "x.csv")
    np.savez(tmp_path / "g" / "x.npz", a=np.array([{}, None]), y=[0, 1])
    with pytest.raises(InputError, match="2 datasets named 'g/x'"):
        read_datasets(tmp_path)
    (tmp_path / "g" / "x.csv").unlink()
    (one,) = read_datasets(tmp_path)
    with pytest.raises(InputError, match=r"a in .* holds Python objects"):
        one.read()
    (tmp_path / "g" / "x.npz").write_bytes(b"PK\3\4 cut short")
    with pytest.raises(InputError, match="cannot be read"):
        one.read()
