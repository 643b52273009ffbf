"""Options of the commands that look at pools and fill reward tables."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, subcommand

from dashjax.cli.table_files import Diff, Export, Import, Merge
from dashjax.pools.readers.options import FolderOptions
from dashjax.rewards.settings import TrainingSettings

_Hidden = tyro.conf.Suppress[int]


@dataclass(frozen=True)
class _Cut(FolderOptions):
    seed: _Hidden = 0  # the command's own --seed decides


@dataclass(frozen=True)
class _Training(TrainingSettings):
    seed: _Hidden = 0


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
    """Build, import, show, verify, export, merge and compare reward tables."""

    action: (
        Annotated[Build, subcommand("build")]
        | Annotated[Import, subcommand("import")]
        | Annotated[Export, subcommand("export")]
        | Annotated[Merge, subcommand("merge")]
        | Annotated[Diff, subcommand("diff")]
        | Annotated[Show, subcommand("show")]
        | Annotated[Verify, subcommand("verify")]
    )
