"""Pages of results and of tables: what each says, first and at all."""

import re

import numpy as np
import pytest
from browser import opened, run
from page_reading import NASTY, PageReader
from test_checked import fit, replay

import dashjax as dj
from dashjax.cli import main as cli
from dashjax.errors import InputError
from dashjax.report.page.render import render
from dashjax.report.page.results_page import results_page
from dashjax.store import results


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of results and one of a table, with names that are no names, and a failed cell."""
    place, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    rows = ["target,group,dataset,replicate,reward"]
    for target in ("hand", "knee"):
        for arm, dataset in enumerate(("d0", "d1", NASTY[0], "d3")):
            rewards = [str(0.1 * arm + rng.normal(0, 0.02)) for _ in range(3)]
            rewards[0] = "nan" if (target, arm) == ("knee", 3) else rewards[0]
            rows += [f"{target},g{arm % 2},{dataset},{r},{x}" for r, x in enumerate(rewards)]
    (place / "r.csv").write_text("\n".join(rows) + "\n")
    assert cli.main(["table", "import", str(place / "r.csv"), "--out", str(place / "table")]) == 0
    results.write(replay(("one", NASTY[0])), place / "results", 1.0)
    return place


def page_of(folder, what: str) -> PageReader:
    html = folder / f"{what}.html"
    if not html.exists():
        assert cli.main(["report", str(folder / what), "--html", str(html)]) == 0
    return PageReader(html.read_text())


def test_results_say_what_came_of_it_first(folder):
    page = page_of(folder, "results")
    images = [attrs for tag, attrs in page.elements if tag == "img"]

    assert page.said.index("dash stopped by itself after") < page.said.index(
        "one: dash (90% of runs) and flat (90%) take set 0-0"
    )
    assert page.said.index("one: dash (90%") < page.said.index("runs of each method 2,000")
    assert page.columns_of("The methods compared")[:2] == ["target", "method"]
    assert len(images) == 9
    assert all(len(attrs["alt"]) > 40 for attrs in images)
    assert page.asks_for_nothing()
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert "versions" in page.said


def test_a_table_says_what_its_noise_lets_one_tell_and_what_lacks(folder):
    page = page_of(folder, "table")

    assert page.said.index("One reward has noise of") < page.said.index("Groups explain about")
    assert page.said.index("Groups explain about") < page.said.index("targets 2 datasets 4")
    assert "Measurements failed: 1" in page.said
    assert page.columns_of("Failed cells") == ["target", "dataset", "replicate", "reason"]
    assert page.columns_of("Noise by target")[0] == "target"
    assert [tag for tag, _ in page.elements].count("img") == 1
    assert page.asks_for_nothing()
    assert NASTY[0] in page.text


def test_a_table_without_replicates_says_so_in_place_of_figures(folder):
    (folder / "single.csv").write_text("target,dataset,reward\nhand,a,0.1\nhand,b,0.2\n")
    dj.import_table(folder / "single.csv", folder / "single")
    html = dj.write_page(dj.load_table(folder / "single"), folder / "single.html")

    assert PageReader(html.read_text()).said.count("has two rewards for one target") >= 2


def test_a_fit_has_a_page_too():
    page = PageReader(render(results_page(fit())))

    assert "With one target there is none to leave out" in page.said
    assert page.columns_of("Hyper-parameters")[:2] == ["fitted to", "by"]


def test_results_open_in_a_browser_and_print_on_several_pages(folder, tmp_path):
    page_of(folder, "results")
    found = opened((folder / "results.html").read_text(), tmp_path)
    run(tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer")
    printed = (tmp_path / "page.pdf").read_bytes()

    assert found["asked"] == []
    assert not found["broken"]
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("table",), "is a reward table; give --html FILE"),
        (("r.csv",), "is no folder; of a study, give --html FILE"),
        (("gone", "--html", "x.html"), "is not there; give a folder of results"),
        (("table", "--html", "r.csv"), "is there already; give another file, or --overwrite"),
        (("table", "--html", "table"), "is a folder; give the name of a file"),
        (("table", "--html", "no/x.html"), "make it first"),
        (("table", "--html", "x.html", "--watch", "5"), "--watch is for a study"),
        (("r.csv", "--html", "x.html"), "r.csv"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(folder, words, sentence, capsys):
    given = [str(folder / word) if not word.startswith(("-", "5")) else word for word in words]
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    assert cli.main(["report", *given]) == 2
    assert sentence in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_page_is_not_written_over_another_unless_that_is_asked_for(folder):
    html = dj.write_page(dj.load_table(folder / "table"), folder / "again.html")
    with pytest.raises(InputError, match="overwrite=True"):
        dj.write_page(dj.load_table(folder / "table"), html)
    assert dj.write_page(dj.load_table(folder / "table"), html, overwrite=True) == html
