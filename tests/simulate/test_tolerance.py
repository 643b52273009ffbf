"""A tolerance that is a share of the spread, in any unit."""

import numpy as np
import pyarrow as pa
import pytest
from commands import refused

import dashjax as dj
from dashjax.bandit.stopping.parse import for_tolerance, rule
from dashjax.simulate.plan import Settings
from dashjax.simulate.sweep import rules_of
from dashjax.simulate.tolerance import resolved, spread_of

RNG = np.random.default_rng(0)
UTILITY = RNG.normal(0.5, 0.2, (3, 400, 1))
REWARDS = list(UTILITY + RNG.normal(0, 0.3, (3, 400, 5)))
NO_FLOORS = [None] * 3


def settings(share: float | None, **plan) -> Settings:
    return Settings(("best",), dj.Plan(30, 2, tolerance_share=share, **plan), 10)


def test_the_spread_is_that_of_the_true_means():
    assert spread_of(REWARDS, NO_FLOORS, None) == pytest.approx(0.2, rel=0.1)
    single = [rewards[:, :1] for rewards in REWARDS]
    assert spread_of(single, NO_FLOORS, 0.3) == pytest.approx(0.2, rel=0.2)


def test_of_a_floor_it_is_the_way_from_it_to_the_best():
    best = [rewards.mean(1).max() for rewards in REWARDS]
    assert spread_of(REWARDS, [0.5] * 3, None) == pytest.approx(np.mean(best) - 0.5)
    assert spread_of(REWARDS, [9.0] * 3, None) == spread_of(REWARDS, NO_FLOORS, None)


@pytest.mark.parametrize("scale", [2.0**-20, 100.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, 7.0])
def test_it_scales_with_the_unit_and_not_with_the_zero(scale, shift):
    moved = [scale * (rewards + shift) for rewards in REWARDS]
    floors, other = [0.5] * 3, [scale * (0.5 + shift)] * 3

    for old, new in ((NO_FLOORS, NO_FLOORS), (floors, other)):
        plain, found = spread_of(REWARDS, old, None), spread_of(moved, new, None)
        assert found == pytest.approx(scale * plain, rel=1e-9)
        one, two = (resolved(settings(0.05), whole).plan.tolerance for whole in (plain, found))
        assert two == pytest.approx(scale * one, rel=1e-5)


def test_a_method_s_own_rule_takes_it_on_and_others_stay():
    plan = resolved(settings(0.05), 0.123456789).plan
    best, other = dj.method("best"), rule("good-selection:.9:.02")

    assert plan.tolerance == 0.00617284
    assert rules_of(best, plan) == (rule("good-selection:.95:0.00617284"),)
    assert rules_of(best, resolved(settings(0.05, stop=(other,)), 0.1).plan) == (other,)
    assert rules_of(best, settings(None).plan) == (best.stop,)
    assert rules_of(best, dj.Plan(30, 2, tolerance=0.02)) == (rule("good-selection:.95:0.02"),)
    assert rules_of(dj.method("dash"), plan) == ()
    for kept in ("stable:9", "good-selection:.95:.01+each-once"):
        assert for_tolerance(rule(kept), 0.5) is rule(kept)


def test_what_cannot_be_is_refused(capsys):
    with pytest.raises(dj.InputError, match="give above 0% to 100%"):
        resolved(settings(1.5), 1.0)
    with pytest.raises(dj.InputError, match="no spread between datasets can be told"):
        resolved(settings(0.05), 0.0)
    said = refused(capsys, "sweep", "--tolerance", "much")
    assert said == "dashjax: --tolerance is 'much'; give a number, or a share such as 5%"


def test_a_replay_tells_the_tolerance_that_the_share_is(tmp_path):
    target, arm, replicate = (np.indices((2, 4, 3))[axis].ravel() for axis in range(3))
    columns = {"target": [f"t{one}" for one in target], "dataset": [f"d{one}" for one in arm]}
    reward = 0.1 * arm + 0.01 * replicate
    table = dj.import_table(
        pa.table(columns | {"replicate": replicate, "reward": reward}), tmp_path / "table"
    )
    plan = dj.Plan(4, 1, tolerance_share=0.1)
    found = dj.replay(table, ["round-robin"], seeds=2, plan=plan, targets=["t0"])

    assert found.config["tolerance"] == pytest.approx(0.1 * 0.129, rel=0.01)
    assert found.config["tolerance_share"] == 0.1
