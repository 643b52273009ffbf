"""Options that several commands have, each with its text in one place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from dashjax.bandit.catalogue import METHODS_EXPLAINED
from dashjax.errors import InputError
from dashjax.priors.settings import PriorSettings
from dashjax.simulate.plan import Plan, Settings

_METHODS = "Which methods to run. " + "; ".join(
    f"{name}: {text}" for name, text in METHODS_EXPLAINED.items()
)
_Methods = Annotated[tuple[str, ...], tyro.conf.arg(help=_METHODS)]
_Rules = Annotated[tuple[str, ...], tyro.conf.arg(metavar="RULE...")]

# What may be chosen; a test holds these against what the package knows.
GroupingName = Literal["perfect", "mixed", "crossed", "shuffled", "single"]
SelectionName = Literal["top-k", "percentile", "group-then-arm"]
CostsName = Literal["equal", "pool", "examples"]
ModeName = Literal["bootstrap", "sequence", "mean"]
VariancesName = Literal["matched", "given"]
RewardName = Literal["gain", "agreement", "retrain"]


@dataclass(frozen=True)
class Printing:
    """What is printed."""

    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""
    quiet: bool = False
    """Print neither progress nor notes."""


@dataclass(frozen=True)
class Keeping:
    """Where results are kept."""

    out: Path | None = None
    """Write results and pictures to this folder."""
    overwrite: bool = False
    """Put the results in the place of earlier ones in --out."""

    def __post_init__(self) -> None:
        if self.overwrite and self.out is None:
            raise InputError("--overwrite is for results in a folder; give --out, or leave it out")


@dataclass(frozen=True)
class PriorNumbers:
    """A prior by numbers."""

    group_mean: float | None = None
    """Prior mean of a group's utility. Give all four of the prior or none."""
    group_sd: float | None = None
    """Prior standard deviation of groups."""
    arm_sd: float | None = None
    """Prior standard deviation of datasets within their group."""
    noise_sd: float | None = None
    """Standard deviation of one reward. In `dashjax replay` Gaussian noise of it is added to the
    answers of datasets that have a single reward, which need it."""

    def prior(self, *, noise_alone: bool = False) -> PriorSettings | None:
        """The prior; None if no number was given.

        Args:
            noise_alone: whether the noise may be given without the rest, and then is no prior.

        Raises:
            InputError: if a part of it was given.
        """
        numbers = (self.group_mean, self.group_sd, self.arm_sd, self.noise_sd)
        given = [number for number in numbers if number is not None]
        if not given or (noise_alone and given == [self.noise_sd]):
            return None
        if len(given) < len(numbers):
            raise InputError(
                "give all of --group-mean, --group-sd, --arm-sd and --noise-sd, or none of them"
            )
        return PriorSettings(*given)


@dataclass(frozen=True)
class Runs:
    """What is run, how often and how long."""

    methods: _Methods = ("best", "dash", "flat")
    seeds: int = 1000
    """Runs of each method, on each target."""
    steps: int = 200
    """Exploration steps of each run: one step evaluates one dataset once."""
    select: int = 3
    """How many datasets to select."""
    tolerance: str = "0.01"
    """How far a right selection's mean utility may lie below the best: a number in units of reward;
    or a share such as 5%, of the spread between datasets (the standard deviation of their true
    means, or how far the best lies above the floor where one is stated; mean over targets). The
    stop rule of `best` takes it on."""
    selection: SelectionName = "top-k"
    """How a selection is made."""
    grouping: GroupingName = "perfect"
    """How the methods see the datasets grouped: `perfect` (as the pool came), `mixed` (every group
    gives one to its neighbour), `crossed` (one of each group in each), `shuffled` (by chance)
    or `single` (all in one group)."""
    stop: _Rules = ()
    """When to stop, each rule by itself: budget:STEPS, cost:COST,
    good-selection:PROBABILITY:TOLERANCE, good-selection-unconfirmed:PROBABILITY:TOLERANCE,
    good-selection-bound:PROBABILITY:TOLERANCE, calibrated:PROBABILITY:TOLERANCE (in a replay:
    good-selection at the threshold that the other targets ask for), value:LOSS, gain:COST:LOSS,
    stable:STEPS, each-once. A tolerance may be a share of the spread that is believed in, as 5%.
    `+` joins rules that must all hold, `,` rules of which one must. Stopping does not change the
    steps: the table says when each run would have ended."""
    until_stopped: bool = False
    """End each run when all its stop rules have held, which is quicker: nothing is pulled after
    that, and its selection stays."""
    batch: int = 1
    """Datasets explored at once, before the reward of any is known."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    x64: bool = False
    """Compute in double precision: slower, other random numbers, the same statistics."""
    hosts: bool = False
    """Share the runs among several processes, one for each host: start the same command on all.
    They find each other by what JAX knows (Slurm, Open MPI and others), or by the environment
    variables JAX_COORDINATOR_ADDRESS (HOST:PORT of host 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID
    (from 0). Results are the same as by one; host 0 alone prints and writes them."""

    def settings(self) -> Settings:
        """What the experiment is told."""
        from dashjax.bandit.stopping.parse import rule  # loads JAX, which --help does without

        tolerance, share = _tolerance(self.tolerance)
        plan = Plan(
            self.steps,
            self.select,
            self.selection,
            tolerance,
            tuple(rule(text) for text in self.stop),
            self.batch,
            self.until_stopped,
            share,
        )
        return Settings(self.methods, plan, self.seeds, self.seed, self.grouping)


def _tolerance(text: str) -> tuple[float, float | None]:
    """A tolerance and, where it is a share, that share of 1.

    Raises:
        InputError: if the text is neither a number nor a share.
    """
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise InputError(f"--tolerance is '{text}'; give a number, or a share such as 5%") from None
    return (value, None) if not text.endswith("%") else (Plan.tolerance, value / 100)
