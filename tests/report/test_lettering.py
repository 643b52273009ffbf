"""Whatever the names and the sizes, every text lies inside its picture, and headings are whole."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_up import METHODS, pool_of, replayed, synthetic
from matplotlib.text import Text

from dashjax.pools import read
from dashjax.report.figures import (
    accuracy,
    certainty,
    curves,
    heat,
    lettering,
    posterior,
    pulls,
    rewards,
    stopping,
    style,
)
from dashjax.report.figures.contact import contact_sheet
from dashjax.report.figures.plots import draw
from dashjax.store import results
from dashjax.store.results import Experiment

LONG = "a long name of many words, parted by spaces and signs/as paths_are"
TARGETS = ("W" * 200, (LONG + " ") * 3, "データ$_" * 30, "short")
POOL = [
    (f"{'dataset' * 20}-{group}-{dataset}", f"group {group} {LONG}")
    for group in range(3)
    for dataset in range(2)
]
LIMITS = (
    (posterior, "_TARGETS"),
    (posterior, "_DATASETS"),
    (rewards, "_TARGETS"),
    (curves, "_TARGETS"),
    (heat, "_MOST"),
    (accuracy, "_TARGETS"),
    (stopping, "_BLOCKS"),
    (certainty, "_TARGETS"),
)
LONG_METHODS = ("dash", "W" * 200, f"{LONG}/learned")


@pytest.fixture
def written(monkeypatch) -> list[tuple[str, object]]:
    """All texts that are drawn from now on: words, and whether they lie inside the picture."""
    found: list[tuple[str, object]] = []
    whole = Text.draw

    def noting(text: Text, renderer) -> None:
        whole(text, renderer)
        if text.get_visible() and text.get_text().strip():
            box, page = text.get_window_extent(renderer), text.get_figure(root=True).bbox
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= page.x1 and box.y1 <= page.y1
            found.append((text.get_text(), bool(inside) or (box.extents, page.extents)))

    monkeypatch.setattr(Text, "draw", noting)
    monkeypatch.setattr(style, "DOTS_PER_INCH", 80)
    return found


def pictures(experiment: Experiment, folder: Path) -> list[str]:
    """Draws all; the names of what was drawn."""
    results.write(experiment, folder, 1.0)
    return [path.stem for path in draw(folder)]


def assert_inside(written: list[tuple[str, object]]) -> None:
    assert len(written) > 20
    assert not [(words, where) for words, where in written if where is not True]


def squeezed(words: str) -> str:
    """Without what a line may break at."""
    return "".join(lettering.legible(words).split())


@pytest.mark.slow
def test_long_names_lie_inside_and_headings_are_whole(tmp_path, written):
    experiment = replayed(TARGETS, LONG_METHODS, POOL, steps=20)
    experiment.config["reward"] = f"reward of {LONG}"
    for row in experiment.frames["stops"][::2]:
        experiment.add("stops", [row | {"stop": f"stable:{'9' * 100}"}])
    names = pictures(experiment, tmp_path)
    assert len(names) == 8 + len(TARGETS)
    assert_inside(written)
    headings = [squeezed(words) for words, _ in written if "…" not in words]
    for target in TARGETS:  # quality, regret, pulls, two rules, certainty, posterior, accuracy
        assert sum(squeezed(target) in words for words in headings) >= 8


def test_one_target_of_a_long_name_lies_inside(tmp_path, written):
    pictures(replayed(TARGETS[:1], LONG_METHODS[1:2], POOL, steps=3), tmp_path)
    assert_inside(written)


def test_a_sweep_lies_inside(tmp_path, written):
    pictures(synthetic(steps=3), tmp_path)
    assert_inside(written)


def test_of_a_large_pool_the_pictures_say_what_they_leave_out(tmp_path, written, monkeypatch):
    for place, (module, name) in enumerate(LIMITS):
        monkeypatch.setattr(module, name, 2 + place % 2)
    for module in (stopping, certainty):
        monkeypatch.setattr(module, "_PAGES", 1)
    monkeypatch.setattr(pulls, "_HEIGHT", 2.0)
    targets = tuple(f"target {number}" for number in range(4))
    names = pictures(replayed(targets, METHODS, pool_of(2, 3), steps=2), tmp_path)
    assert sum(name.startswith("posterior") for name in names) == 2
    assert_inside(written)
    said = " ".join(" ".join(words.split()) for words, _ in written)
    for count, words in (
        (2, "Drawn: the first 2 of 4 targets."),  # rewards, pulls
        (4, "Drawn: the first 3 of 4 targets."),  # quality, regret, accuracy, certainty
        (2, "Drawn: the first 2 of 4 targets, a picture each."),
        (1, "Drawn: the first 2 of 4 targets and stop rules."),
        (1, "Drawn: the 2 of 6 datasets that are worth most to any of the targets."),
        (1, "Drawn: the 2 of 6 datasets that are looked at most."),
        (2, "Drawn: the 3 of 6 datasets that were looked at most, and their groups."),
    ):
        assert said.count(words) == count, words


def test_a_contact_sheet_lies_inside_and_names_of_groups_are_whole(tmp_path, written):
    examples = read.read_pool("embedded")
    group = ("W" * 200, LONG, *examples.pool.groups[2:])
    names = tuple(f"{number}{'W' * 100}" for number, _ in enumerate(examples.pool.datasets))
    pool = replace(examples.pool, groups=group, datasets=names)
    contact_sheet(replace(examples, pool=pool), tmp_path / "sheet.png")
    assert_inside(written)
    assert {squeezed(words) for words, _ in written} >= {squeezed(name) for name in group}


def test_words_that_fit_stay_as_they_are():
    assert lettering.heading("few words", 4.0, 18.0) == ("few words", 18.0)
    assert lettering.lines("few words", 4.0, 11.0) == ["few words"]


@pytest.mark.parametrize("words", ["W" * 200, LONG * 3, "i" * 500, "", "a/b" * 60])
def test_a_heading_keeps_every_sign_and_no_line_is_too_wide(words):
    for width in (0.5, 2.0, 9.0):
        text, points = lettering.heading(words, width, 14.0)
        assert squeezed(text) == squeezed(words)
        assert 6.0 <= points <= 14.0
        wide = [lettering.width_of(line, points, bold=True) for line in text.split("\n")]
        assert max(wide) <= width + 1e-9


def test_lines_break_at_spaces_then_at_signs_then_anywhere():
    width = lettering.width_of("nnnnnnnnnn", 10.0) + 1e-6
    assert lettering.lines("nnnnnnn nnnnn", width, 10.0) == ["nnnnnnn", "nnnnn"]
    assert lettering.lines("nnnn/nnnn/nnnnnn", width, 10.0) == ["nnnn/nnnn/", "nnnnnn"]
    assert lettering.lines("n" * 23, width, 10.0) == ["n" * 10, "n" * 10, "nnn"]
