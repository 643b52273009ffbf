"""`dashjax replay`: methods over a reward table."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from dashjax import accuracies, data, experiments, report, results, table
from dashjax.commands.terminal import Terminal
from dashjax.results import Experiment
from dashjax.table import RewardTable
from dashjax.table_writing import writing
from dashjax.training import training_of

if TYPE_CHECKING:
    from dashjax import cli
    from dashjax.progress import Advance


def run(options: "cli.Replay", terminal: Terminal) -> None:
    """Replays, prints a row per method and target, and writes results where asked."""
    if options.out:
        results.check_free(options.out)
    began = time.perf_counter()
    loaded = table.load(options.table)
    with terminal.progress() as advance:
        experiment = experiments.replay(
            loaded,
            options.targets,
            options.settings(),
            mode=options.mode,
            prior=options.prior(),
            advance=advance,
        )
        if options.train_selections:
            loaded = train(experiment, loaded, options.train_selections, advance)
    accuracies.attach(experiment, loaded)
    finish(experiment, options.out, time.perf_counter() - began, terminal)


def train(
    experiment: Experiment, loaded: RewardTable, limit: int, advance: "Advance"
) -> RewardTable:
    """The table with the test accuracies of the commonest selections added."""
    examples = data.reopen(loaded.origin)
    training = training_of(loaded.identity)
    with writing(loaded.path, loaded.identity, loaded.origin) as writer:
        accuracies.train_missing(
            experiment, examples, training, writer, limit=limit, advance=advance
        )
    return table.load(loaded.path)


def finish(experiment: Experiment, out: Path | None, seconds: float, terminal: Terminal) -> None:
    """Prints the rows, and writes and draws them if a folder is named."""
    terminal.show(report.results_table(experiment.rows))
    if out:
        results.write(experiment, out, seconds)
        report.draw(out)
        terminal.show(f"results and pictures are in {out}")
    terminal.document(experiment.document())
