"""How much groups explain, against dense normal laws."""

import numpy as np
import pytest

import dashjax as dj
from dashjax.bandit.beliefs.unit_free import USUAL
from dashjax.pools.grouping import single
from dashjax.priors.table_groups import explained, found_from_others

GROUPING = dj.Grouping((0, 0, 0, 1, 1, 2), ("a", "b", "c"))
OTHER = dj.Grouping((0, 1, 2, 0, 1, 2), ("x", "y", "z"))
RNG = np.random.default_rng(2)
REWARDS = RNG.normal(0, 1, (6, 4))
REWARDS[2, 2:] = np.nan


def dense(grouping):
    """Log weight of each point of the grid, by the covariance of all rewards at once."""
    arm, _ = np.nonzero(~np.isnan(REWARDS))
    rewards, group = REWARDS[~np.isnan(REWARDS)], np.asarray(grouping.group)[arm]
    same_arm, same_group = arm[:, None] == arm[None], group[:, None] == group[None]
    found = []
    for a, b, log_mass in zip(*map(np.ravel, np.broadcast_arrays(*USUAL)), strict=True):
        cov = np.eye(len(arm)) + b * same_arm + a * same_group
        solved = np.linalg.solve(cov, np.stack([np.ones(len(arm)), rewards], 1))
        precision = solved[:, 0].sum()
        middle = solved[:, 1].sum() / precision
        residual = rewards @ solved[:, 1] - precision * middle**2
        volume = np.linalg.slogdet(cov)[1] + np.log(precision) + (len(arm) - 1) * np.log(residual)
        found.append(log_mass - volume / 2)
    return np.array(found)


@pytest.mark.parametrize("grouping", [GROUPING, OTHER, single(6)])
def test_evidence_and_share_are_those_of_dense_normal_laws(grouping):
    weights, plain = dense(grouping), dense(GROUPING)
    found = explained("", "", grouping, REWARDS)
    mass = np.exp(weights - np.logaddexp.reduce(weights))
    share = (USUAL.group / (USUAL.group + USUAL.arm)).ravel()
    factor = found.log_evidence - explained("", "", GROUPING, REWARDS).log_evidence

    assert factor == pytest.approx(
        np.logaddexp.reduce(weights) - np.logaddexp.reduce(plain), abs=1e-3
    )
    assert found.share == pytest.approx(share @ mass, abs=1e-3)
    assert found.low <= found.share <= found.high


def of_groups(group_sd: float, arm_sd: float, targets: int = 3) -> dict[str, np.ndarray]:
    rng, group = np.random.default_rng(5), np.arange(15) // 3
    return {
        f"t{number}": rng.normal(0, group_sd, 5)[group][:, None]
        + rng.normal(0, arm_sd, (15, 1))
        + rng.normal(0, 0.3, (15, 8))
        for number in range(targets)
    }


TRUE = dj.Grouping(tuple(range(5)) * 3, tuple("abcde"))
RIGHT = dj.Grouping(tuple(np.repeat(range(5), 3).tolist()), tuple("abcde"))


def test_groups_that_matter_explain_much_and_others_little():
    strong, none = of_groups(1.0, 0.1)["t0"], of_groups(0.0, 1.0)["t0"]

    assert explained("", "", RIGHT, strong).share > 0.8
    assert explained("", "", RIGHT, none).share < 0.3
    right, wrong = (explained("", "", one, strong).log_evidence for one in (RIGHT, TRUE))
    assert right > wrong + 5


def test_groups_are_found_from_other_targets_alone():
    cells = of_groups(1.0, 0.1)
    found = found_from_others(cells, "t0")
    same = np.equal.outer(np.asarray(found.group), np.asarray(found.group))

    np.testing.assert_array_equal(same, np.equal.outer(np.arange(15) // 3, np.arange(15) // 3))
    assert found_from_others(cells | {"t0": -cells["t0"]}, "t0") == found


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["name,kind", "a,x"], "needs a column 'dataset' and one or more"),
        (["dataset,kind", "alpha,x", "betta,y"], r"no dataset 'betta' \(did you mean 'beta'"),
        (["dataset,kind", "alpha,x", "alpha,y"], "'alpha' is there twice"),
        (["dataset,kind", "alpha,x"], "no row for dataset 'beta'"),
        (["dataset,kind", "alpha,x", "beta,"], "'beta' has no group in column 'kind'"),
    ],
)
def test_a_file_of_groupings_that_cannot_be_used_is_refused(tmp_path, lines, sentence):
    path = tmp_path / "groups.csv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(dj.InputError, match=sentence):
        dj.read_groupings(path, ("alpha", "beta"))


def test_every_column_of_a_file_is_a_grouping(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text("dataset,kind,size\nbeta,x,1\nalpha,y,1\n")
    found = dj.read_groupings(path, ("alpha", "beta"))

    assert found == {
        "kind": dj.Grouping((0, 1), ("y", "x")),
        "size": dj.Grouping((0, 0), ("1",)),
    }
