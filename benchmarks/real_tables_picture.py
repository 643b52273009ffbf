"""The picture of `real_tables`: regret against the best rival, and whether promises are kept."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.real_tables_methods import RIVALS

Row = dict[str, Any]


def draw(rows: list[Row], path: Path) -> None:
    """Two panels with a line a case."""
    cases = list(dict.fromkeys(row["case"] for row in rows))
    height = 1.2 + 0.22 * len(cases)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, height), sharey=True, layout="constrained"
    )
    for place, case in enumerate(cases):
        of = {row["method"]: row for row in rows if row["case"] == case}
        if "best" not in of:
            continue
        for key, marker, label in (("regret_1_k", "o", "K looks"), ("regret_2_k", "s", "2K looks")):
            least = min((of[name][key] for name in RIVALS if name in of), default=0)
            if least > 0:
                shown = {"label": label} if place == 0 else {}
                left.plot(of["best"][key] / least, place, marker, color="#d94f86", **shown)
        for name, colour in (("best", "#d94f86"), ("dash", "#e08214"), ("round-robin", "#3c3c3c")):
            if name in of and of[name]["good_when_stopped"] is not None:
                shown = {"label": name} if place == 0 else {}
                good, worst = of[name]["good_when_stopped"], of[name]["worst_target"]
                right.plot(good, place, "o", color=colour, **shown)
                if worst is not None:
                    right.plot([worst, good], [place, place], "-", color=colour, alpha=0.4)
    left.axvline(1, color="#8c8c8c", linewidth=1)
    left.set_xlabel(f"regret of best / least of {', '.join(RIVALS)}")
    left.set_yticks(range(len(cases)), cases)
    left.invert_yaxis()
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    right.axvline(0.95, color="#8c8c8c", linewidth=1)
    right.set_xlabel("share good when stopped, and on the worst target")
    right.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
