"""The sentence that a replay or sweep ends with: looks needed, how good it was, what was lost."""

from dashjax.report.arrays import distinct
from dashjax.store.results import Experiment, Row
from dashjax.wording import number, percent, the_best


def closing(experiment: Experiment) -> str:
    """How many looks the first method needed, against measuring everything, and what came of it.

    Looks are counted until its first stop rule ends a run or, where it has none, until the
    selection is right for good. Over several targets all figures are means over them.

    Args:
        experiment: of a replay or sweep.

    Returns:
        One sentence; '' where there is no row of the first method.
    """
    row = _first(experiment)
    if row is None:
        return ""
    looks = (_until_stopped if row.get("stop") else _until_right)(row)
    on = f", as a mean over {row['targets']} targets" if "targets" in row else ""
    return f"{looks}{on}{_against(experiment)}; {_outcome(row, experiment)}."


def _first(experiment: Experiment) -> Row | None:
    """The first method's figures: those over targets, where there are several."""
    rows = experiment.frames.get("over_targets") or experiment.rows
    method = (experiment.config.get("methods") or [None])[0]
    return next((row for row in rows if row["method"] == method), None)


def _until_stopped(row: Row) -> str:
    if not row["stopped_share"]:
        return f"{row['method']} stopped by itself in none of its runs of {row['steps']:,} looks"
    mean = f"{row['method']} stopped by itself after {_count(row['stopped_mean'])} looks on average"
    return mean + _counting(row, 1 - row["stopped_share"], "that did not stop")


def _until_right(row: Row) -> str:
    if row["never"] == 1:
        return f"{row['method']} held no right selection at the end of {row['steps']:,} looks"
    mean = (
        f"{row['method']} held a right selection for good after {_count(row['steps_mean'])} looks"
    )
    return f"{mean} on average" + _counting(row, row["never"], "that held none at the end")


def _counting(row: Row, share: float, which: str) -> str:
    """How the runs count that did not get there."""
    if share <= 0:
        return ""
    return f" (counting all {row['steps']:,} in the {percent(share)} of its runs {which})"


def _against(experiment: Experiment) -> str:
    """What it takes to measure every dataset once, and as often as the table has it."""
    once, each, times = _measured(experiment)
    if once is None:
        return ""
    said = f", where measuring every dataset once takes {_count(once)} looks"
    return said if each is None else f"{said} and measuring each {times} times {_count(each)}"


def _measured(experiment: Experiment) -> tuple[float | None, float | None, str]:
    """Looks that measure everything once, those that the table holds, and how often it holds each.

    Means over targets; None for what is not known, or where the table has everything once.
    """
    config, rows = experiment.config, experiment.frames.get("rewards")
    if config["command"] == "sweep":
        return float(config["groups"] * config["arms"]), None, ""
    if not rows:
        return None, None, ""
    targets, held = len(distinct(rows, "target")), [row["replicates"] for row in rows]
    low, high = min(held), max(held)
    if high == 1:
        return len(rows) / targets, None, ""
    times = f"{low}" if low == high else f"{low} to {high}"
    return len(rows) / targets, sum(held) / targets, times


def _outcome(row: Row, experiment: Experiment) -> str:
    """How often the selection was right, and what was lost where it was not."""
    tolerance, best = experiment.config["tolerance"], the_best(row["select"])
    good, end = f"within {tolerance:g} of {best}", percent(row[f"p_right_{row['steps']}"])
    if not row.get("stop") or not row["stopped_share"]:
        return f"at the end its selection was {good} in {end} of the runs"
    lost, every = row["regret_when_wrong"], row["stopped_share"] == 1
    said = f"its selection was then {good} in {percent(row['good_when_stopped'])} of the runs"
    said += "" if every else " that stopped"
    said += "" if lost is None else f" ({number(lost, '.2g')} worse in the others)"
    return said if every else f"{said}, and at the end in {end} of all runs"


def _count(looks: float) -> str:
    """A number of looks, with a place after the point where it is small and not whole."""
    return f"{looks:,.1f}" if looks < 20 and looks != round(looks) else f"{looks:,.0f}"
