"""Neither the unit nor the zero of rewards decides what is pulled, selected or when a run stops."""

import warnings
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import dashjax as dj

METHODS = "best", "dash"
TOLERANCE, STEPS, SEEDS = 0.02, 30, 40
OTHERS = ((1e6, 0.0), (1.0, 1e6))  # the last: millions of standard deviations


def replayed(folder, scale: float = 1.0, shift: float = 0.0) -> dj.Experiment:
    rng = np.random.default_rng(4)
    utility = 0.5 + np.repeat(rng.normal(0, 0.1, (3, 4)), 3, axis=1) + rng.normal(0, 0.05, (3, 12))
    rewards = scale * (utility[..., None] + rng.normal(0, 0.06, (3, 12, 6))) + shift
    target, dataset, replicate = (np.indices(rewards.shape)[axis].ravel() for axis in range(3))
    rows = {
        "target": [f"target {one}" for one in target],
        "group": [f"group {one // 3}" for one in dataset],
        "dataset": [f"dataset {one}" for one in dataset],
        "replicate": replicate,
        "reward": rewards.ravel(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        floor = scale * 0.45 + shift
        table = dj.import_table(pa.table(rows), folder / f"{scale}-{shift}", floor=floor)
    rules = dj.stopping.good_selection, dj.stopping.good_selection_bound
    plan = dj.Plan(STEPS, 2, tolerance=scale * TOLERANCE)
    plan = replace(plan, stop=tuple(rule(0.8, scale * TOLERANCE) for rule in rules))
    return dj.replay(table, METHODS, targets=["target 0"], seeds=SEEDS, plan=plan)


def figures(result: dj.Experiment) -> np.ndarray:
    """Of each method: when it is right for good, when it stops, how often it pulls what."""
    rows = [[row["steps_mean"], row["never"]] for row in result.rows]
    stops = [[row["stopped_mean"], row["stopped_share"]] for row in result.frames["stops"]]
    pulls = [row["pulls"] for row in result.frames["pulls"]]
    return np.concatenate([np.ravel(rows), np.ravel(stops), pulls]).astype(float)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return replayed(tmp_path_factory.mktemp("plain"))


@pytest.mark.slow
def test_a_power_of_two_changes_nothing_at_all(plain, tmp_path):
    np.testing.assert_array_equal(figures(replayed(tmp_path, 2.0**-20)), figures(plain))


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "shift"), OTHERS)
def test_another_unit_or_zero_changes_what_rounding_decides_alone(plain, tmp_path, scale, shift):
    other = replayed(tmp_path, scale, shift)
    pulls, same = ([row["pulls"] for row in one.frames["pulls"]] for one in (other, plain))

    assert np.abs(np.subtract(pulls, same)).sum() / 2 / (STEPS * len(METHODS)) < 1e-3
    np.testing.assert_allclose(figures(other), figures(plain), atol=0.5)
