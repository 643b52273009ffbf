"""What more looks would reach, in words."""

import pytest

from dashjax.report import reached_anywhere
from dashjax.store.results import Experiment, Row

KEYS = "tolerance", "chance", "reached", "more_looks", "more_looks_p10", "more_looks_p90"


def row_of(*figures: object, datasets: tuple[str, ...] = (), target: str = "hand") -> Row:
    label: Row = {"target": target, "method": "best", "step": 60, "probability": 0.95}
    known = dict(zip(KEYS, figures, strict=True))
    return label | known | {"most_looks": 10_000, "datasets": list(datasets)}


def said(*rows: Row, **frames: list[Row]) -> list[str]:
    return reached_anywhere(Experiment({}, [], {"reach": list(rows)} | frames))


NEEDS = row_of(0.01, 0.8, False, 43, 21, 412, datasets=("a", "b"))


def test_what_is_needed_and_what_is_reached():
    assert said(NEEDS, row_of(0.02, 0.967, True, 0, 0, 0)) == [
        "hand: with this noise, to be 95% sure of 0.01 needs about 43 more looks (21 to 410), "
        "mostly at a and b; 0.02 is reached now, 97% sure."
    ]


def test_what_half_of_it_would_need():
    half = row_of(0.005, 0.8, False, 1, 1, 1, datasets=("c",))
    assert said(row_of(0.01, 0.96, True, 0, 0, 0), half) == [
        "hand: 0.01 is reached now, 96% sure; with this noise, 0.005 would need about 1 more look, "
        "mostly at c."
    ]
    even = row_of(0.005, 0.999, True, 0, 0, 0)
    assert said(row_of(0.01, 1.0, True, 0, 0, 0), even) == ["hand: 0.01 is reached now, >99% sure."]


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ((None, 9_500, None), "needs more than 10,000 more looks."),
        ((1_234, 561, None), "needs about 1,200 more looks (560 to over 10,000)."),
    ],
)
def test_what_is_out_of_reach(figures: tuple, words: str):
    assert said(row_of(0.01, 0.5, False, *figures))[0].endswith(words)


def test_a_broken_promise_is_not_passed_on_in_silence():
    stop: Row = {"target": "hand", "method": "best", "promised": 0.95, "good_when_stopped": 0.44}
    (sentence,) = said(NEEDS, stops=[stop | {"good_when_stopped_high": 0.5}])
    assert sentence.endswith("But best is too sure here: 44% of its stopped runs were right.")
    assert "too sure" not in said(NEEDS, stops=[stop | {"good_when_stopped_high": 0.97}])[0]


def test_a_rule_that_counted_fewer_draws_is_not_contradicted():
    assert said(row_of(0.01, 0.93, True, 0, 0, 0)) == [
        "hand: 0.01 is reached as the rule counts, and by more draws 93% sure."
    ]


def test_a_line_a_target_and_none_without_figures():
    assert len(said(NEEDS, row_of(0.01, 0.96, True, 0, 0, 0, target="font"))) == 2
    assert said() == []
