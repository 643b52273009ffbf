"""`dashjax baseline`: samples of a file or of a pool, and what is refused."""

import csv
import json

import folders
import numpy as np
import pytest
from commands import refused

import dashjax as dj
from dashjax.cli import main as cli
from dashjax.pools.readers.features import read_features

FEATURES = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, features=FEATURES, dataset=np.repeat(["west", "east"], [30, 10]))
    return path


def test_picks_are_those_of_the_library_with_their_datasets(file, tmp_path, capsys):
    out = tmp_path / "rows.csv"
    words = ["baseline", "coresets", str(file), "--budget", "12", "--seed", "4"]
    assert cli.main([*words, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = dj.baselines.coresets(FEATURES, 12, seed=4)
    assert [pick["row"] for pick in said["picks"]] == rows.tolist()
    assert {row["dataset"]: row["picked"] for row in said["rows"]} == {
        "west": int((rows < 30).sum()),
        "east": int((rows >= 30).sum()),
    }
    with out.open() as lines:
        written = list(csv.DictReader(lines))
    assert [int(line["row"]) for line in written] == rows.tolist()
    assert [int(line["sample"]) for line in written] == [
        row if row < 30 else row - 30 for row in rows
    ]
    assert "overwrite" in refused(capsys, *words, "--out", str(out))


def test_a_pool_of_images_is_seen_by_the_local_model_of_a_target(tmp_path, capsys, monkeypatch):
    def pixels(examples, settings, target):
        assert target == "neon"
        return examples.inputs.reshape(len(examples.inputs), -1).astype(np.float32)

    monkeypatch.setattr("dashjax.rewards.local_features.local_features", pixels)
    pool = folders.write(tmp_path / "pool", "ink", "neon")
    words = ["baseline", "coresets", str(pool), *folders.CUT, "--budget", "5"]
    assert "give --target, one of ink, neon" in refused(capsys, *words)
    assert cli.main([*words, "--target", "neon", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert sum(row["picked"] for row in said["rows"]) == len(said["picks"]) == 5
    assert {pick["dataset"] for pick in said["picks"]} <= {"ink-0", "ink-1", "neon-0", "neon-1"}


def test_datasets_come_in_the_order_of_the_file(file):
    found = read_features(file)
    assert found.datasets == ("west", "east")
    np.testing.assert_array_equal(found.owner, np.repeat([0, 1], [30, 10]))


@pytest.mark.parametrize(
    ("arrays", "more", "says"),
    [
        ({"features": FEATURES}, ["--budget", "0"], "budget is 0; give 1 to 40"),
        ({"features": FEATURES}, ["--budget", "41"], "budget is 41; give 1 to 40"),
        ({"features": FEATURES * np.inf}, ["--budget", "2"], "features of sample 0 are not finite"),
        ({"other": FEATURES}, ["--budget", "2"], "has no array features"),
        ({"features": FEATURES, "dataset": np.ones(3)}, ["--budget", "2"], "dataset in"),
        ({"features": FEATURES}, ["--budget", "2", "--target", "a"], "--target is for a pool"),
        ({"features": FEATURES}, ["--budget", "2", "--local", "9"], "leave it out"),
        ({"features": FEATURES}, ["--budget", "2", "--overwrite"], "give --out"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(arrays, more, says, tmp_path, capsys):
    np.savez(tmp_path / "bad.npz", **arrays)
    source = str(tmp_path / "bad.npz")
    assert says in refused(capsys, "baseline", "random", source, *more)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npz"]


def test_a_method_that_there_is_not_is_refused_with_the_nearest(file, capsys):
    sentence = refused(capsys, "baseline", "coreset", str(file), "--budget", "2")
    assert "did you mean 'coresets'?" in sentence
