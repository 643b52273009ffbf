"""A study in words and figures: what `dashjax study status` prints."""

import time
from typing import Any

from rich.table import Table

from dashjax.study.study import Study
from dashjax.wording import chance

_MOST = 40  # datasets that are shown


def document(study: Study, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows of a study, with its settings and state, for JSON."""
    state = {"stopped": study.stopped, "why": study.why, "selection": list(study.selection)}
    return {"config": study.settings | {"study": study.name}, "rows": rows} | state


def datasets_table(rows: list[dict[str, Any]]) -> Table:
    """The datasets, those to take first, then by their mean."""
    floor = any(row["chance_above_floor"] is not None for row in rows)
    table = Table(box=None, pad_edge=False)
    columns = ["dataset", "group", "take", "looks", "mean", "sd", "in best set", "rank"]
    columns += ["above floor"] if floor else []
    for name in [*columns, ""]:
        table.add_column(name, justify="left" if name in ("dataset", "group", "") else "right")
    ranked = sorted(
        rows, key=lambda row: (not row["selected"], -row["chance_best"], row["rank_low"])
    )
    for row in ranked[:_MOST]:
        cells = [row["dataset"], row["group"], "yes" if row["selected"] else ""]
        cells += [str(row["looks"]), _number(row["mean"]), _number(row["sd"])]
        cells += [chance(row["chance_best"]), f"{row['rank_low']}-{row['rank_high']}"]
        cells += [chance(row["chance_above_floor"])] if floor else []
        table.add_row(*cells, row["why_not"] or "")
    if len(ranked) > _MOST:
        table.caption = f"and {len(ranked) - _MOST} more; --json shows all"
    return table


def open_trials(trials: list[dict[str, Any]]) -> list[str]:
    """A line for each trial that is out, and for the last failure of all."""
    lines = [
        f"trial {row['trial']} is out: {row['dataset']}, for {_ago(row['asked'])}, "
        f"by {row['worker'] or 'a worker without a name'}"
        for row in trials
        if row["state"] == "open"
    ]
    failed = [row for row in trials if row["state"] == "failed"]
    if failed:
        last = failed[-1]
        lines.append(
            f"{len(failed)} looks failed, last trial {last['trial']} ({last['dataset']}): "
            f"{last['reason']}"
        )
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _ago(since: float) -> str:
    seconds = max(0, time.time() - since)
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
