"""How many exploration steps each method needs, on synthetic pools and on a reward table.

    python -m benchmarks.exploration_steps                  # synthetic: 5 groups of 3 datasets
    python -m benchmarks.exploration_steps --table TABLE    # and the table
    python -m benchmarks.exploration_steps --quick

Synthetic pools follow spec section 2.5: group mean .5, group spread .15, dataset spread .03, reward
noise .05 or .15, the best three looked for, in perfect, mixed and crossed groups with the variances
implied by the grouping. A row per case and method goes to `exploration_steps.json`.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.table import Table

from benchmarks.machine import describe
from dashjax import experiments
from dashjax.commands.terminal import Terminal
from dashjax.methods import METHODS
from dashjax.metrics import REGRETS, Row
from dashjax.progress import Advance
from dashjax.settings import Plan, PriorSettings, Settings
from dashjax.storage import write_whole
from dashjax.table import load

GROUPINGS = ("perfect", "mixed", "crossed")


@dataclass(frozen=True)
class Benchmark:
    """Count exploration steps until a selection is good."""

    table: Path | None = None
    """Also replay this reward table."""
    seeds: int = 20_000
    """Runs of each method on synthetic pools; a tenth of it on each target of the table."""
    steps: int = 200
    """Exploration steps of each run."""
    methods: tuple[str, ...] = tuple(METHODS)
    """Which methods."""
    quick: bool = False
    """A tenth of the seeds."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


def main() -> None:
    """Runs the cases, prints them and writes them with the machine."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal = Terminal(as_json=False)
    began = time.perf_counter()
    with terminal.progress() as advance:
        rows = [row for noise in (0.05, 0.15) for row in synthetic(options, noise, advance)]
        if options.table:
            rows += replayed(options, options.table, advance)
    terminal.show(*tables(rows))
    document = {"machine": describe(), "seconds": time.perf_counter() - began, "rows": rows}
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "exploration_steps.json"
    write_whole(path, lambda file: file.write_text(json.dumps(document, indent=1) + "\n"))
    terminal.show(f"written to {path}")


def synthetic(options: Benchmark, noise: float, advance: Advance) -> list[Row]:
    """A row per grouping and method at one noise."""
    rows = []
    truth = PriorSettings(0.5, 0.15, 0.03, noise)
    for grouping in GROUPINGS:
        settings = _settings(options, grouping, 1.0)
        found = experiments.synthetic((5, 3), truth, settings, advance=advance).rows
        rows += [{"case": f"5 x 3, noise {noise}, {grouping}"} | row for row in found]
    return rows


def replayed(options: Benchmark, table: Path, advance: Advance) -> list[Row]:
    """A row per target, grouping and method on a table."""
    rows = []
    loaded = load(table)
    for grouping in GROUPINGS:
        settings = _settings(options, grouping, 0.1)
        found = experiments.replay(loaded, (), settings, advance=advance).rows
        rows += [{"case": f"table, {row['target']}, {grouping}"} | row for row in found]
    return rows


def tables(rows: list[Row]) -> list[Table]:
    """The rows for a person, a table a case."""
    shown = []
    for case in dict.fromkeys(row["case"] for row in rows):
        table = Table(title=case)
        for column in ("method", "steps to settle: mean", "median", "90th percentile", "never"):
            table.add_column(column, justify="left" if column == "method" else "right")
        for threshold in REGRETS:
            table.add_column(f"steps to regret {threshold:g}", justify="right")
        for row in (row for row in rows if row["case"] == case):
            keys = ["steps_mean", "steps_median", "steps_p90"]
            regrets = [f"steps_to_regret_{threshold:g}" for threshold in REGRETS]
            cells = [_interval(row, key) for key in keys]
            cells += [f"{row['never']:.1%}", *(_interval(row, key) for key in regrets)]
            table.add_row(row["method"], *cells)
        shown.append(table)
    return shown


def _settings(options: Benchmark, grouping: str, share: float) -> Settings:
    seeds = int(options.seeds * share * (0.1 if options.quick else 1.0))
    plan = Plan(options.steps, select=3)
    return Settings(options.methods, plan, max(seeds, 1), options.seed, grouping)


def _interval(row: Row, key: str) -> str:
    values = [row[name] for name in (key, f"{key}_low", f"{key}_high")]
    value, low, high = ("-" if value is None else f"{value:.0f}" for value in values)
    return value if value == "-" else f"{value} [{low}, {high}]"


if __name__ == "__main__":
    main()
