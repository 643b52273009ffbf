"""The page of a study: the answer first, nothing from elsewhere, and names are only names."""

import pytest
from browser import opened
from page_reading import NASTY, PageReader

from dashjax.report.page.history import history
from dashjax.report.page.intervals import intervals
from dashjax.report.page.render import render
from dashjax.report.page.study_page import study_page


def row_of(dataset: str, place: int, floor: float | None) -> dict:
    row = {"dataset": dataset, "group": f"of {dataset}", "looks": 3, "selected": place < 2}
    row |= {"mean": 0.5 - 0.1 * place, "sd": 0.05, "chance_best": 0.9 / (1 + place)}
    row |= {"chance_above_floor": None if floor is None else 0.7, "why_not": None}
    return row | {"rank_low": 1 + place, "rank_high": 2 + place, "shrinkage": 0.25}


def study_of(names: tuple[str, ...], looks: int = 8, floor: float | None = None) -> dict:
    trials = [
        {"trial": number, "dataset": names[number % len(names)], "group": "g", "worker": None}
        | {"state": "told", "reward": 0.5, "cost": 1.0, "reason": None, "asked": 0.0, "ended": 1.0}
        for number in range(1, looks + 1)
    ]
    trials[0] |= {"state": "failed", "reason": f"said {names[0]}"}
    trials[1] |= {"state": "open", "worker": names[0]}
    datasets = [row_of(name, place, floor) for place, name in enumerate(names)]
    groups = [
        {"group": row["group"], "datasets": 1, "looks": 3, "mean": 0.4, "sd": 0.1}
        for row in datasets
    ]
    reach = {"tolerance": 0.01, "probability": 0.95, "chance": 0.97, "reached": True}
    reach |= {"more_looks": 0, "more_looks_p10": 0, "more_looks_p90": 0, "most_looks": 10_000}
    return {
        "name": names[0],
        "summary": f"For 'hand', take {names[0]}.",
        "stopped": True,
        "why": "rule good-selection:.95:.01 holds",
        "settings": {"target": names[0], "floor": floor, "direction": "higher", "tolerance": 0.01},
        "chance_good": 0.96,
        "expected_loss": 0.001,
        "next_look": {"dataset": names[-1], "gain": 0.00042},
        "noise_sd": 0.05,
        "datasets": datasets,
        "groups": groups,
        "explained": {"share": 0.5, "low": 0.1, "high": 0.9},
        "reach": [reach | {"datasets": []}],
        "trials": trials,
    }


def page_of(names: tuple[str, ...], **given) -> PageReader:
    return PageReader(render(study_page(study_of(names, **given))))


def test_the_answer_comes_first_and_nothing_from_elsewhere():
    page = page_of(("north-a", "north-b", "south-a"), floor=0.1)

    assert page.said.index("For 'hand', take north-a.") < page.said.index("Stopped: rule")
    assert page.said.index("Stopped: rule") < page.said.index("one more look is worth 0.00042")
    assert page.said.index("0.01 is reached now, 97% sure") < page.said.index("Broken line")
    assert page.asks_for_nothing()
    assert ("html", {"lang": "en"}) in page.elements
    assert [attrs["role"] for tag, attrs in page.elements if tag == "svg"] == ["img", "img"]
    assert "north-a: 0.5, from 0.4178 to 0.5823" in page.said
    assert "looking at all as often as at those to take (3 times) takes 9: 3 saved" in page.said
    assert "Groups explain about 50%" in page.said
    assert "trial 2: north-a, by north-a" not in page.said
    assert "trial 2: south-a, by north-a" in page.said


def test_columns_that_hold_nothing_are_not_there():
    plain, floored = page_of(("a", "b")), page_of(("a", "b"), floor=0.1)
    heads = [page.columns_of("Datasets") for page in (plain, floored)]

    assert "above floor" not in heads[0]
    assert "above floor" in heads[1]
    assert not [head for head in heads if "why not" in head]


def test_names_are_only_names():
    page = page_of(NASTY)
    tags = [tag for tag, _ in page.elements]

    assert tags.count("script") == 1
    assert "img" not in tags
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    for name in NASTY:
        assert name in page.text


def test_before_anything_is_known_nothing_is_drawn():
    study = study_of(("a", "b"), looks=3) | {"next_look": None, "reach": [], "explained": None}
    page = PageReader(render(study_page(study)))

    assert "Nothing yet" in page.said
    assert "mean" not in page.columns_of("Datasets")
    assert "sure" not in [text.strip() for text in page.text[: page.text.index("Words")]]


def test_marks_lie_where_the_values_are():
    rows = [row_of("a", 0, None), row_of("b", 4, None)]
    groups = [{"group": "of a", "mean": 0.4, "sd": 0.02}]
    drawn = intervals(rows, groups, floor=0.0).places
    first, second = drawn["rows"]
    band, nothing = (head["band"] for head in drawn["groups"])

    assert drawn["floor"] < second["x_low"] < second["x"] < first["x_low"] < first["x_high"]
    assert first["x_high"] - first["x"] == pytest.approx(first["x"] - first["x_low"], abs=0.2)
    assert second["x"] < band["x"] < band["mean"] < first["x"]
    assert nothing is None
    assert 2 <= len(drawn["ticks"]) <= 8


def test_looks_lie_in_their_order_and_failures_below_all():
    trials = study_of(("a", "b"))["trials"]
    trials[3]["reward"] = 0.9
    made = [row for row in trials if row["state"] != "open"]
    places = history(made, ["a"]).places
    highest = min(places["marks"], key=lambda mark: mark["y"])

    assert highest["said"] == "trial 4: a: 0.9"
    assert [mark["x"] for mark in places["marks"]] == sorted(m["x"] for m in places["marks"])
    assert [mark["said"] for mark in places["failed"]] == ["trial 1: b failed"]
    assert {mark["taken"] for mark in places["marks"]} == {True, False}


def test_many_datasets_and_looks_are_drawn_in_part_and_that_is_said():
    rows = [row_of(f"d{place}", place, None) for place in range(70)]
    assert "first 60 of 70 datasets" in intervals(rows, [], None).places["left_out"]
    trials = [{"trial": n, "dataset": "d", "state": "told", "reward": 0.1} for n in range(1001)]
    places = history(trials, []).places
    assert len(places["marks"]) == 1000
    assert "last 1,000 looks" in places["left_out"]


def test_a_study_opens_sorts_and_can_be_read_in_the_dark(tmp_path):
    text = render(study_page(study_of(("low", "middle", *NASTY), floor=0.1)))
    dark = "--blink-settings=preferredColorScheme=0"
    found = opened(text, tmp_path, dark, "--window-size=500,900")

    assert found["asked"] == []
    assert found["sorted"]["name"][-3:] == ["a & b", "low", "middle"]
    assert found["sorted"]["down"] == found["sorted"]["up"][::-1]
    assert found["sorted"]["down"][:2] == ["low", "middle"]
    assert found["wide"] <= 0
    assert not found["broken"]
