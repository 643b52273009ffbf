"""The page of a study: the answer first, nothing from elsewhere, and names are only names."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from dashjax.report.page.picture import picture
from dashjax.report.page.study_page import study_page

NASTY = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "a & b")
VOID = {"meta", "line", "circle", "link", "br"}


class Page(HTMLParser):
    """What is in a page; fails where elements do not close in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def row_of(dataset: str, place: int, floor: float | None) -> dict:
    row = {"dataset": dataset, "group": f"of {dataset}", "looks": 3, "selected": place < 2}
    row |= {"mean": 0.5 - 0.1 * place, "sd": 0.05, "chance_best": 0.9 / (1 + place)}
    row |= {"chance_above_floor": None if floor is None else 0.7, "why_not": None}
    return row | {"rank_low": 1 + place, "rank_high": 2 + place}


def study_of(names: tuple[str, ...], looks: int = 8, floor: float | None = None) -> dict:
    trials = [
        {"trial": number, "dataset": names[number % len(names)], "group": "g", "worker": None}
        | {"state": "told", "reward": 0.5, "cost": 1.0, "reason": None, "asked": 0.0, "ended": 1.0}
        for number in range(1, looks + 1)
    ]
    trials[0] |= {"state": "failed", "reason": f"said {names[0]}"}
    trials[1] |= {"state": "open", "worker": names[0]}
    datasets = [row_of(name, place, floor) for place, name in enumerate(names)]
    return {
        "name": names[0],
        "summary": f"For 'hand', take {names[0]}.",
        "stopped": True,
        "why": "rule good-selection:.95:.01 holds",
        "settings": {"target": names[0], "floor": floor, "direction": "higher"},
        "chance_good": 0.96,
        "expected_loss": 0.001,
        "datasets": datasets,
        "trials": trials,
    }


def test_the_answer_comes_first_and_nothing_from_elsewhere():
    text = study_page(study_of(("north-a", "north-b", "south-a"), floor=0.1))
    page = Page(text)
    said = " ".join(" ".join(page.text).split())

    assert said.index("For 'hand', take north-a.") < said.index("What is believed")
    assert "96%" in said
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text)
    assert not [one for one in page.elements if {"src", "href"} & set(one[1])]
    assert ("html", {"lang": "en"}) in page.elements
    (drawing,) = [attrs for tag, attrs in page.elements if tag == "svg"]
    assert drawing["role"] == "img"
    assert "north-a: 0.5, from 0.4178 to 0.5823" in said


def test_names_are_only_names():
    text = study_page(study_of(NASTY))
    page = Page(text)

    assert [tag for tag, _ in page.elements].count("script") == 1
    assert "img" not in [tag for tag, _ in page.elements]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    for name in NASTY:
        assert name in page.text


def test_before_anything_is_known_nothing_is_drawn():
    page = Page(study_page(study_of(("a", "b"), looks=3)))
    assert "svg" not in [tag for tag, _ in page.elements]
    assert "Nothing yet" in " ".join(page.text)


def test_marks_lie_where_the_values_are():
    drawn = picture([row_of("a", 0, None), row_of("b", 4, None)], floor=0.0)
    first, second = drawn["rows"]

    assert drawn["floor"] < second["x_low"] < second["x"] < first["x_low"] < first["x_high"]
    assert first["x_high"] - first["x"] == pytest.approx(first["x"] - first["x_low"], abs=0.2)
    assert 2 <= len(drawn["ticks"]) <= 8


def test_it_opens_and_sorts_in_a_browser(tmp_path):
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Chromium is not installed")
    sort = (
        "<script>document.querySelectorAll('th button')[3].click();"
        "document.querySelectorAll('th button')[3].click();</script></body>"
    )
    text = study_page(study_of(("high", "middle", "low"), floor=0.1)).replace("</body>", sort)
    (tmp_path / "page.html").write_text(text)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    options += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [browser, *options, "--dump-dom", f"file://{tmp_path / 'page.html'}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "CONSOLE" not in done.stderr
    names = re.findall(r'<td class="text" data-value="(high|middle|low)"', done.stdout)
    assert names == ["low", "middle", "high"]
    assert 'aria-sort="ascending"' in done.stdout
