"""`dashjax fit`: the hierarchy's hyper-parameters, learned from a reward table."""

import time

from dashjax.cli.experiment_options import Fit
from dashjax.cli.output import Terminal
from dashjax.cli.showing import finish
from dashjax.priors import fit
from dashjax.store import results
from dashjax.store import reward_table as table


def run(options: Fit, terminal: Terminal) -> None:
    """Fits, prints both estimators side by side, and writes results where asked."""
    plan = options.plan()
    if options.kept.out:
        results.check_free(options.kept.out, options.kept.overwrite)
    began = time.perf_counter()
    loaded = table.load_table(options.table)
    with terminal.progress() as advance:
        experiment = fit.fit(
            loaded, options.targets, plan, grouping=options.grouping, advance=advance
        )
    seconds = time.perf_counter() - began
    finish(experiment, seconds, options.kept, terminal)
