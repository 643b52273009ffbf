import pytest

from dashjax.bandit.stopping import rules as stopping
from dashjax.bandit.stopping.parse import RULES, explained, promised, rule
from dashjax.bandit.stopping.rules import Rule, all_of, any_of
from dashjax.bandit.stopping.scores import Share
from dashjax.errors import InputError

WRITTEN = {
    "budget:12": stopping.budget(12),
    "cost:2.5": stopping.cost(2.5),
    "good-selection:.95:.01": stopping.good_selection(0.95, 0.01),
    "good-selection:0.5:0": stopping.good_selection(0.5, 0.0),
    "good-selection:.95:5%": stopping.good_selection(0.95, Share(0.05)),
    "calibrated:.95:.01": stopping.calibrated(0.95, 0.01),
    "good-selection-unconfirmed:.95:.01": stopping.good_selection_unconfirmed(0.95, 0.01),
    "good-selection-bound:.9:.02": stopping.good_selection_bound(0.9, 0.02),
    "value:5e-3": stopping.value_of_information(0.005),
    "gain:.001:.005": stopping.knowledge_gradient_pays(0.001, 0.005),
    "stable:7": stopping.stable(7),
    "each-once": stopping.each_once(),
}


def but_for_its_name(written: Rule) -> tuple:
    """Rules of the same numbers are made once, so that what they ask is one function."""
    return written.scores, written.holds


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_is_the_rule_that_it_names(text):
    assert but_for_its_name(rule(text)) == but_for_its_name(WRITTEN[text])
    assert rule(text).name == text


def test_every_rule_can_be_written():
    assert {text.split(":")[0] for text in WRITTEN} == set(RULES)
    for name in RULES:
        assert name in explained()


@pytest.mark.parametrize("built", WRITTEN.values(), ids=WRITTEN)
def test_a_rule_that_was_not_written_has_a_name_that_can_be(built):
    assert but_for_its_name(rule(built.name)) == but_for_its_name(built)


def test_plus_binds_before_comma():
    joined = rule("good-selection:.95:.01+each-once,budget:120")
    good, once = WRITTEN["good-selection:.95:.01"], stopping.each_once()
    expected = any_of(all_of(good, once), stopping.budget(120))

    assert but_for_its_name(joined) == but_for_its_name(expected)
    assert joined.scores == good.scores


def test_joined_rules_are_named_by_what_they_join():
    text = "stable:3+each-once,budget:9"

    assert any_of(all_of(stopping.stable(3), stopping.each_once()), stopping.budget(9)).name == text


def test_blanks_around_a_rule_do_no_harm():
    spaced, dense = rule("each-once + stable:3 , budget:9"), rule("each-once+stable:3,budget:9")

    assert but_for_its_name(spaced) == but_for_its_name(dense)


def test_the_same_text_is_the_same_rule():
    assert rule("value:.004+stable:5") is rule("value:.004+stable:5")
    assert but_for_its_name(rule("value:.004")) != but_for_its_name(rule("value:.005"))


PROBABILITY = "PROBABILITY is {}; it must be above 0 and below 1"
AMOUNT = "{} is {}; it must be 0 or more"
WHOLE = "STEPS is {}; it must be a whole number, 1 or more"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("good-selection:1:.01", PROBABILITY.format(1)),
        ("good-selection:0:.01", PROBABILITY.format(0)),
        ("good-selection:95:.01", PROBABILITY.format(95)),
        ("good-selection:-.5:.01", PROBABILITY.format(-0.5).replace("-0.5", "-.5")),
        ("good-selection:nan:.01", PROBABILITY.format("nan")),
        ("good-selection-bound:1.5:.01", PROBABILITY.format(1.5)),
        ("good-selection:.9:-.01", AMOUNT.format("TOLERANCE", "-.01")),
        ("good-selection:.9:-5%", AMOUNT.format("TOLERANCE", "-5%")),
        ("good-selection-bound:.9:5%", AMOUNT.format("TOLERANCE", "5%")),
        ("good-selection:5%:.01", PROBABILITY.format("5%")),
        ("good-selection:.9:nan", AMOUNT.format("TOLERANCE", "nan")),
        ("good-selection:.9:inf", AMOUNT.format("TOLERANCE", "inf")),
        ("value:-1", AMOUNT.format("LOSS", -1)),
        ("value:x", AMOUNT.format("LOSS", "x")),
        ("value:", AMOUNT.format("LOSS", "")),
        ("gain:-1:.01", AMOUNT.format("COST", -1)),
        ("gain:.01:-1", AMOUNT.format("LOSS", -1)),
        ("cost:0", "COST is 0; it must be above 0"),
        ("cost:-3", "COST is -3; it must be above 0"),
        ("cost:inf", "COST is inf; it must be above 0"),
        ("stable:0", WHOLE.format(0)),
        ("stable:1.5", WHOLE.format(1.5)),
        ("stable:nan", WHOLE.format("nan")),
        ("budget:0", WHOLE.format(0)),
        ("budget:2.5", WHOLE.format(2.5)),
        ("budget:1e400", WHOLE.format("1e400")),
        ("budget", "does not read as budget:STEPS"),
        ("good-selection:.95", "does not read as good-selection:PROBABILITY:TOLERANCE"),
        ("gain:.1:.1:.1", "does not read as gain:COST:LOSS"),
        ("each-once:1", "does not read as each-once"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_name_number_and_range(text, reason):
    for written in (text, f"each-once+{text}", f"budget:9,{text}"):
        with pytest.raises(InputError) as refused:
            rule(written)
        assert f"stop rule '{text}'" in str(refused.value)
        assert reason in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "sure", "each-once+", "each-once,,budget:3", "Budget:3"])
def test_an_unknown_rule_is_refused_with_what_there_is(text):
    with pytest.raises(
        InputError,
        match=r"unknown stop rule '\w*'.*; choose from budget:STEPS, ",
    ) as refused:
        rule(text)
    for name in RULES:
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("text", "promise"),
    [
        ("good-selection:.95:.01", 0.95),
        ("good-selection:.95:.02", None),  # of a wider tolerance than is asked for
        ("good-selection:.9:.005+good-selection-bound:.95:.01", 0.95),  # both hold
        ("good-selection:.9:.01,good-selection-bound:.95:.01", 0.9),  # one of them
        ("good-selection:.95:.01+each-once", 0.95),
        ("good-selection:.95:.01,budget:60", None),
        ("stable:9", None),
        ("good-selection:.95:5%", None),  # of another spread
        ("calibrated:.95:.01", 0.95),
    ],
)
def test_a_rule_promises_what_holds_however_it_stops(text, promise):
    assert promised(text, 0.01) == promise


def test_a_share_is_promised_where_a_share_is_asked_for():
    assert promised("good-selection:.95:5%", 0.01, 0.05) == 0.95
    assert promised("good-selection:.95:5%", 0.01, 0.04) is None
