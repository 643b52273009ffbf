"""Options of the commands that run methods and show what they found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import Positional

from dashjax.bandit.catalogue import METHODS_EXPLAINED
from dashjax.errors import InputError
from dashjax.priors.settings import FitPlan, PriorSettings
from dashjax.simulate.plan import Plan, Settings

_METHODS = "Which methods to run. " + "; ".join(
    f"{name}: {text}" for name, text in METHODS_EXPLAINED.items()
)
Methods = Annotated[tuple[str, ...], tyro.conf.arg(help=_METHODS)]
_MOMENTS = "moments"
Rules = Annotated[tuple[str, ...], tyro.conf.arg(metavar="RULE...")]


@dataclass(frozen=True)
class Demo:
    """Watch the whole of dashjax work: real images, trained models, and which datasets to take.

    Builds a reward table on the embedded pool of digit images, replays every method over it, trains
    models on what they select, and ends with one sentence. No network is needed.
    """

    out: Path = Path("runs/demo")
    """Folder for the reward table, which a second run reuses, and for `results` with pictures."""
    overwrite: bool = False
    """Put the results in the place of earlier ones in --out."""
    seeds: int = 1000
    """Runs of each method on each target."""
    seed: int = 0
    """Decides everything that is drawn by chance in the runs."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "demo:run"


