"""Where the marks of a picture lie: the rewards of a study in the order of its trials."""

from collections.abc import Collection, Sequence
from typing import Any

from dashjax.report.page.content import Drawing
from dashjax.report.page.intervals import ticks
from dashjax.wording import counted

_LEFT, _RIGHT, _TOP, _LOW, _HEIGHT = 66.0, 506.0, 16.0, 200.0, 242
_MOST = 1000  # looks that are drawn: the last
_FEW = 0.03  # of the height, between the lowest reward and the axis
Row = dict[str, Any]


def history(trials: Sequence[Row], taken: Collection[str]) -> Drawing:
    """Each reward over the number of its trial, and each failed look below all.

    Args:
        trials: with `trial`, `dataset`, `state` (`told` or `failed`) and `reward`.
        taken: the datasets of the selection.
    """
    drawn = trials[-_MOST:]
    rewards = [row["reward"] for row in drawn if row["state"] == "told"]
    low, high = min(rewards), max(rewards)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    first, last = drawn[0]["trial"], drawn[-1]["trial"]

    def across(trial: float | int) -> float:
        return round(_LEFT + (trial - first) / max(last - first, 1) * (_RIGHT - _LEFT), 1)

    def down(reward: float | int) -> float:
        return round(_LOW - (_FEW + (reward - low) / (high - low) * (1 - _FEW)) * (_LOW - _TOP), 1)

    marks = [
        {"x": across(row["trial"]), "y": down(row["reward"]), "taken": row["dataset"] in taken}
        | {"said": f"trial {row['trial']}: {row['dataset']}: {row['reward']:.6g}"}
        for row in drawn
        if row["state"] == "told"
    ]
    failed = [row for row in drawn if row["state"] == "failed"]
    places = {
        "height": _HEIGHT,
        "marks": marks,
        "failed": [
            {"x": across(row["trial"]), "said": f"trial {row['trial']}: {row['dataset']} failed"}
            for row in failed
        ],
        "rows": [{"y": down(tick), "label": f"{tick:.6g}"} for tick in ticks(low, high)],
        "columns": [
            {"x": across(tick), "label": f"{tick:.0f}"}
            for tick in ticks(first, last)
            if tick == int(tick)
        ],
        "left_out": f"Drawn: the last {_MOST:,} looks." if len(trials) > _MOST else "",
    }
    said = (
        f"{counted(len(rewards), 'reward')} between {min(rewards):.4g} and {max(rewards):.4g}, "
        f"from trial {first} to trial {last}; {counted(len(failed), 'failed look')}"
    )
    return Drawing("history", "Rewards in the order of the trials", said, places)
