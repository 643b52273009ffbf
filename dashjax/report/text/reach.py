"""What more looks would reach, in a sentence a target."""

import math
from collections.abc import Sequence

from dashjax.report.text.findings import broken
from dashjax.store.results import Experiment, Row
from dashjax.wording import chance, listed, percent


def reachable(experiment: Experiment, target: str) -> str:
    """What the run that is shown has reached, and what it still needs; '' if that is not known."""
    rows = [row for row in experiment.frames.get("reach") or [] if row["target"] == target]
    return f"{target}: {reach_sentence(rows)}.{_doubt(experiment, rows[0])}" if rows else ""


def reach_sentence(rows: Sequence[Row]) -> str:
    """What is reached and what is still needed, half a sentence; '' where there is no row.

    Args:
        rows: of one run or study: the tolerance asked for, then others.
    """
    if not rows:
        return ""
    asked, *others = rows
    if asked["reached"]:
        said = [_reached(asked), *(_beyond(row) for row in others)]
    else:
        said = [_needed(asked), *(_reached(row) for row in others if row["reached"])]
    return "; ".join(part for part in said if part)


def study_says(stopped: bool, why: str, reach: Sequence[Row]) -> list[str]:
    """Why a study has stopped or goes on, and what can be reached, a sentence each."""
    said = [f"{'Stopped' if stopped else 'Goes on'}: {why}."]
    reached = reach_sentence(reach)
    return said + [f"What can be reached: {reached}."] * bool(reached)


def reached_anywhere(experiment: Experiment) -> list[str]:
    """The sentences of all targets."""
    targets = dict.fromkeys(row["target"] for row in experiment.frames.get("reach") or [])
    return [reachable(experiment, target) for target in targets]


def _doubt(experiment: Experiment, row: Row) -> str:
    """A warning where the method's runs were right less often than it thought."""
    for stop in experiment.frames.get("stops") or []:
        same = (stop["target"], stop["method"]) == (row["target"], row["method"])
        if same and broken(stop):
            right = percent(stop["good_when_stopped"])
            return f" But {row['method']} is too sure here: {right} of its stopped runs were right."
    return ""


def _reached(row: Row) -> str:
    """That it is reached; a rule, which counts fewer draws, may have stopped a little early."""
    if row["chance"] < row["probability"]:
        sure = chance(row["chance"])
        return f"{row['tolerance']:g} is reached as the rule counts, and by more draws {sure} sure"
    return f"{row['tolerance']:g} is reached now, {chance(row['chance'])} sure"


def _needed(row: Row) -> str:
    return (
        f"with this noise, to be {percent(row['probability'])} sure of {row['tolerance']:g} needs "
        f"{_looks(row)}"
    )


def _beyond(row: Row) -> str:
    """What a smaller tolerance would take, where the one asked for is reached."""
    if row["reached"]:
        return ""
    return f"with this noise, {row['tolerance']:g} would need {_looks(row)}"


def _looks(row: Row) -> str:
    """How many more looks, and at what."""
    if row["more_looks"] is None:
        return f"more than {row['most_looks']:,} more looks"
    looks, low = _rounded(row["more_looks"]), _rounded(row["more_looks_p10"])
    high = row["more_looks_p90"]
    most = f"over {row['most_looks']:,}" if high is None else f"{_rounded(high):,}"
    word = "look" if looks == 1 else "looks"
    between = f" ({low:,} to {most})" if most != f"{low:,}" else ""
    mostly = f", mostly at {listed(row['datasets'])}" if row["datasets"] else ""
    return f"about {looks:,} more {word}{between}{mostly}"


def _rounded(looks: int) -> int:
    """Two digits of it: no more is known."""
    unit = 10 ** max(int(math.log10(max(looks, 1))) - 1, 0)
    return round(looks / unit) * unit