@dataclass(frozen=True)
class Replay:
    """Replay methods over a reward table: how many steps each needs, and what it then selects.

    A selection is right if its mean utility (over the table's replicates) is within the tolerance
    of the best set of its size. Every figure comes with a 95 % interval over seeds.
    """

    table: Positional[Path]
    """Folder of the table."""
    targets: tuple[str, ...] = ()
    """Targets to replay; all that the table has if none is named."""
    methods: Methods = ("best", "dash", "flat")
    seeds: int = 1000
    """Runs of each method on each target."""
    steps: int = 200
    """Exploration steps of each run: one step evaluates one dataset once."""
    grouping: str = "perfect"
    """How the methods see the datasets grouped: `perfect` (as the pool came), `mixed` (every group
    gives one to its neighbour), `crossed` (one of each group in each), `shuffled` (by chance)
    or `single` (all in one group)."""
    select: int = 3
    """How many datasets to select."""
    tolerance: float = 0.01
    """How far a right selection's mean utility may lie below the best, in units of reward."""
    selection: str = "top-k"
    """How a selection is made: top-k, percentile or group-then-arm."""
    stop: Rules = ()
    """When to stop, each rule by itself: budget:STEPS, cost:COST,
    good-selection:PROBABILITY:TOLERANCE, good-selection-bound:PROBABILITY:TOLERANCE, value:LOSS,
    gain:COST:LOSS, stable:STEPS, each-once. `+` joins rules that must all hold, `,` rules of which
    one must. Stopping does not change the steps: the table says when each run would have ended."""
    until_stopped: bool = False
    """End each run when all its stop rules have held, which is quicker: nothing is pulled after
    that, and its selection stays."""
    batch: int = 1
    """Datasets explored at once, before the reward of any is known."""
    costs: str = "equal"
    """What a step costs: `equal`, `pool` (what the pool says) or `examples` (in proportion to a
    dataset's size, 1 on average)."""
    mode: str = "bootstrap"
    """How a step is answered: `bootstrap` (a replicate by chance), `sequence` (each replicate at
    most once) or `mean` (the mean, without noise)."""
    prior_from: str = _MOMENTS
    """Where the prior comes from, always from the other targets' rows alone: `moments`, or a folder
    that `dashjax fit` made of this table (its posterior means by the grid)."""
    group_mean: float | None = None
    """Prior mean of a group's utility. Give all four of the prior or none; without, see
    --prior-from."""
    group_sd: float | None = None
    """Prior standard deviation of groups."""
    arm_sd: float | None = None
    """Prior standard deviation of datasets within their group."""
    noise_sd: float | None = None
    """Standard deviation of one reward: part of the prior, if all four are given. Gaussian noise of
    it is added to the answers of datasets that have a single reward, which need it."""
    train_selections: int = 0
    """Train models on up to this many of the commonest final selections, where the table lacks
    their test accuracy; the pool must still be where it was."""
    hosts: bool = False
    """Share the runs among several processes, one for each host: start the same command on all.
    They find each other by what JAX knows (Slurm, Open MPI and others), or by the environment
    variables JAX_COORDINATOR_ADDRESS (HOST:PORT of host 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID
    (from 0). Results are the same as by one; host 0 alone prints and writes them."""
    x64: bool = False
    """Compute in double precision: slower, other random numbers, the same statistics."""
    out: Path | None = None
    """Write results and pictures to this folder."""
    overwrite: bool = False
    """Put the results in the place of earlier ones in --out."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "replay:run"

    def settings(self) -> Settings:
        """What the experiment is told."""
        return _settings(self)

    def prior(self) -> PriorSettings | None:
        """The prior by numbers, if it was given.

        Raises:
            InputError: if it was given in part.
        """
        numbers = (self.group_mean, self.group_sd, self.arm_sd, self.noise_sd)
        if all(number is None for number in numbers[:3]):
            return None
        given = [number for number in numbers if number is not None]
        if len(given) < len(numbers):
            raise InputError(
                "give all of --group-mean, --group-sd, --arm-sd and --noise-sd, or none of them"
            )
        if self.prior_from != _MOMENTS:
            raise InputError("give --prior-from or the prior by numbers, not both")
        return PriorSettings(*given)

    def fitted(self) -> Path | None:
        """The folder of the fit that the prior is to come from, if one was named."""
        return None if self.prior_from == _MOMENTS else Path(self.prior_from)


@dataclass(frozen=True)
class Fit:
    """Learn how groups, datasets and rewards spread from a reward table: the prior of a new target.

    Once to all targets, and once without each of them: that is the prior for the target left out,
    which `dashjax replay TABLE --prior-from FOLDER` uses. In closed form over a grid, and by
    NumPyro's sampler beside it.
    """

    table: Positional[Path]
    """Folder of the table."""
    targets: tuple[str, ...] = ()
    """Targets whose rows are used; all that the table has if none is named."""
    grouping: str = "perfect"
    """How the datasets are grouped, as in `dashjax replay`."""
    samples: int = 1000
    """Draws kept of each of NumPyro's four chains."""
    warmup: int = 500
    """Steps of each chain before them."""
    out: Path | None = None
    """Write results and a picture to this folder."""
    overwrite: bool = False
    """Put the results in the place of earlier ones in --out."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "fit:run"

    def plan(self) -> FitPlan:
        """How to sample."""
        return FitPlan(self.samples, self.warmup, self.seed)


@dataclass(frozen=True)
class Sweep:
    """Sweep methods over synthetic pools, drawn afresh for every seed from a Gaussian hierarchy.

    A selection is right if its mean utility is within the tolerance of the best set of its size.
    Every figure comes with a 95 % interval over seeds.
    """

    groups: int = 5
    """Groups of a pool."""
    arms: int = 3
    """Datasets of a group."""
    group_mean: float = 0.5
    """Mean utility of groups."""
    group_sd: float = 0.15
    """Standard deviation of groups."""
    arm_sd: float = 0.03
    """Standard deviation of datasets within their group."""
    noise_sd: float = 0.05
    """Standard deviation of one reward."""
    methods: Methods = ("best", "dash", "flat")
    seeds: int = 1000
    """Runs of each method."""
    steps: int = 200
    """Exploration steps of each run: one step evaluates one dataset once."""
    select: int = 3
    """How many datasets to select."""
    tolerance: float = 0.01
    """How far a right selection's mean utility may lie below the best, in units of reward."""
    selection: str = "top-k"
    """How a selection is made: top-k, percentile or group-then-arm."""
    grouping: str = "perfect"
    """How the methods see the datasets grouped: `perfect` (as the pool came), `mixed` (every group
    gives one to its neighbour), `crossed` (one of each group in each), `shuffled` (by chance)
    or `single` (all in one group)."""
    stop: Rules = ()
    """When to stop, each rule by itself: budget:STEPS, cost:COST,
    good-selection:PROBABILITY:TOLERANCE, good-selection-bound:PROBABILITY:TOLERANCE, value:LOSS,
    gain:COST:LOSS, stable:STEPS, each-once. `+` joins rules that must all hold, `,` rules of which
    one must. Stopping does not change the steps: the table says when each run would have ended."""
    until_stopped: bool = False
    """End each run when all its stop rules have held, which is quicker: nothing is pulled after
    that, and its selection stays."""
    batch: int = 1
    """Datasets explored at once, before the reward of any is known."""
    costs: tuple[float, ...] = ()
    """What a step with each dataset of a group costs (as many numbers as --arms), or with each
    dataset of the pool; 1 if none is given."""
    variances: str = "matched"
    """With another grouping than perfect: `matched` gives the methods the variances implied by
    that grouping, `given` those of the options."""
    hosts: bool = False
    """Share the runs among several processes, one for each host: start the same command on all.
    They find each other by what JAX knows (Slurm, Open MPI and others), or by the environment
    variables JAX_COORDINATOR_ADDRESS (HOST:PORT of host 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID
    (from 0). Results are the same as by one; host 0 alone prints and writes them."""
    x64: bool = False
    """Compute in double precision: slower, other random numbers, the same statistics."""
    out: Path | None = None
    """Write results and pictures to this folder."""
    overwrite: bool = False
    """Put the results in the place of earlier ones in --out."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "sweep:run"

    def settings(self) -> Settings:
        """What the experiment is told."""
        return _settings(self)


@dataclass(frozen=True)
class Report:
    """Show results made earlier with --out again, and draw their pictures anew."""

    folder: Positional[Path]
    """Folder of the results."""
    seed: int = 0
    """Not used: nothing here is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "report:run"


def _settings(options: Replay | Sweep) -> Settings:
    from dashjax.bandit.stopping.parse import rule  # loads JAX, which --help does without

    plan = Plan(
        options.steps,
        options.select,
        options.selection,
        options.tolerance,
        tuple(rule(text) for text in options.stop),
        options.batch,
        options.until_stopped,
    )
    return Settings(options.methods, plan, options.seeds, options.seed, options.grouping)
