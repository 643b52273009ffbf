"""Printed tables of results: whole at every width, whatever the names and numbers."""

import io

import pytest
from made_up import between, emptied, pool_of, replayed, row_of, stop_of, synthetic
from rich.console import Console

from dashjax.report import certainty_tables, results_table, stops_table
from dashjax.simulate.over_targets import add_over_targets
from dashjax.store.results import Experiment, Row


def shown(*things: object, width: int = 120) -> str:
    """What a terminal of that width shows."""
    out = io.StringIO()
    Console(file=out, width=width).print(*things, sep="\n")
    return out.getvalue()


def printed(rows: list[Row], width: int = 120) -> str:
    return shown(results_table(rows), width=width)


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


@pytest.mark.parametrize("width", [80, 110])
@pytest.mark.parametrize("rows", ["replay", "sweep"])
def test_tables_leave_columns_out_where_there_is_no_room(rows, width):
    experiment = replayed() if rows == "replay" else synthetic()
    tables = [results_table(experiment.rows), *stops_table(experiment.frames["stops"])]
    tables += certainty_tables(experiment)
    said = shown(*tables, width=width)
    assert max(map(len, said.splitlines())) <= width
    assert all(len(line.split()) > 3 for line in said.splitlines() if line.startswith("dash"))
    assert ("no room here for" in " ".join(said.split())) == (width == 80)


def test_stops_are_told_with_what_was_promised():
    label = {"target": "one", "grouping": "perfect", "method": "best"}
    rows = [stop_of(label, "good-selection:.95:.01", 100)]
    (table,) = stops_table(rows)
    said = shown(table)
    assert "≥60 [60, 60]" in said
    assert "never" in said
    assert "93% [92, 94]" in said
    assert "stop rule good-selection:.95:.01" in said
    (table,) = stops_table([*rows, stop_of(label, "[b]", 100, stopped=1.0)])
    assert "[b]" in shown(table)
    assert "cost" not in shown(table)
    assert "cost" in shown(*stops_table([rows[0] | {"stopped_cost": 7.0}]))
    assert stops_table([]) == []


def test_means_over_targets_stand_below_and_name_the_worst_target():
    experiment = replayed()
    stops = experiment.frames["stops"]
    stops[1] |= between("good_when_stopped", 0.5)
    add_over_targets(experiment)
    frames = experiment.frames
    frames["over_targets"][1]["steps_mean"] = 77.7
    said = shown(results_table(experiment.rows, frames["over_targets"]))
    _, means = said.split("(all 2 targets)", 1)
    assert [line.split()[0] for line in means.splitlines()[1:3]] == ["dash", "flat"]
    assert "≥77.7" in means
    one, over = (shown(table) for table in stops_table(stops, frames["stops_over_targets"]))
    assert "72%" not in one
    dash, flat = over.split("(all 2 targets)")[1].splitlines()[1:3]
    assert dash.split()[-1] == "93%"
    assert flat.rstrip().endswith("one: 50%")
    assert "72% [71, 72]" in flat


def test_certainty_is_told_of_the_selected_and_their_rivals():
    said = shown(*certainty_tables(replayed(("one",), steps=23)), width=110)
    assert "one: one run of dash, after 23 steps (stopped by good-selection:.95:.01)" in said
    sentence = " ".join(said.split())
    assert "within 0.01 of the best 2 with probability 96%, expected loss 0.0012" in sentence
    lines = [line.split() for line in said.splitlines() if line.startswith("set")]
    assert [line[2] for line in lines] == ["yes", "yes", "no", "no", "no"]
    assert "1 more not to take, each in the best 2 with probability 15% or less" in said
    assert certainty_tables(synthetic()) == []


def test_of_many_targets_the_first_are_told_and_how_many_more_there_are():
    experiment = replayed(tuple(f"target {number}" for number in range(15)), steps=2)
    *tables, last = certainty_tables(experiment)
    assert len(tables) == 2 * 12
    assert last.startswith("\nhow sure a typical run is of 3 more targets: ")
    assert len(certainty_tables(experiment, ["target 14"])) == 2


def test_a_table_of_nothing():
    assert "method" in printed([])


def test_of_many_datasets_those_about_the_boundary_are_told():
    experiment = replayed(("one",), pool=pool_of(20, 50), steps=6)
    for row in experiment.frames["certainty"]:
        row["selected"] = row["group"] != "group 19"
    said = " ".join(shown(*certainty_tables(experiment), width=110).split())
    assert "938 more to take, each in the best 2 with probability <1% or more" in said
    assert "47 more not to take, each in the best 2 with probability below 1%" in said
