"""Figures of many targets as one: each method's mean over the targets that were replayed."""

from collections.abc import Sequence

import numpy as np

from dashjax.store.results import Experiment, Row

_SAME = ("grouping", "method", "seeds", "steps", "select", "stop", "promised")  # on all targets
_OF_ONE = ("target", "take", "take_share")  # have no mean
_ENDS = ("", "_low", "_high")
_GOOD = tuple(f"good_when_stopped{end}" for end in _ENDS)
_WRONG = tuple(f"regret_when_wrong{end}" for end in _ENDS)


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

    Intervals are for these very targets: they tell how far more seeds might move the mean, and
    nothing of other targets. A run of the same seed draws the same random numbers on every target,
    so that targets are not independent; the ends are the means of the targets' ends, which is
    right at any correlation, and too wide where there is none.

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
        if key not in over and key not in _OF_ONE:
            mean = _mean_of_known if key in (*_GOOD, *_WRONG) else _mean_of_all
            over[key] = mean([row[key] for row in rows])
    if first.get("stop") is not None:
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


def _mean_of_all(values: list[float | None]) -> float | None:
    """None where one is unknown."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _mean_of_known(values: list[float | None]) -> float | None:
    """None where all are unknown."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
