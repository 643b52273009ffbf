"""Tables that others published: they come in whole, go out equal, and can be replayed."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

import dashjax as dj

SHARED = Path(os.environ.get("DASHJAX_DATA", Path(__file__).parents[3] / "shared" / "data"))
FOLDER = SHARED / "tables"
FLOORS = "taskweb_no_transfer"
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv") if path.stem != FLOORS)
METHODS = ("best", "dash", "flat", "round-robin")

pytestmark = pytest.mark.skipif(not NAMES, reason="the tables of others are not here")


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_in_the_table_at_its_place(name: str, tmp_path: Path):
    table = dj.import_table(FOLDER / f"{name}.csv", tmp_path / "t")
    about = table.identity
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    replicates = sorted({int(row["replicate"]) for row in rows})

    assert table.measured.sum() + len(table.failures) == len(rows)
    for row in rows:
        arm = about.pool.datasets.index(row["dataset"])
        place = about.targets.index(row["target"]), arm, replicates.index(int(row["replicate"]))
        assert table.rewards[place] == float(row["reward"])
        assert about.pool.groups[about.pool.group[arm]] == row["group"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_exported_comes_in_again_equal(name: str, ending: str, tmp_path: Path):
    table = dj.import_table(FOLDER / f"{name}.csv", tmp_path / "t", direction="lower", unit="loss")
    dj.export_table(table, tmp_path / f"out.{ending}")
    again = dj.import_table(tmp_path / f"out.{ending}", tmp_path / "again")

    assert again.content == table.content
    assert again.identity == table.identity


@pytest.mark.skipif(not (FOLDER / f"{FLOORS}.csv").exists(), reason="its floors are not here")
def test_floors_come_from_the_rows_of_a_file_that_are_of_the_table(tmp_path: Path):
    table = dj.import_table(
        FOLDER / "taskweb_t5b.csv",
        tmp_path / "t",
        floor=FOLDER / f"{FLOORS}.csv",
        floor_where="table=taskweb_t5b",
    )
    with (FOLDER / f"{FLOORS}.csv").open(encoding="utf-8", newline="") as file:
        scores = {
            r["target"]: float(r["score"])
            for r in csv.DictReader(file)
            if r["table"] == "taskweb_t5b"
        }

    assert {target: table.floor(target) for target in table.identity.targets} == scores


@pytest.mark.slow
@pytest.mark.parametrize("name", ["prompt_transfer_roberta"])
def test_a_published_table_can_be_replayed(name: str, tmp_path: Path):
    """Each of these has a single reward in a cell, and targets that lack datasets."""
    table = dj.import_table(FOLDER / f"{name}.csv", tmp_path / "t")
    spread = float(np.nanstd(table.rewards))
    targets = table.built()[:1]
    result = dj.replay(
        table,
        METHODS,
        targets=targets,
        seeds=3,
        plan=dj.Plan(steps=4, select=2),
        answers=dj.Answers(noise_sd=spread / 10),
    )

    assert [(row["target"], row["method"]) for row in result.rows] == [
        (target, method) for target in targets for method in METHODS
    ]
    chosen = {name for row in result.frames["selections"] for name in row["datasets"]}
    assert chosen <= set(table.identity.pool.datasets)
