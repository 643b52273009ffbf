"""`dashjax replay`: methods over a reward table.

What trains and what draws is imported where it is asked for: it takes longer to load than all else.
"""

import time
from typing import TYPE_CHECKING

from dashjax.cli.experiment_options import Replay
from dashjax.cli.output import Terminal
from dashjax.cli.showing import finish
from dashjax.cli.simulating import simulating
from dashjax.errors import InputError
from dashjax.priors import saved
from dashjax.priors.settings import PriorSettings
from dashjax.simulate import accuracies
from dashjax.simulate.replay import Answers, replay
from dashjax.store import reward_table as table
from dashjax.store.reward_table import RewardTable

if TYPE_CHECKING:
    from dashjax.pools.examples import Examples


def run(options: Replay, terminal: Terminal) -> None:
    """Replays, prints a row per method and target, and writes results where asked.

    Host 0 alone prints, trains and writes; the others end when the runs are done.
    """
    if options.train_selections < 0:
        raise InputError(f"--train-selections is {options.train_selections}; give 0 or more")
    with simulating(options) as first:
        began = time.perf_counter()
        loaded = table.load_table(options.table)
        examples = _pool_of(loaded) if first and options.train_selections else None
        prior = _prior(options, loaded)
        with terminal.progress(shown=first) as advance:
            experiment = replay(
                loaded,
                options.targets,
                options.runs.settings(),
                answers=Answers(options.mode, options.numbers.noise_sd),
                prior=prior,
                costs=options.costs,
                advance=advance,
            )
    if not first:
        return
    if examples:
        from dashjax.rewards import selections

        jobs = accuracies.missing_jobs(experiment, loaded, options.train_selections)
        with terminal.progress() as advance:
            loaded = selections.train(loaded, jobs, examples, advance)
    accuracies.attach(experiment, loaded)
    experiment.config["x64"] = options.runs.x64
    experiment.config["prior_from"] = "numbers" if options.prior() else options.prior_from
    seconds = time.perf_counter() - began
    finish(experiment, seconds, options.kept, terminal)


def _prior(options: Replay, loaded: RewardTable) -> PriorSettings | dict[str, PriorSettings] | None:
    """The prior by numbers, or one for each target from a fit; None for that by moments."""
    numbers, folder = options.prior(), options.fitted()
    if folder is None:
        return numbers
    return saved.read(folder, loaded, options.targets, options.runs.grouping)


def _pool_of(loaded: RewardTable) -> "Examples":
    from dashjax.pools import read

    return read.reopen(loaded.origin, loaded.identity.fingerprint)
