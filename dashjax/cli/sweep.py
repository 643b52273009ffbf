"""`dashjax sweep`: methods over synthetic pools."""

import time

from dashjax.cli.experiment_options import Sweep
from dashjax.cli.output import Terminal
from dashjax.cli.showing import finish
from dashjax.cli.simulating import simulating
from dashjax.simulate.synthetic import synthetic


def run(options: Sweep, terminal: Terminal) -> None:
    """Sweeps, prints a row per method, and writes results where asked; host 0 alone does so."""
    truth = options.truth()
    with simulating(options) as first:
        began = time.perf_counter()
        with terminal.progress(shown=first) as advance:
            experiment = synthetic(
                (options.groups, options.arms),
                truth,
                options.runs.settings(),
                variances=options.variances,
                costs=options.costs,
                advance=advance,
            )
    experiment.config["x64"] = options.runs.x64
    if first:
        seconds = time.perf_counter() - began
        finish(experiment, seconds, options.kept, terminal)
