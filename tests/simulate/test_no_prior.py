"""A table with one target: methods that learn everything are replayed, others ask for a prior."""

import pytest

import dashjax as dj

PLAN = dj.Plan(steps=4, select=1)


@pytest.fixture
def table(tmp_path):
    rows = [f"only,{place},set {place},{n},{place + n / 10}" for place in range(3) for n in (0, 1)]
    file = tmp_path / "one.csv"
    file.write_text("\n".join(["target,group,dataset,replicate,reward", *rows]))
    return dj.import_table(file, tmp_path / "table")


def test_what_is_told_nothing_needs_no_other_target(table):
    result = dj.replay(table, ["lucb/learned"], seeds=2, plan=PLAN)
    assert result.rows[0]["method"] == "lucb/learned"
    assert result.config["prior"] == {"only": None}


@pytest.mark.parametrize("methods", [["dash"], ["best", "dash"]])
def test_what_needs_a_prior_says_where_it_can_come_from(table, methods):
    with pytest.raises(dj.InputError, match="'best' alone, which needs no prior"):
        dj.replay(table, methods, seeds=2, plan=PLAN)


def test_methods_say_whether_they_need_one():
    told = {name: dj.method(name).needs_prior for name in ("best", "lucb/learned-flat", "flat")}
    assert told == {"best": False, "lucb/learned-flat": False, "flat": True}
