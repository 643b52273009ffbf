"""Options of the commands that run methods and show what they found."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from dashjax.cli.shared_options import (
    CostsName,
    GroupingName,
    Keeping,
    ModeName,
    Printing,
    PriorNumbers,
    Runs,
    VariancesName,
)
from dashjax.errors import InputError
from dashjax.priors.settings import FitPlan, PriorSettings

_MOMENTS = "moments"


@dataclass(frozen=True)
class Demo:
    """Watch the whole of dashjax work: real images, trained models, and which datasets to take.

    Builds a reward table on the embedded pool of digit images, replays every method over it, trains
    models on what they select, and ends with one sentence. No network is needed.
    """

    out: Path = Path("runs/demo")
    """Folder for the reward table, which a second run reuses, and for `results` with pictures."""
    overwrite: bool = False
    """Put the results in the place of earlier ones."""
    seeds: int = 1000
    """Runs of each method on each target."""
    seed: int = 0
    """Decides everything that is drawn by chance in the runs."""
    printing: Printing = field(default_factory=Printing)

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
    runs: Runs = field(default_factory=Runs)
    costs: CostsName = "equal"
    """What a step costs: `equal`, `pool` (what the pool says) or `examples` (in proportion to a
    dataset's size, 1 on average)."""
    mode: ModeName = "bootstrap"
    """How a step is answered: `bootstrap` (a replicate by chance), `sequence` (each replicate at
    most once) or `mean` (the mean, without noise)."""
    prior_from: str = _MOMENTS
    """Where the prior comes from, always from the other targets' rows alone: `moments`, or a folder
    that `dashjax fit` made of this table (its posterior means by the grid)."""
    numbers: PriorNumbers = field(default_factory=PriorNumbers)
    train_selections: int = 0
    """Train models on up to this many of the commonest final selections, where the table lacks
    their test accuracy; the pool must still be where it was."""
    kept: Keeping = field(default_factory=Keeping)
    printing: Printing = field(default_factory=Printing)

    command = "replay:run"

    def prior(self) -> PriorSettings | None:
        """The prior by numbers, if it was given.

        Raises:
            InputError: if it was given in part, or another is named besides.
        """
        prior = self.numbers.prior(noise_alone=True)
        if prior is not None and self.prior_from != _MOMENTS:
            raise InputError("give --prior-from or the prior by numbers, not both")
        return prior

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
    grouping: GroupingName = "perfect"
    """How the datasets are grouped, as in `dashjax replay`."""
    samples: int = 1000
    """Draws kept of each of NumPyro's four chains."""
    warmup: int = 500
    """Steps of each chain before them."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    kept: Keeping = field(default_factory=Keeping)
    printing: Printing = field(default_factory=Printing)

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
    runs: Runs = field(default_factory=Runs)
    costs: tuple[float, ...] = ()
    """What a step with each dataset of a group costs (as many numbers as --arms), or with each
    dataset of the pool; 1 if none is given."""
    variances: VariancesName = "matched"
    """With another grouping than perfect: `matched` gives the methods the variances implied by
    that grouping, `given` those of the options."""
    kept: Keeping = field(default_factory=Keeping)
    printing: Printing = field(default_factory=Printing)

    command = "sweep:run"

    def truth(self) -> PriorSettings:
        """The law that pools and rewards are drawn from.

        Raises:
            InputError: if a number is out of range, or --variances says nothing here.
        """
        if self.variances == "given" and self.runs.grouping == "perfect":
            raise InputError(
                "--variances given is for another grouping than perfect; give --grouping, or leave "
                "it out"
            )
        return PriorSettings(self.group_mean, self.group_sd, self.arm_sd, self.noise_sd)


@dataclass(frozen=True)
class Report:
    """Show results again and draw their pictures anew, or write one HTML file: of results, of a
    reward table or of a study; the answer first, and no network.
    """

    what: Positional[str]
    """Folder of results or of a table, or where a study is kept: its file or
    postgresql://USER:PASSWORD@HOST:PORT/DATABASE."""
    html: Path | None = None
    """Write a page to this file."""
    overwrite: bool = False
    """Replace a file that is there."""
    watch: int | None = None
    """Of a study: write the page anew every so many seconds, until the study has stopped."""
    name: str | None = None
    """Of a study: its name, where the store holds several."""
    select: int = 3
    """Of a table: how many datasets are to be taken."""
    tolerance: float = 0.01
    """Of a table: a difference that matters, in units of reward."""
    printing: Printing = field(default_factory=Printing)

    command = "report:run"
