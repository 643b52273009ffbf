"""The command line: parse, call one function, print or write."""

import importlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, subcommand

from dashjax.commands.terminal import Terminal
from dashjax.endings import ending
from dashjax.errors import InputError
from dashjax.settings import (
    METHODS_EXPLAINED,
    FolderOptions,
    Plan,
    PriorSettings,
    Settings,
    TrainingSettings,
)

_METHODS = "Which methods to run. " + "; ".join(
    f"{name}: {text}" for name, text in METHODS_EXPLAINED.items()
)
Methods = Annotated[tuple[str, ...], tyro.conf.arg(help=_METHODS)]
_Hidden = tyro.conf.Suppress[int]


@dataclass(frozen=True)
class _Cut(FolderOptions):
    seed: _Hidden = 0  # the command's own --seed decides


@dataclass(frozen=True)
class _Training(TrainingSettings):
    seed: _Hidden = 0


@dataclass(frozen=True)
class Demo:
    """Watch the whole of dashjax work: real images, trained models, and which datasets to take.

    Builds a reward table on the embedded pool of digit images, replays every method over it, trains
    models on what they select, and ends with one sentence. No network is needed.
    """

    out: Path = Path("runs/demo")
    """Folder for results, pictures and the reward table; a second run reuses the table."""
    seeds: int = 2000
    """Runs of each method on each target."""
    seed: int = 0
    """Decides everything that is drawn by chance in the runs."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "demo:run"


@dataclass(frozen=True)
class Pool:
    """Look into a pool: its groups, datasets, targets and sizes, and a sheet of its images."""

    pool: Positional[str]
    """`embedded`, or a folder with one .npz file a domain (x_train, y_train, x_test, y_test)."""
    out: Path | None = None
    """Write a contact sheet of example images to this PNG file."""
    cut: _Cut = field(default_factory=_Cut)
    """How the domains of a folder are cut into targets and candidate datasets."""
    seed: int = 0
    """Decides which examples of a folder go where."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "pool:run"

    def options(self) -> FolderOptions:
        """How a folder is cut."""
        return FolderOptions(**asdict(self.cut) | {"seed": self.seed})


@dataclass(frozen=True)
class Build:
    """Measure what each dataset is worth to each target, and keep it: one reward a cell.

    Trains small models and writes a folder. A build that is stopped at any time goes on where it
    was when the same command is given again.
    """

    pool: Positional[str]
    """`embedded`, or a folder with one .npz file a domain (x_train, y_train, x_test, y_test)."""
    out: Path
    """Folder of the table: a new one, or one to go on with."""
    targets: tuple[str, ...] = ()
    """Targets to measure for; all of the pool if none is named."""
    replicates: int = 16
    """Independent measurements of every dataset for every target."""
    reward: str = "gain"
    """`gain`: validation accuracy won by fine-tuning the local model on local and candidate
    examples. `agreement`: accuracy of the local model, as it is, on candidate examples. `retrain`:
    validation accuracy after training from scratch on local and candidate examples."""
    cut: _Cut = field(default_factory=_Cut)
    """How the domains of a folder are cut into targets and candidate datasets."""
    training: _Training = field(default_factory=_Training)
    """How models are trained and rewards measured."""
    seed: int = 0
    """Decides the cut of a folder and every training."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "table:build"

    def options(self) -> tuple[FolderOptions, TrainingSettings]:
        """How a folder is cut, and how models are trained."""
        cut: dict[str, Any] = asdict(self.cut) | {"seed": self.seed}
        training: dict[str, Any] = asdict(self.training) | {"seed": self.seed}
        return FolderOptions(**cut), TrainingSettings(**training)


@dataclass(frozen=True)
class Show:
    """Show what a reward table is about, and the mean reward of each dataset for each target."""

    table: Positional[Path]
    """Folder of the table."""
    seed: int = 0
    """Not used: nothing here is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "table:show"


@dataclass(frozen=True)
class Verify:
    """Check that a reward table is whole and holds what its manifest says."""

    table: Positional[Path]
    """Folder of the table."""
    pool: str | None = None
    """Also check that it was measured on this pool (`embedded` or a folder)."""
    seed: int = 0
    """Not used: nothing here is drawn by chance."""
    json: bool = False
    """Print one JSON document on stdout, and nothing else there."""

    command = "table:verify"


@dataclass(frozen=True)
class Table:
    """Build, show and verify reward tables."""

    action: (
        Annotated[Build, subcommand("build")]
        | Annotated[Show, subcommand("show")]
        | Annotated[Verify, subcommand("verify")]
    )


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
    methods: Methods = ("dash", "flat")
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
    mode: str = "bootstrap"
    """How a step is answered: `bootstrap` (a replicate by chance), `sequence` (each replicate at
    most once) or `mean` (the mean, without noise)."""
    group_mean: float | None = None
    """Prior mean of a group's utility. Give all four of the prior or none; without, it is taken
    from the other targets' rows of the table."""
    group_sd: float | None = None
    """Prior standard deviation of groups."""
    arm_sd: float | None = None
    """Prior standard deviation of datasets within their group."""
    noise_sd: float | None = None
    """Standard deviation of one reward."""
    train_selections: int = 0
    """Train models on up to this many of the commonest final selections, where the table lacks
    their test accuracy; the pool must still be where it was."""
    out: Path | None = None
    """Write results and pictures to this folder."""
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
        if all(number is None for number in numbers):
            return None
        given = [number for number in numbers if number is not None]
        if len(given) < len(numbers):
            raise InputError(
                "give all of --group-mean, --group-sd, --arm-sd and --noise-sd, or none of them"
            )
        return PriorSettings(*given)


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
    methods: Methods = ("dash", "flat")
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
    variances: str = "matched"
    """With another grouping than perfect: `matched` gives the methods the variances implied by
    that grouping, `given` those of the options."""
    out: Path | None = None
    """Write results and pictures to this folder."""
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


Command = Demo | Pool | Table | Replay | Sweep | Report


def _settings(options: Replay | Sweep) -> Settings:
    plan = Plan(options.steps, options.select, options.selection, options.tolerance)
    return Settings(options.methods, plan, options.seeds, options.seed, options.grouping)


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line and gives its exit status: 0, or 2 for a mistake of the user's."""
    return ending(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> None:
    options = _parse(arguments)
    module, function = options.command.split(":")
    run = getattr(importlib.import_module(f"dashjax.commands.{module}"), function)
    run(options, Terminal(options.json))


def _parse(arguments: list[str] | None) -> Any:
    """The options of one command."""
    options = tyro.cli(
        Command,
        prog="dashjax",
        description="Which datasets are worth taking? Try as few as possible, and know how sure.",
        args=arguments,
        config=(
            tyro.conf.OmitArgPrefixes,
            tyro.conf.OmitSubcommandPrefixes,
            tyro.conf.FlagCreatePairsOff,
            tyro.conf.PositionalMetavarFromFieldName,
        ),
    )
    return options.action if isinstance(options, Table) else options
