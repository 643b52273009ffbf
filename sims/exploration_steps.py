"""How many exploration steps each method needs, on synthetic pools and on a reward table.

    python -m sims.exploration_steps                  # synthetic: 5 groups of 3 datasets
    python -m sims.exploration_steps --table TABLE    # and the table
    python -m sims.exploration_steps --quick

Synthetic pools follow docs/mathematics.md, section 2.5: group mean .5, group spread .15, dataset
spread .03, reward noise .05 or .15, the best three looked for, in perfect, mixed, crossed and
shuffled groups with the variances implied by the grouping. A row per case and method goes to
`exploration_steps.json`, and so do, over all cases, the interquartile mean of the steps until right
for good and performance profiles (Agarwal et al. 2021), which `exploration_steps.png` shows.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tyro
from matplotlib.backends.backend_agg import FigureCanvasAgg
from rich.table import Table

from dashjax.cli.output import Terminal
from dashjax.engine import devices
from dashjax.engine.progress import Advance
from dashjax.report.figures import style
from dashjax.simulate.metrics import REGRETS
from dashjax.simulate.plan import Plan
from dashjax.simulate.sweep import Problem
from dashjax.store.files import write_whole
from dashjax.store.machine import keep
from dashjax.store.results import Row
from dashjax.store.reward_table import load_table
from sims import cases, profiles
from sims.cases import Case
from sims.problems import GROUPS, MEMBERS, SELECT, groupless, replayed, synthetic
from sims.profiles import Scored

GROUPINGS = ("perfect", "mixed", "crossed", "shuffled")
NOISES = (0.05, 0.15)
POOL = f"{GROUPS} x {MEMBERS}"
RUNS = {  # share of the runs that each method gets: the costly ones fewer
    **dict.fromkeys(("dash", "dash-exact", "joint-ts", "flat", "round-robin", "random"), 1.0),
    **dict.fromkeys(("ucb/flat", "ucb/exact", "halving/exact", "pair/exact", "lucb/exact"), 1.0),
    **dict.fromkeys(("best", "lucb/learned", "lucb/learned-flat"), 0.2),
    **dict.fromkeys(("knowledge-gradient/exact", "knowledge-gradient/flat"), 0.2),
    **dict.fromkeys(("top-two/exact", "top-two/flat", "lucb/learned-flat"), 0.2),
    "top-two/learned": 0.1,
}
_OTHER = 0.2  # of a method not named here
_QUICK = _ON_TABLE = 0.1  # of the runs


@dataclass(frozen=True)
class Benchmark:
    """Count exploration steps until a selection is good."""

    table: Path | None = None
    """Also replay this reward table."""
    seeds: int = 20_000
    """Runs of cheap methods on synthetic pools, of costly ones a fifth or a tenth; a tenth of that
    on each target of the table."""
    steps: int = 200
    """Exploration steps of each run."""
    methods: tuple[str, ...] = tuple(RUNS)
    """Which methods."""
    quick: bool = False
    """A tenth of the runs."""
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
        scored = list(run(options, advance))
    summary, lines = profiles.summary(scored), profiles.rows(scored, options.steps)
    terminal.show(*tables([one.row for one in scored]), *profiles.tables(summary))
    found = {"seconds": time.perf_counter() - began, "rows": [one.row for one in scored]}
    path, picture = (options.out / f"exploration_steps.{kind}" for kind in ("json", "png"))
    keep(found | {"summary": summary, "profiles": lines}, path)
    with style.applied():
        canvas = FigureCanvasAgg(profiles.picture(lines, scored))
        write_whole(picture, lambda file: canvas.print_png(file))
    terminal.show(f"written to {path} and {picture.name}")


def run(options: Benchmark, advance: Advance) -> Iterator[Scored]:
    """Every method on every case; one that ignores groups once a noise, whatever the grouping."""
    problems = list(_problems(options))
    done, total = 0, len(problems) * len(options.methods)
    for name in options.methods:
        earlier: dict[str, Scored] = {}  # by what, whatever the grouping
        for suite, what, grouping, problem in problems:
            case = f"{what}, {grouping}"
            advance(f"{name}: {case}", done, total)
            same = suite == POOL and groupless(name)  # a table's prior depends on the grouping
            if not same or what not in earlier:
                earlier[what] = _scored(options, suite, name, problem)
            row = {"case": case, "grouping": grouping} | earlier[what].row
            yield earlier[what]._replace(case=case, row=row)
            done += 1
    advance("done", total, total)


def tables(rows: list[Row]) -> list[Table]:
    """The rows for a person, a table a case."""
    shown = []
    for case in dict.fromkeys(row["case"] for row in rows):
        table = Table(title=f"\n{case}", box=None)
        table.add_column("method", no_wrap=True)
        headings = ["steps to\nsettle: mean", "\nmedian", "\nnever"]
        headings += [f"steps to\nregret {threshold:g}" for threshold in REGRETS]
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        for row in (row for row in rows if row["case"] == case):
            keys = ["steps_mean", "steps_median"]
            regrets = [f"steps_to_regret_{threshold:g}" for threshold in REGRETS]
            cells = [_interval(row, key) for key in keys]
            cells += [f"{row['never']:.1%}", *(_interval(row, key) for key in regrets)]
            table.add_row(row["method"], *cells)
        shown.append(table)
    return shown


def _problems(options: Benchmark) -> Iterator[tuple[str, str, str, Problem]]:
    """Suite, what is solved, grouping and problem of every case."""
    for noise in NOISES:
        for grouping in GROUPINGS:
            yield POOL, f"{POOL}, noise {noise:g}", grouping, synthetic(noise, grouping)
    if options.table:
        loaded = load_table(options.table)
        for target in loaded.built():
            for grouping in GROUPINGS:
                yield "table", f"table, {target}", grouping, replayed(loaded, target, grouping)


def _scored(options: Benchmark, suite: str, name: str, problem: Problem) -> Scored:
    """The case run, under no name yet."""
    share = RUNS.get(name, _OTHER) * (_QUICK if options.quick else 1)
    share *= _ON_TABLE if suite == "table" else 1
    seeds = max(round(options.seeds * share), 1)
    asked = Case({}, problem, name, Plan(options.steps, SELECT), seeds)
    found = cases.run(asked, options.seed, lambda runs: None)
    return Scored(suite, "", name, found.row, found.settling_steps())


def _interval(row: Row, key: str) -> str:
    values = [row[name] for name in (key, f"{key}_low", f"{key}_high")]
    value, low, high = ("-" if value is None else f"{value:.0f}" for value in values)
    return value if value == "-" else f"{value} [{low}, {high}]"


if __name__ == "__main__":
    devices.use_all_cores()
    main()
