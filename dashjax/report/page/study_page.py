"""A study as one HTML file: no network, no server; names are only names, whatever is in them."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dashjax
from dashjax.report.page.picture import picture
from dashjax.wording import chance

_MOST_DRAWN = 60  # datasets in the picture
_EARLY = 5  # looks before which nothing is drawn
GLOSSARY = (
    ("look, trial", "One dataset evaluated once: one training run."),
    ("reward", "What came of a look; it measures, with noise, what a dataset is worth."),
    ("in best set", "Probability that the dataset is among the best, as many as are wanted."),
    ("rank", "Where it may stand among all; 90 % of the probability lies between."),
    ("floor", "The reward of taking nothing; a dataset below it is not worth taking."),
    ("sure", "Probability that the selection is within the tolerance of the best there is."),
)
_COLUMNS = (
    ("dataset", "text"),
    ("group", "text"),
    ("looks", "number"),
    ("mean", "number"),
    ("sd", "number"),
    ("in best set", "number"),
    ("rank", "number"),
    ("above floor", "number"),
    ("why not", "text"),
)
Row = dict[str, Any]


def study_page(study: Row, refresh: int | None = None) -> str:
    """The page of a study.

    Args:
        study: `name`, `summary`, `stopped`, `why`, `settings`, and `chance_good`, `expected_loss`,
            `datasets` and `trials` as `Study.certainty` and `Study.trials` give them.
        refresh: seconds after which a browser that shows it loads it anew.
    """
    import jinja2

    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    pages = jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined)
    trials = {state: [row for row in study["trials"] if row["state"] == state] for state in _STATES}
    sign = 1 if study["settings"]["direction"] == "lower" else -1
    ranked = sorted(
        study["datasets"],
        key=lambda row: (not row["selected"], sign * (row["mean"] or 0), -row["chance_best"]),
    )
    known = len(trials["told"]) >= _EARLY
    return pages.get_template("study.html.jinja").render(
        name=study["name"],
        summary=study["summary"],
        stopped=study["stopped"],
        why=study["why"],
        facts=_facts(study, trials, known),
        picture=picture(ranked[:_MOST_DRAWN], study["settings"]["floor"]) if known else None,
        columns=[{"name": name, "kind": kind} for name, kind in _COLUMNS],
        datasets=[{"selected": row["selected"], "cells": _cells(row, known)} for row in ranked],
        open=[row | {"since": _moment(row["asked"])} for row in trials["open"]],
        failed=trials["failed"],
        told=trials["told"],
        settings=list(study["settings"].items()),
        glossary=GLOSSARY,
        refresh=refresh,
        written=_moment(time.time()),
        version=dashjax.__version__,
    )


_STATES = ("told", "failed", "open")


def _facts(study: Row, trials: dict[str, list[Row]], known: bool) -> list[Row]:
    spent = sum(row["cost"] for row in (*trials["told"], *trials["failed"]))
    facts = [("looks", str(len(trials["told"]))), ("failed", str(len(trials["failed"])))]
    facts += [("cost of them", f"{spent:g}")]
    if known:
        facts += [("sure", chance(study["chance_good"]))]
        facts += [("all further looks may raise the mean by", f"{study['expected_loss']:.3g}")]
    return [{"name": name, "value": value} for name, value in facts]


def _cells(row: Row, known: bool) -> list[Row]:
    """What the table shows of a dataset, and what it is sorted by."""
    values: Sequence[tuple[Any, str]] = (
        (row["dataset"], row["dataset"]),
        (row["group"], row["group"]),
        (row["looks"], str(row["looks"])),
        _figure(row["mean"], known, ".4g"),
        _figure(row["sd"], known, ".3g"),
        _chance(row["chance_best"], known),
        (row["rank_low"], f"{row['rank_low']}-{row['rank_high']}"),
        _chance(row["chance_above_floor"], known),
        (row["why_not"] or "", row["why_not"] or ""),
    )
    return [{"value": value, "text": text} for value, text in values]


def _figure(value: float | None, known: bool, form: str) -> tuple[Any, str]:
    if value is None or not known or not math.isfinite(value):
        return "", ""
    return value, format(value, form)


def _chance(value: float | None, known: bool) -> tuple[Any, str]:
    return ("", "") if value is None or not known else (value, chance(value))


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
