"""`dashjax replay`: methods over a reward table.

What trains and what draws is imported where it is asked for: it takes longer to load than all else.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from dashjax import accuracies, experiments, learned, report, results, table
from dashjax.commands.simulating import simulating
from dashjax.commands.terminal import Terminal
from dashjax.errors import InputError
from dashjax.options import Replay
from dashjax.results import Experiment
from dashjax.settings import PriorSettings
from dashjax.table import RewardTable

if TYPE_CHECKING:
    from dashjax.data import Examples


def run(options: Replay, terminal: Terminal) -> None:
    """Replays, prints a row per method and target, and writes results where asked.

    Host 0 alone prints, trains and writes; the others end when the runs are done.
    """
    if options.train_selections < 0:
        raise InputError(f"--train-selections is {options.train_selections}; give 0 or more")
    with simulating(options) as first:
        began = time.perf_counter()
        loaded = table.load(options.table)
        examples = _pool_of(loaded) if first and options.train_selections else None
        prior = _prior(options, loaded)
        with terminal.progress(shown=first) as advance:
            experiment = experiments.replay(
                loaded,
                options.targets,
                options.settings(),
                mode=options.mode,
                prior=prior,
                costs=options.costs,
                advance=advance,
            )
    if not first:
        return
    if examples:
        from dashjax import selected

        limit = options.train_selections
        with terminal.progress() as advance:
            loaded = selected.train(experiment, loaded, examples, limit, advance)
    accuracies.attach(experiment, loaded)
    experiment.config["x64"] = options.x64
    experiment.config["prior_from"] = "numbers" if options.prior() else options.prior_from
    finish(experiment, options.out, time.perf_counter() - began, terminal)


def _prior(options: Replay, loaded: RewardTable) -> PriorSettings | dict[str, PriorSettings] | None:
    """The prior by numbers, or one for each target from a fit; None for that by moments."""
    numbers, folder = options.prior(), options.fitted()
    if folder is None:
        return numbers
    return learned.read(folder, loaded, options.targets, options.grouping)


def _pool_of(loaded: RewardTable) -> "Examples":
    from dashjax import data

    return data.reopen(loaded.origin, loaded.identity.fingerprint)


def show(experiment: Experiment, terminal: Terminal) -> None:
    """Prints the rows, the stops, the priors, what to take and how sure that is, what is amiss."""
    if experiment.config["command"] == "fit":
        terminal.show(report.fit_table(experiment), *report.fit_findings(experiment))
        return
    terminal.show(report.results_table(experiment.rows))
    terminal.show(*report.stops_table(experiment.frames.get("stops") or []))
    terminal.show(*report.priors(experiment), *report.takes(experiment))
    terminal.show(*report.certainty_tables(experiment), *report.findings(experiment))


def finish(experiment: Experiment, out: Path | None, seconds: float, terminal: Terminal) -> None:
    """Prints the rows, and writes and draws them if a folder is named."""
    show(experiment, terminal)
    if out:
        from dashjax.report.plots import draw

        results.write(experiment, out, seconds)
        draw(out)
        terminal.show(f"results and pictures are in {out}")
    terminal.document(experiment.document())
