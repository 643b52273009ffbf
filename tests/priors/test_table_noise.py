"""What a table says of its noise, on rewards whose noise is known."""

import numpy as np
import pyarrow as pa
import pytest

import dashjax as dj

NOISE, SPREAD, ARMS, REPLICATES = 0.05, 0.2, 60, 8


def table_of(folder, rewards: np.ndarray, **stated):
    target, arm, replicate = (np.indices(rewards.shape)[axis].ravel() for axis in range(3))
    there = ~np.isnan(rewards.ravel())
    columns = {
        "target": [f"t{one}" for one in target[there]],
        "group": [f"g{one // 3}" for one in arm[there]],
        "dataset": [f"d{one}" for one in arm[there]],
        "replicate": replicate[there],
        "reward": rewards.ravel()[there],
    }
    return dj.import_table(pa.table(columns), folder / "table", **stated)


def drawn(scale: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(3)
    utility = rng.normal(0.5, SPREAD, (2, ARMS, 1))
    return scale * (utility + rng.normal(0, NOISE, (2, ARMS, REPLICATES)))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return dj.table_noise(table_of(tmp_path_factory.mktemp("noise"), drawn()))


def test_noise_and_spread_are_those_of_the_rewards(found):
    for row in found.targets:  # 420 degrees of freedom, and 59
        assert row["noise_sd"] == pytest.approx(NOISE, rel=4.5 / (2 * 420) ** 0.5)
        assert row["spread"] == pytest.approx(SPREAD, rel=4.5 / (2 * 59) ** 0.5)


def test_a_difference_that_is_needed_is_told_by_so_many_replicates(found):
    row, rng = found.targets[0], np.random.default_rng(0)
    count = row["replicates_needed"]
    pairs = rng.normal(0, row["noise_sd"], (4000, 2, count)).mean(2)

    assert count == pytest.approx(2 * (1.96 * NOISE / 0.01) ** 2, rel=0.25)
    assert (np.abs(pairs[:, 0] - pairs[:, 1]) > 0.01).mean() == pytest.approx(0.05, abs=0.0155)
    assert row["least_difference"] == pytest.approx(0.01 * (count / REPLICATES) ** 0.5, rel=0.01)


def test_the_boundary_is_between_the_last_to_take_and_the_next(found):
    ordered = np.sort(drawn()[0].mean(1))[::-1]

    assert found.targets[0]["boundary_gap"] == pytest.approx(ordered[2] - ordered[3])
    assert 0.8 < found.targets[0]["telling"] < 1
    assert not found.outlying


def test_a_collapsed_replicate_and_a_noisy_dataset_are_pointed_out(tmp_path):
    rewards = drawn()
    rewards[1, 7, 2] -= 1
    rewards[:, 9] += np.random.default_rng(1).normal(0, 5 * NOISE, (2, REPLICATES))
    found = dj.table_noise(table_of(tmp_path, rewards, direction="lower"))
    ratio = {row["dataset"]: row["noise_ratio"] for row in found.datasets}
    odd = [(row["target"], row["dataset"], row["replicate"]) for row in found.outlying]

    assert odd == [("t1", "d7", 2)]
    assert found.outlying[0]["reward"] == pytest.approx(rewards[1, 7, 2])
    assert found.outlying[0]["standard_deviations"] > 10  # better, where lower is better
    assert ratio["d9"] > 2.5 > ratio["d0"]


def test_a_unit_changes_nothing_but_the_unit(found, tmp_path):
    other = dj.table_noise(table_of(tmp_path, drawn(2.0**20)), tolerance=0.01 * 2**20)
    for one, same in zip(other.targets, found.targets, strict=True):
        assert one["replicates_needed"] == same["replicates_needed"]
        assert one["noise_sd"] == pytest.approx(2**20 * same["noise_sd"], rel=1e-12)


def test_single_rewards_and_numbers_out_of_range_are_refused(tmp_path):
    table = table_of(tmp_path, drawn()[:, :, :1])
    with pytest.raises(dj.InputError, match="tells nothing of the noise; measure again with"):
        dj.table_noise(table)
    for wrong, sentence in (
        ({"select": 0}, "--select is 0"),
        ({"tolerance": 0.0}, "--tolerance is"),
    ):
        with pytest.raises(dj.InputError, match=sentence):
            dj.table_noise(table, **wrong)
