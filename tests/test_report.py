"""Pictures and tables of results: that they are there, whole and readable, whatever the names."""

import io
import itertools
import math
import os
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from dashjax import results
from dashjax.errors import InputError
from dashjax.metrics import Row
from dashjax.report import draw, results_table, style
from dashjax.results import Experiment

METHODS = ("dash", "flat")
SNAPSHOTS = (0, 5, 15, 60)


def pool_of(groups: int, size: int) -> list[tuple[str, str]]:
    """Datasets and their groups."""
    return [(f"set {g}-{a}", f"group {g}") for g in range(groups) for a in range(size)]


def between(key: str, value: float | None, half: float = 0.01) -> Row:
    ends = (value, None, None) if value is None else (value, value - half, value + half)
    return dict(zip((key, f"{key}_low", f"{key}_high"), ends, strict=True))


def row_of(target: str | None, method: str, steps: int) -> Row:
    """One method's figures, of the lengths that are met with."""
    row: Row = {"target": target, "grouping": "perfect", "method": method, "seeds": 2000}
    row |= {"steps": steps, "select": 2}
    row |= between("steps_median", 0.54 * steps, 0.1 * steps)
    row |= between("steps_mean", 0.567 * steps) | between("steps_p90", None)
    row |= between("never", 0.123)
    for step in (*(s for s in (15, 30, 60) if s < steps), steps):
        row |= between(f"p_right_{step}", 1.0 - 0.5 / step)
    row |= between("simple_regret", 0.000123) | between("cumulative_regret", 12.345)
    for regret in ("0.01", "0.005", "0.002"):
        row |= between(f"steps_to_regret_{regret}", 0.9 * steps)
    return row


def curve_of(label: Row, steps: int, slope: float) -> list[Row]:
    rows = []
    for step in range(1, steps + 1):
        regret = max(0.1 * math.exp(-slope * step), 0.0) if step < 0.9 * steps else 0.0
        row = label | {"step": step} | between("right", 1 - math.exp(-slope * step))
        rows.append(row | between("simple_regret", regret, 0.1 * regret))
    return rows


def posterior_of(label: Row, pool: list[tuple[str, str]], steps: int) -> list[Row]:
    rows = []
    for step in (step for step in SNAPSHOTS if step <= steps):
        here = label | {"step": step}
        for group in dict.fromkeys(group for _, group in pool):
            rows.append(here | unit("group", group, group, step))
        rows += [here | unit("dataset", dataset, group, step) for dataset, group in pool]
    return rows


def unit(level: str, name: str, group: str, step: int) -> Row:
    spread = 0.1 / (1 + step) ** 0.5
    return {"level": level, "name": name, "group": group, "pulls": step, "mean": 0.1, "sd": spread}


def accuracies_of(experiment: Experiment, target: str) -> None:
    for kind, accuracy in (("local", 0.5), ("selection", 0.8), ("global", 0.9)):
        row = {"target": target, "kind": kind, "datasets": ["any"], "accuracy": accuracy}
        experiment.add("accuracies", [row])
    for row in experiment.rows:
        row |= between("accuracy", 0.8) | {"accuracy_share": 0.87}


def replayed(
    targets: tuple[str, ...] = ("one", "two"),
    methods: tuple[str, ...] = METHODS,
    pool: list[tuple[str, str]] | None = None,
    steps: int = 70,
) -> Experiment:
    """What a replay leaves, made up."""
    pool = pool_of(2, 3) if pool is None else pool
    config = {"command": "replay", "select": 2, "tolerance": 0.01, "steps": steps, "reward": "gain"}
    experiment = Experiment(config | {"methods": list(methods), "targets": list(targets)})
    draws = np.random.default_rng(0)
    for target, (place, method) in itertools.product(targets, enumerate(methods)):
        label: Row = {"target": target, "grouping": "perfect", "method": method}
        experiment.rows.append(row_of(target, method, steps))
        experiment.add("curves", curve_of(label, steps, 0.1 / (1 + place)))
        for dataset, group in pool:
            one = {"dataset": dataset, "group": group, "pulls": steps / len(pool)}
            experiment.add("pulls", [label | one | {"most_pulls": steps}])
    for target in targets:
        for dataset, group in pool:
            row: Row = {"target": target, "dataset": dataset, "group": group}
            utility = float(draws.normal(0.05, 0.05))
            experiment.add("rewards", [row | {"utility": utility, "error": 0.01}])
        label = {"target": target, "method": methods[0]}
        experiment.add("posterior", posterior_of(label, pool, steps))
        accuracies_of(experiment, target)
    return experiment


