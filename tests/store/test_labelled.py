"""A table as an xarray dataset."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import dashjax as dj

ROWS = {
    "target": ["hand", "hand", "hand", "knee"],
    "group": ["north", "north", "south", "south"],
    "dataset": ["a", "a", "b", "b"],
    "reward": [0.25, 0.5, 0.75, float("nan")],
}


@pytest.fixture
def table(tmp_path: Path) -> dj.RewardTable:
    stated = {"unit": "nats", "direction": "lower", "floor": {"hand": 0.125, "knee": 0.5}}
    with pytest.warns(UserWarning, match="failed cells"):
        return dj.import_table(pa.table(ROWS), tmp_path / "t", **stated)


def test_every_number_is_under_its_names(table: dj.RewardTable):
    pytest.importorskip("xarray")
    found = dj.to_xarray(table)

    assert found.reward.dims == ("target", "dataset", "replicate")
    np.testing.assert_array_equal(found.reward, table.rewards)
    assert found.reward.sel(target="hand", dataset="a", replicate=1) == 0.5
    assert found.reward.dtype == np.float64
    assert found.failure.sel(target="knee", dataset="b", replicate=0) == "the reward is nan"
    assert (found.failure != "").sum() == 1
    assert found.group.to_series().to_dict() == {"a": "north", "b": "south"}
    np.testing.assert_array_equal(found["sizes"], [0, 0])
    np.testing.assert_array_equal(found["costs"], [1.0, 1.0])
    np.testing.assert_array_equal(found.floor.sel(target=["knee", "hand"]), [0.5, 0.125])
    assert found.attrs == {
        "reward": "reward",
        "unit": "nats",
        "direction": "lower",
        "content": table.content,
    }


def test_what_a_table_does_not_have_is_not_in_the_dataset(tmp_path: Path):
    pytest.importorskip("xarray")
    rows = {name: values[:3] for name, values in ROWS.items()}
    found = dj.to_xarray(dj.import_table(pa.table(rows), tmp_path / "t"))

    assert set(found.data_vars) == {"reward"}


def test_a_floor_that_is_not_stated_is_a_gap(tmp_path: Path):
    pytest.importorskip("xarray")
    rows = pa.table(ROWS | {"reward": [0.25, 0.5, 0.75, 0.5]})
    with pytest.warns(UserWarning, match="no floor is given for 'knee'"):
        table = dj.import_table(rows, tmp_path / "t", floor={"hand": 0.125})

    np.testing.assert_array_equal(dj.to_xarray(table).floor, [0.125, np.nan])


def test_without_xarray_one_sentence_says_what_to_install(table: dj.RewardTable, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(dj.InputError, match=r"pip install xarray$"):
        dj.to_xarray(table)
