"""`dashjax sweep`: methods over synthetic pools."""

import time

from dashjax import experiments, results
from dashjax.commands.replay import finish
from dashjax.commands.terminal import Terminal
from dashjax.options import Sweep
from dashjax.settings import PriorSettings


def run(options: Sweep, terminal: Terminal) -> None:
    """Sweeps, prints a row per method, and writes results where asked."""
    if options.out:
        results.check_free(options.out)
    began = time.perf_counter()
    truth = PriorSettings(options.group_mean, options.group_sd, options.arm_sd, options.noise_sd)
    with terminal.progress() as advance:
        experiment = experiments.synthetic(
            (options.groups, options.arms),
            truth,
            options.settings(),
            variances=options.variances,
            costs=options.costs,
            advance=advance,
        )
    finish(experiment, options.out, time.perf_counter() - began, terminal)