def synthetic(steps: int = 70) -> Experiment:
    """What a sweep over synthetic pools leaves, made up."""
    whole = replayed(("one",), steps=steps)
    kept = {name: whole.frames[name] for name in ("curves", "pulls")}
    for row in itertools.chain(whole.rows, *kept.values()):
        row["target"] = None
        for key in [key for key in row if key.startswith("accuracy")]:
            del row[key]
    return Experiment({"command": "sweep", "select": 2, "tolerance": 0.01}, whole.rows, kept)


def emptied(experiment: Experiment) -> Experiment:
    """The same with None for every number that is not a count."""
    kept = {"step", "steps", "seeds", "select", "most_pulls"}
    for row in itertools.chain(experiment.rows, *experiment.frames.values()):
        for key, value in row.items():
            if isinstance(value, float) or (isinstance(value, int) and key not in kept):
                row[key] = None
    return experiment


def drawn(experiment: Experiment, folder: Path) -> dict[str, np.ndarray]:
    """The pictures by name, `[height, width, channel]`, each checked to show something."""
    results.write(experiment, folder, 1.0)
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


def printed(rows: list[Row], width: int = 120) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(results_table(rows))
    return out.getvalue()


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
        "posterior-one",
        "posterior-two",
        "accuracy",
    ]


def test_a_sweep_has_pictures_of_what_it_measured(tmp_path):
    assert list(drawn(synthetic(), tmp_path)) == ["quality", "regret", "pulls"]


def test_pictures_are_the_same_each_time_and_no_setting_is_left_changed(tmp_path):
    before = dict(matplotlib.rcParams)
    first = drawn(synthetic(), tmp_path)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30.0}):
        second = drawn(synthetic(), tmp_path)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert dict(matplotlib.rcParams) == before


def test_pictures_of_earlier_results_go(tmp_path):
    drawn(replayed(("one",), ("dash",), pool_of(1, 2), steps=2), tmp_path)
    (tmp_path / "mine.png").write_bytes((tmp_path / "pulls.png").read_bytes())
    results.write(synthetic(), tmp_path, 1.0)
    draw(tmp_path)
    left = {path.name for path in tmp_path.glob("*.png")}
    assert left == {"quality.png", "regret.png", "pulls.png", "mine.png"}


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
    assert len(pictures) == 6


def test_forty_groups_of_one_dataset(tmp_path):
    drawn(replayed(("one",), METHODS, pool_of(40, 1), steps=6), tmp_path)


def test_a_dozen_targets(tmp_path):
    experiment = replayed(tuple(f"target {number}" for number in range(12)), steps=10)
    rows = experiment.frames["posterior"]
    rows[:] = [row for row in rows if row["target"] == "target 0"]
    assert "posterior-target-0" in drawn(experiment, tmp_path)


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


def test_methods_keep_their_pens():
    assert style.pen("dash").colour == style.pen("dash").colour != style.pen("flat").colour
    assert style.pen("a method of tomorrow") == style.pen("a method of tomorrow")


def test_long_names_are_shortened_in_the_middle():
    assert style.short("abcdefghij", 7) == "abcd…ij"
    assert style.short("a\nb\tデ", 9) == "a b □"


@pytest.mark.parametrize("steps", [200, 10000])
@pytest.mark.parametrize("rows", ["replay", "sweep"])
def test_a_table_is_no_wider_than_120(rows, steps):
    experiment = replayed(steps=1) if rows == "replay" else synthetic(steps=1)
    wanted = [row_of(row["target"], "a-long-method-name", steps) for row in experiment.rows]
    if rows == "replay":
        wanted = [row | between("accuracy", 0.8) | {"accuracy_share": 0.5} for row in wanted]
    lines = printed(wanted).splitlines()
    cells = ["0.00012", "12.3", "96.7", "99.8" if steps == 200 else "100.0"]
    cells += [f"{0.54 * steps:.0f} [{0.44 * steps:.0f}, {0.64 * steps:.0f}]"]
    for cell in cells:
        assert cell in "\n".join(lines)
    assert "…" not in "\n".join(lines)
    assert max(map(len, lines)) <= 120


def test_a_table_of_unknowns_has_dashes_and_names_are_taken_literally():
    row = emptied(Experiment({}, [row_of("[bold]one[/bold]", "[x]", 100)])).rows[0]
    name, figures = printed([row]).splitlines()[2:4]
    assert name.strip() == "[bold]one[/bold]"
    assert figures.split() == ["[x]", *["-"] * 10]


def test_a_table_says_where_a_mean_is_a_lower_bound():
    some, none = (row_of("one", name, 100) for name in ("some", "none"))
    none["never"] = 0.0
    figures = printed([some, none]).splitlines()
    assert "≥56.7" in figures[3]
    assert " 56.7" in figures[4]


def test_a_table_of_nothing():
    assert "method" in printed([])
