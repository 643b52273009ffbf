"""Pictures of results: that they are there, whole and readable, whatever the names."""

import os
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from made_up import METHODS, between, emptied, pool_of, replayed, row_of, stop_of, synthetic
from PIL import Image

from dashjax.errors import InputError
from dashjax.report.figures import lettering, style
from dashjax.report.figures.plots import draw, draw_into
from dashjax.store import results
from dashjax.store.results import Experiment


def drawn(experiment: Experiment, folder: Path) -> dict[str, np.ndarray]:
    """The pictures by name, `[height, width, channel]`, each checked to show something."""
    results.write(experiment, folder, 1.0, overwrite=True)
    paths = draw(folder)
    pictures = {}
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG\r\n")
        pixels = np.asarray(Image.open(path).convert("RGB"))
        height, width, _ = pixels.shape
        assert 7.5 <= width / style.DOTS_PER_INCH <= 20  # inches
        assert 2.5 <= height / style.DOTS_PER_INCH <= 20
        colours = pixels[::3, ::3].astype(int) @ (1 << 16, 1 << 8, 1)
        assert len(np.unique(colours)) > 20
        assert (pixels[0] == 255).all()
        assert (pixels[:, -1] == 255).all()
        pictures[path.stem] = pixels
    assert sorted(f"{name}.png" for name in pictures) == sorted(
        path.name for path in folder.iterdir() if path.suffix == ".png"
    )
    return pictures


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Fewer pixels, so that the tests are fast; the layout does not depend on them."""
    monkeypatch.setattr(style, "DOTS_PER_INCH", 70)


def test_a_replay_has_every_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DOTS_PER_INCH", 160)
    pictures = drawn(replayed(), tmp_path / "out")
    assert list(pictures) == [
        "rewards",
        "quality",
        "regret",
        "pulls",
        "stopping",
        "certainty",
        "posterior-one",
        "posterior-two",
        "accuracy",
    ]


def test_a_sweep_has_pictures_of_what_it_measured(tmp_path):
    assert list(drawn(synthetic(), tmp_path)) == ["quality", "regret", "pulls", "stopping"]


def test_pictures_are_the_same_each_time_and_no_setting_is_left_changed(tmp_path):
    before = dict(matplotlib.rcParams)
    first = drawn(synthetic(), tmp_path)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30.0}):
        second = drawn(synthetic(), tmp_path)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert dict(matplotlib.rcParams) == before


def test_pictures_of_earlier_results_go(tmp_path):
    drawn(replayed(("one",), ("dash",), pool_of(1, 2), steps=2), tmp_path)
    results.write(synthetic(), tmp_path, 1.0, overwrite=True, draw=draw_into)
    left = {path.name for path in tmp_path.glob("*.png")}
    assert left == {"quality.png", "regret.png", "pulls.png", "stopping.png"}
    (tmp_path / "mine.png").write_bytes((tmp_path / "pulls.png").read_bytes())
    draw(tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == left | {"mine.png"}


def test_smallest_of_all(tmp_path):
    small = replayed(("one",), ("flat",), pool_of(1, 2), steps=1)
    assert "posterior-one" in drawn(small, tmp_path)


@pytest.mark.parametrize("steps", [2, 4])
def test_few_steps(tmp_path, steps):
    drawn(replayed(("one",), steps=steps), tmp_path)


def test_forty_datasets_with_long_names_and_many_methods(tmp_path):
    pool = [
        (f"hospital-{g}-department-of-radiology/scanner-{a}", f"The University Hospital No. {g}")
        for g in range(9)
        for a in range(4 + (g < 4))
    ]
    methods = ("dash", "a-method-with-quite-a-long-name-v2", *(f"method-{n}" for n in range(8)))
    pictures = drawn(replayed(("lung",), methods, pool, steps=6), tmp_path)
    assert len(pictures) == 8


def test_forty_groups_of_one_dataset(tmp_path):
    drawn(replayed(("one",), METHODS, pool_of(40, 1), steps=6), tmp_path)


@pytest.mark.slow
def test_a_dozen_targets(tmp_path):
    experiment = replayed(tuple(f"target {number}" for number in range(12)), steps=10)
    rows = experiment.frames["posterior"]
    rows[:] = [row for row in rows if row["target"] == "target 0"]
    pictures = drawn(experiment, tmp_path)
    assert {"posterior-target-0", "certainty-2", "stopping-2"} <= pictures.keys()
    drawn(replayed(("one",), steps=10), tmp_path)


def test_odd_names(tmp_path):
    targets = ("$a_b$ 100 %", "../up/and\nover", "データ", "ONE", "one", "x" * 200)
    pool = [("{a}$^", "\\frac"), ("[bold]b", "\\frac"), ("c_$", "π ≤ 3"), ("d" * 300, "π ≤ 3")]
    pictures = drawn(replayed(targets, ("dash", "$^"), pool, steps=6), tmp_path)
    names = sorted(name for name in pictures if name.startswith("posterior"))
    assert len({name.lower() for name in names}) == len(targets)
    assert all(re.fullmatch(r"posterior(-[A-Za-z0-9._-]+)?", name) for name in names)


def test_nothing_is_known(tmp_path):
    drawn(emptied(replayed(("one",), steps=6)), tmp_path / "replay")
    drawn(emptied(synthetic()), tmp_path / "sweep")


def test_rules_that_promise_nothing_never_stop_or_break_their_promise(tmp_path):
    experiment = replayed(("one",), ("best",), steps=20)
    label = {"target": "one", "grouping": "perfect", "method": "best"}
    silent = stop_of(label, "budget:10", 20, stopped=1.0) | {"promised": None}
    never = stop_of(label, "stable:" + "9" * 60, 20, stopped=0.0)
    never |= dict.fromkeys(("stopped_p10", "stopped_median"))
    never |= between("good_when_stopped", None)
    broken = stop_of(label, "good-selection:.99:0", 20) | between("good_when_stopped", 0.01)
    experiment.add("stops", [silent, never, broken])
    assert "stopping" in drawn(experiment, tmp_path)


@pytest.mark.slow
def test_a_thousand_datasets_show_those_about_the_boundary(tmp_path):
    experiment = replayed(("one",), METHODS, pool_of(20, 50), steps=6)
    assert "certainty" in drawn(experiment, tmp_path)
    for row in experiment.frames["certainty"]:
        row["selected"] = row["group"] != "group 19"
    assert "certainty" in drawn(experiment, tmp_path)


def test_no_frames(tmp_path):
    results.write(Experiment({"command": "replay"}, [row_of("one", "dash", 5)]), tmp_path, 1.0)
    assert draw(tmp_path) == []


def test_nan_and_zero_rewards(tmp_path):
    experiment = replayed(("one",), steps=6)
    for row in experiment.frames["rewards"]:
        row["utility"], row["error"] = 0.0, float("nan")
    for row in experiment.frames["curves"]:
        row |= between("simple_regret", 0.0, 0.0)
    experiment.frames["rewards"][0]["utility"] = float("nan")
    drawn(experiment, tmp_path)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no dashjax results"):
        draw(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    results.write(synthetic(), tmp_path, 1.0)
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written to"):
        draw(tmp_path)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    results.write(synthetic(), tmp_path, 1.0)
    before = sorted(tmp_path.iterdir())

    def refuse(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match="cannot be written to"):
        draw(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_names_at_line_ends_keep_apart_and_near():
    places = np.array([1.0, 1.0, 1.0, 0.5, 0.0])
    moved = style.apart(places, 0.1)
    np.testing.assert_allclose(moved, [1.0, 0.9, 0.8, 0.5, 0.0])
    moved = style.apart(np.array([0.5, 0.52]), 0.1)
    np.testing.assert_allclose(moved, [0.46, 0.56])
    assert (np.diff(style.apart(np.full(20, 0.3), 0.1)) < -0.099).all()


def test_methods_keep_their_pens_and_best_has_the_thickest():
    assert all(style.pen("best").width > style.pen(name).width for name in METHODS)
    assert style.pen("lucb/learned").colour == style.pen("lucb/exact").colour
    assert style.pen("lucb/learned").dashes != style.pen("lucb/exact").dashes
    assert style.pen("dash").colour == style.pen("dash").colour != style.pen("flat").colour
    assert style.pen("a method of tomorrow") == style.pen("a method of tomorrow")


def test_long_names_are_shortened_in_the_middle():
    assert lettering.short("abcdefghij", 7) == "abcd…ij"
    assert lettering.short("a\nb\tデ", 9) == "a b □"
