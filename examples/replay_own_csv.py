"""Your own results, as a CSV file: which datasets would a few looks have found?

Run it with `python replay_own_csv.py [results.csv]`. The file has the columns target, group,
dataset, replicate, reward. Without one, a small file is made up: three hospitals with two datasets
each, of which "north" helps both targets.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import dashjax as dj


def made_up(path: Path) -> Path:
    """A CSV with eight repeats of each of six datasets for two targets."""
    draw, lines = np.random.default_rng(0), ["target,group,dataset,replicate,reward"]
    worth = {"north": 0.10, "south": 0.02, "west": -0.03}
    for target in ("hand", "knee"):
        for group, gain in worth.items():
            for name in ("a", "b"):
                for replicate, reward in enumerate(draw.normal(gain, 0.03, 8)):
                    lines.append(f"{target},{group},{group}-{name},{replicate},{reward:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


with tempfile.TemporaryDirectory() as folder:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else made_up(Path(folder) / "results.csv")
    table = dj.import_table(source, Path(folder) / "table")
    plan = dj.Plan(steps=40, select=2, tolerance=0.02)
    result = dj.replay(table, ["best", "dash", "round-robin"], seeds=200, plan=plan)
for row in result.rows:
    take = ", ".join(row.get("take") or [])
    print(f"{row['target']:>13}: {row['method']:<12} {row['steps_mean']:5.1f} looks  {take}")
