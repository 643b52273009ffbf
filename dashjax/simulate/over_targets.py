"""Figures of many targets as one: each method's mean over the targets that were replayed."""

from collections.abc import Sequence

import numpy as np

from dashjax.store.results import Experiment, Row

_SAME = ("grouping", "method", "seeds", "steps", "select", "stop", "promised")  # on all targets
_OF_ONE = ("target", "take", "take_share")  # have no mean
_WHERE_KNOWN = ("good_when_stopped", "regret_when_wrong")  # means over the targets that have one
_GOOD = tuple(f"good_when_stopped{end}" for end in ("", "_low", "_high"))


def add_over_targets(experiment: Experiment) -> None:
    """Adds the frames `over_targets` and `stops_over_targets`, in place of earlier ones.

    There are none where there is one target, or, in a sweep, no target.
    """
    for name, rows in (
        ("over_targets", experiment.rows),
        ("stops_over_targets", experiment.frames.get("stops") or []),
    ):
        found = over_targets(rows)
        if found:
            experiment.frames[name] = found


def over_targets(rows: Sequence[Row]) -> list[Row]:
    """Each method's mean over targets: a row a method and stop rule, in the order of the rows.

    Every target counts the same. A figure that some target lacks, as a median that lies beyond the
    last step, is None. The columns `good_when_stopped` are means over the `targets_stopped` targets
    on which at least one run stopped, and `regret_when_wrong` over those on which a stopped run was
    wrong. `worst_target` is where `good_when_stopped` is lowest, and `worst_good_when_stopped` with
    its interval is what it is there.

    Intervals cover what other seeds would change in the mean over these very targets; they say
    nothing of other targets. The targets' intervals are joined as those of independent figures: the
    distances from a figure to the end of its interval, squared, add up (Zou and Donner, Statistics
    in Medicine 2008). Runs of one seed do share random numbers on all targets. Where two targets
    have nearly the same rewards the interval is therefore too narrow, by a factor of 1.4 at most
    for two of them.

    Args:
        rows: rows of results or of stops, see `metrics.row` and `records.stop_rows`; a row a
            target, method and rule.

    Returns:
        Rows without `target`, with the number of `targets`; none if there are fewer than two.
    """
    if len({row.get("target") for row in rows}) < 2:
        return []
    alike: dict[tuple[str, str | None], list[Row]] = {}
    for row in rows:
        alike.setdefault((row["method"], row.get("stop")), []).append(row)
    return [_over(own) for own in alike.values()]


def _over(rows: list[Row]) -> Row:
    """One method's and rule's row from those of the targets."""
    first = rows[0]
    over: Row = {"targets": len(rows)} | {key: first[key] for key in _SAME if key in first}
    for key in first:
        if key not in over and key not in _OF_ONE:  # the ends of an interval come with its figure
            over |= _mean(rows, key, ends=f"{key}_low" in first)
    if "stop" in first:  # also where a method has no rule, for all rows to have the same columns
        over |= _worst(rows)
    return over


def _worst(rows: list[Row]) -> Row:
    """Where the fewest of the stopped runs were right."""
    stopped = [row for row in rows if row["good_when_stopped"] is not None]
    keys = tuple(f"worst_{key}" for key in _GOOD)
    if not stopped:
        return {"targets_stopped": 0, "worst_target": None} | dict.fromkeys(keys)
    worst = min(stopped, key=lambda row: row["good_when_stopped"])
    figures = dict(zip(keys, (worst[key] for key in _GOOD), strict=True))
    return {"targets_stopped": len(stopped), "worst_target": worst["target"]} | figures


def _mean(rows: list[Row], key: str, *, ends: bool) -> Row:
    """The mean of a figure and, if it has them, the ends of its interval."""
    if key in _WHERE_KNOWN:
        rows = [row for row in rows if row[key] is not None]
    value, signs = _numbers(rows, key), {"_low": -1, "_high": 1} if ends else {}
    if value is None:
        return dict.fromkeys([key, *(f"{key}{end}" for end in signs)])
    mean = float(value.mean())
    found: Row = {key: mean}
    for end, sign in signs.items():
        far = _numbers(rows, f"{key}{end}")
        half = None if far is None else float(np.linalg.norm(far - value)) / len(rows)
        found[f"{key}{end}"] = None if half is None else mean + sign * half
    return found


def _numbers(rows: list[Row], key: str) -> np.ndarray | None:
    """A figure of every target, `[target]`; None where one lacks it, or there is no target."""
    values = [row[key] for row in rows]
    return np.array(values, float) if values and None not in values else None
