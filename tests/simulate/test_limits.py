"""What cannot be done here is refused with an estimate, before anything is compiled or drawn."""

import numpy as np
import pytest
from commands import refused

import dashjax as dj
from dashjax.engine import sizes
from dashjax.engine.sizes import in_words
from dashjax.simulate import limits, running
from dashjax.simulate.limits import Size

HUGE, BEYOND = 10**12, 10**30
USUAL = {"seeds": 1000, "steps": 200, "select": 3, "batch": 1}


@pytest.fixture
def table(tmp_path):
    rows = [
        {"target": target, "dataset": f"d{arm}", "replicate": copy, "reward": 0.1 * arm + copy}
        for target in ("a", "b")
        for arm in range(4)
        for copy in range(2)
    ]
    source = tmp_path / "results.csv"
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    source.write_text("\n".join(lines) + "\n")
    return dj.import_table(source, tmp_path / "table")


@pytest.fixture
def nothing_starts(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("work was begun")

    monkeypatch.setattr(running, "prepare", fail)
    monkeypatch.setattr(running, "sweep", fail)


def plan(asked):
    return dj.Plan(steps=asked["steps"], select=asked["select"], batch=asked["batch"])


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize("power", [12, 30, 5000])
@pytest.mark.parametrize("what", USUAL)
def test_no_number_is_too_large_to_be_refused(table, what, power):
    number = 10**power
    asked = USUAL | {what: number}
    for work in (
        lambda: dj.sweep((2, 2), ["flat"], seeds=asked["seeds"], plan=plan(asked)),
        lambda: dj.replay(table, ["flat"], seeds=asked["seeds"], plan=plan(asked)),
    ):
        with pytest.raises(dj.InputError) as told:
            work()
        assert in_words(number) in str(told.value)


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize("number", [HUGE, BEYOND])
@pytest.mark.parametrize("option", ["seeds", "steps", "batch", "groups", "arms", "select"])
def test_the_command_line_refuses_it_in_one_sentence(capsys, option, number):
    said = refused(capsys, "sweep", f"--{option}", str(number))
    assert in_words(number) in said


def test_a_demo_refuses_before_its_table_is_built(tmp_path, capsys):
    out = tmp_path / "demo"
    assert "10^15 seeds" in refused(capsys, "demo", "--seeds", str(10**15), "--out", str(out))
    assert not out.exists()


def test_a_fit_is_refused_where_its_covariances_have_no_room(table, capsys, monkeypatch):
    monkeypatch.setattr(sizes, "machine_memory", lambda: 1000)
    said = refused(capsys, "fit", str(table.path))
    assert "a fit to 2 targets with up to 4 datasets in a group would take at least" in said


@pytest.mark.parametrize("option", ["samples", "warmup"])
def test_so_does_a_fit(table, capsys, option):
    said = refused(capsys, "fit", str(table.path), f"--{option}", str(HUGE))
    assert f"--{option} is {HUGE}; it must be from 10 to 1,000,000" in said


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (Size(2 * 10**9, 10, 15), "at least 92 GB of memory, and this machine has 8 GB"),
        (Size(2 * 10**9, 10, 15), "ask for fewer seeds"),
        (Size(1000, 10**6, 15, sweeps=50), "ask for fewer steps"),
        (Size(10, 1000, 10**5, sweeps=200), "ask for fewer datasets"),
        (Size(512, 10**5, 1000, ends_early=True), "ask for fewer steps"),
        (Size(10**7, 10**6, 10**5), "31 years of one core"),
    ],
)
def test_memory_and_time_are_estimated(monkeypatch, size, words):
    monkeypatch.setattr(sizes, "machine_memory", lambda: 8 * 10**9)
    with pytest.raises(dj.InputError, match=words):
        limits.check(size)


@pytest.mark.parametrize(
    "size", [Size(10**7, 200, 15), Size(10_000, 300, 22, sweeps=9 * 21), Size(20, 20, 10**4)]
)
def test_what_fits_is_not_refused(monkeypatch, size):
    monkeypatch.setattr(sizes, "machine_memory", lambda: 8 * 10**9)
    limits.check(size)


def test_a_machine_that_does_not_say_its_memory_refuses_by_time_alone(monkeypatch):
    monkeypatch.setattr(sizes, "machine_memory", lambda: None)
    limits.check(Size(3 * 10**9, 10, 15))
    with pytest.raises(dj.InputError, match="years"):
        limits.check(Size(3 * 10**9, 10**6, 15 * 10**3))


def test_numbers_in_words():
    assert in_words(-12_345) == "-12,345"
    assert [in_words(number) for number in (10**15, -(10**16))] == ["10^15", "-10^16"]
    assert in_words(10**5000) == "10^5000"  # which Python by itself does not write out


def test_an_estimate_grows_with_what_it_is_of():
    small = limits._memory(Size(1000, 100, 15))
    for more in (Size(2000, 100, 15), Size(1000, 200, 15), Size(1000, 100, 30)):
        larger = limits._memory(more)
        assert all(larger[name] >= small[name] for name in small)
        assert sum(larger.values()) > sum(small.values())
    assert np.isclose(limits._memory(Size(10**6, 1, 15))["seeds"], 46e6)
