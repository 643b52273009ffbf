"""`dashjax fit`: the hierarchy's hyper-parameters, learned from a reward table."""

import time

from dashjax import learning, results, table
from dashjax.commands.replay import finish
from dashjax.commands.terminal import Terminal
from dashjax.options import Fit


def run(options: Fit, terminal: Terminal) -> None:
    """Fits, prints both estimators side by side, and writes results where asked."""
    plan = options.plan()
    if options.out:
        results.check_free(options.out)
    began = time.perf_counter()
    loaded = table.load(options.table)
    with terminal.progress() as advance:
        experiment = learning.fit(
            loaded, options.targets, plan, grouping=options.grouping, advance=advance
        )
    finish(experiment, options.out, time.perf_counter() - began, terminal)
