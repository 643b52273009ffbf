"""`dashjax demo`: the whole of dashjax on the embedded pool, from images to a sentence."""

import time
from pathlib import Path

from dashjax import report
from dashjax.bandit.stopping.parse import rule
from dashjax.cli.experiment_options import Demo
from dashjax.cli.output import Terminal
from dashjax.pools import read
from dashjax.pools.examples import Examples
from dashjax.report.figures.contact import contact_sheet
from dashjax.report.figures.plots import draw_into
from dashjax.report.page.results_page import results_page
from dashjax.report.page.write import check_free, save
from dashjax.rewards.build import BuildRequest, fill
from dashjax.rewards.selections import train
from dashjax.simulate import accuracies, limits
from dashjax.simulate.plan import Plan, Settings
from dashjax.simulate.replay import replay
from dashjax.store import results
from dashjax.store.results import Experiment

# the first is what the closing sentence is about, the next two are its rivals
METHODS = ("best", "dash", "round-robin", "flat")
PLAN = Plan(steps=200, select=3, stop=(rule("good-selection:.95:.01"),))
ORDER = BuildRequest()
SELECTIONS = 80  # models trained on what the methods select, at most


def run(options: Demo, terminal: Terminal) -> None:
    """Builds a table, replays the methods, trains the selections, prints and draws."""
    out, began = options.out, time.perf_counter()
    page = out / "demo.html"
    results.check_free(_results(options), options.overwrite)
    if page.exists():
        check_free(page, options.overwrite)
    settings = Settings(METHODS, PLAN, options.seeds, options.seed)
    with terminal.progress() as advance:
        advance("drawing the embedded pool", 0, 1)
        examples = read.read_pool("embedded")
        origin = read.origin("embedded")
        _check_runs(options, examples)
        loaded = fill(out / "table", examples, ORDER, origin=origin, advance=advance)
        experiment = replay(loaded, (), settings, advance=advance)
        jobs = accuracies.missing_jobs(experiment, loaded, SELECTIONS)
        loaded = train(loaded, jobs, examples, advance)
        accuracies.attach(experiment, loaded)
        advance("drawing pictures", 0, 1)
        pictures = _write(experiment, examples, options, time.perf_counter() - began)
        advance("writing the page", 0, 1)
        save(results_page(experiment, results.made_with(_results(options))), page)
    headline = METHODS[:3]
    first = experiment.config["targets"][:1]
    terminal.show(report.summary(experiment, *headline), *report.findings(experiment))
    terminal.show(*report.certainty_tables(experiment, first), "")
    terminal.show(*report.reached_anywhere(experiment)[1:], "")
    names = ", ".join(path.name for path in pictures)
    terminal.show(f"Results are in {_results(options)}; pictures: {names}")
    terminal.show(f"All of it on one page, to open in a browser: {page}")
    sentence = report.sentence(experiment, *headline)
    terminal.show(sentence)
    terminal.document(experiment.document() | {"sentence": sentence})


def _results(options: Demo) -> Path:
    return options.out / "results"


def _write(experiment: Experiment, examples: Examples, options: Demo, seconds: float) -> list[Path]:
    """Writes what was found; gives the pictures, that of the pool first."""

    def draw(found: Experiment, folder: Path) -> list[Path]:
        contact_sheet(examples, folder / "pool.png")
        return [folder / "pool.png", *draw_into(found, folder)]

    return results.write(
        experiment, _results(options), seconds, overwrite=options.overwrite, draw=draw
    )


def _check_runs(options: Demo, examples: Examples) -> None:
    """Refuses runs that this machine cannot do, before the table is built for them."""
    arms, sweeps = len(examples.pool.datasets), len(METHODS) * len(examples.targets)
    limits.check(limits.Size(options.seeds, PLAN.steps, arms, sweeps=sweeps, rules=1, course=True))
