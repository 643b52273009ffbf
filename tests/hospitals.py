"""A target and twelve small datasets of four groups, as files, which tests write for themselves.

Groups and budget are those of the test of docs/choose.md, so that both share what is compiled.
"""

import csv
from pathlib import Path

import numpy as np

GROUPS = {"north": 3, "east": 3, "south": 3, "west": 3}
FEATURES = 8
GOOD = ("north", "east")  # south's labels are shuffled, and west's are the other way round
QUICK = {"budget": 60, "checks": 3}


def patients(draw: np.random.Generator, count: int, group: str = "north") -> list[list]:
    """Rows: features, one of them text and some missing, then the label."""
    x = draw.normal(size=(count, FEATURES))
    y = x @ np.linspace(1, 0.2, FEATURES) + draw.normal(0, 0.5, count) > 0
    if group == "south":
        y = draw.permutation(y)
    rows = []
    for values, label in zip(x, y ^ (group == "west"), strict=True):
        cells = ["" if draw.random() < 0.02 else f"{value:.5g}" for value in values]
        rows.append([*cells, draw.choice(["f", "m"]), ("no", "yes")[int(label)]])
    return rows


def write_csv(path: Path, rows: list[list], columns: list[str] | None = None) -> Path:
    """A CSV file with the usual columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = columns or [*(f"lab{number}" for number in range(FEATURES)), "sex", "ill"]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def write(folder: Path) -> tuple[Path, Path]:
    """The target's file, and the folder of candidates."""
    draw = np.random.default_rng(3)
    target = write_csv(folder / "mine.csv", patients(draw, 48))
    for group, count in GROUPS.items():
        for number in range(count):
            rows = patients(draw, 60, group)
            write_csv(folder / "hospitals" / group / f"{number}.csv", rows)
    return target, folder / "hospitals"
