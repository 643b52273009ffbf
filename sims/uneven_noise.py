"""Whether `best` keeps its promise where noise is not what its model says.

    python -m sims.uneven_noise --seeds 2000

Pools of five groups of three, group spread .15, dataset spread .03, drawn afresh in every run, at
most 120 looks; the best three are wanted within .01. Noise: equal (.05); .30 in one group and .02
elsewhere; by dataset, log-normal around .05 with a standard deviation of the logarithm of 1; and
Student's t with 3 degrees of freedom, in units of .05. Figures go to `uneven_noise.json`.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import dashjax as dj
from dashjax.bandit import environments
from dashjax.bandit.base import Environment
from dashjax.bandit.environments.counted import Pull, counted
from dashjax.cli.exit import ending
from dashjax.engine import devices
from dashjax.engine.random import normal
from dashjax.priors import moments as priors
from dashjax.priors.settings import PriorSettings
from dashjax.simulate import metrics, sweep
from dashjax.simulate.plan import Plan
from dashjax.store.machine import keep
from dashjax.store.results import Row
from sims.problems import ARM_SD, GROUP_MEAN, GROUP_SD, GROUPS, MEMBERS, SELECT, pool

USUAL, QUIET, LOUD = 0.05, 0.02, 0.30
_FREEDOM = 3
_DATASET, _TAIL = 2**30, 1  # folded into keys: the noise of a dataset, the tail of a pull

Size = Callable[[Pull], Any]  # the standard deviation of a pull's noise


def equal(pull: Pull) -> Any:
    """The same for all."""
    return USUAL


def one_group(pull: Pull) -> Any:
    """Loud in the first group, quiet elsewhere."""
    return jnp.where(pull.arm < MEMBERS, LOUD, QUIET)


def by_dataset(pull: Pull) -> Any:
    """Drawn for each dataset and run."""
    return USUAL * jnp.exp(normal(jax.random.fold_in(pull.key, _DATASET), (), jnp.float32))


def heavy_tails(pull: Pull) -> Any:
    """Drawn for each pull, so that the noise has Student's law."""
    squares = normal(jax.random.fold_in(pull.own_key, _TAIL), (_FREEDOM,), jnp.float32) ** 2
    return USUAL / jnp.sqrt(jnp.mean(squares))


KINDS: dict[str, Size] = {
    "equal": equal,
    "one group": one_group,
    "by dataset": by_dataset,
    "heavy tails": heavy_tails,
}


@dataclass(frozen=True)
class Options:
    """How many runs of what."""

    seeds: int = 2000
    """Runs of each case."""
    steps: int = 120
    """Most looks of a run."""
    tolerance: float = 0.01
    """How far a good selection may fall short."""
    probability: float = 0.95
    """How sure the rule is to be."""
    methods: tuple[str, ...] = ("best",)
    """What is run."""
    groupings: tuple[str, ...] = field(default=("perfect", "mixed"))
    """How the methods see the datasets grouped."""
    out: Path = Path("benchmarks/results")
    """Where the figures go."""


@functools.cache
def _answering(size: Size) -> Callable[[Any], Environment]:
    """One function a kind, so that it is compiled once."""

    def build(prior: dj.Prior) -> Environment:
        def answer(pull: Pull) -> Any:
            return pull.utility + size(pull) * normal(pull.own_key, (), jnp.float32)

        return counted(environments.drawn(prior, pool().grouping), answer)

    return build


def problem(kind: str, grouping: str) -> sweep.Problem:
    """Pools whose noise is of that kind."""
    settings = PriorSettings(GROUP_MEAN, GROUP_SD, ARM_SD, USUAL)
    truth = priors.truth(settings, GROUPS)
    return sweep.Problem(_answering(KINDS[kind]), truth, truth, pool().regroup(grouping))


def rows(options: Options) -> Iterator[Row]:
    """A row a kind of noise, grouping and method."""
    rule = dj.stopping.good_selection(options.probability, options.tolerance)
    plan = Plan(options.steps, SELECT, tolerance=options.tolerance, stop=(rule,))
    for kind in KINDS:
        for grouping in options.groupings:
            for name in options.methods:
                found = sweep.sweep(
                    dj.method(name), problem(kind, grouping), plan, seeds=options.seeds
                )
                yield {"noise": kind, "grouping": grouping} | metrics.row(found)


def main() -> None:
    """Prints a line a case and keeps the figures."""
    options = tyro.cli(Options, description=__doc__)
    devices.use_all_cores()
    found = []
    for row in rows(options):
        found.append(row)
        good = row["good_when_stopped"] or np.nan
        print(
            f"{row['noise']:12} {row['grouping']:8} {row['method']}: good when stopped "
            f"{good:.3f} ({row['good_when_stopped_low'] or np.nan:.3f} to "
            f"{row['good_when_stopped_high'] or np.nan:.3f}), {row['stopped_mean']:.1f} looks, "
            f"{row['stopped_share']:.0%} stopped",
            flush=True,
        )
    told = {"seeds": options.seeds, "steps": options.steps, "tolerance": options.tolerance}
    keep(told | {"rows": found}, options.out / "uneven_noise.json")


if __name__ == "__main__":
    raise SystemExit(ending(main))
