"""Options of the commands that look at pools and fill reward tables."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, subcommand

from dashjax.cli.shared_options import Printing, RewardName
from dashjax.cli.table_files import Diff, Export, Import, Merge
from dashjax.cli.table_findings import Groups, Noise
from dashjax.errors import InputError
from dashjax.pools.readers.options import EMBEDDED, FolderOptions
from dashjax.rewards.settings import TrainingSettings

_Hidden = tyro.conf.Suppress[int]


@dataclass(frozen=True)
class Cut(FolderOptions):
    """How a folder is cut, with the command's own seed."""

    seed: _Hidden = 0  # the command's own --seed decides

    def seeded(self, seed: int) -> FolderOptions:
        """The cut, by the command's own seed."""
        return FolderOptions(**asdict(self) | {"seed": seed})


@dataclass(frozen=True)
class _Training(TrainingSettings):
    seed: _Hidden = 0


def check_cut(pool: str, cut: Cut, more: Sequence[str] = ()) -> None:
    """Refuses options that say how a folder is cut where the pool is none."""
    given = [
        f"--{one.name.replace('_', '-')}"
        for one in fields(cut)
        if getattr(cut, one.name) != one.default
    ]
    if pool == EMBEDDED and (given or more):
        raise InputError(
            f"the embedded pool is as it is, and {[*given, *more][0]} says how a folder is cut; "
            f"leave it out"
        )


@dataclass(frozen=True)
class Pool:
    """Look into a pool: its groups, datasets, targets and sizes, and a sheet of its images.

    Of a pool of tables, as `dashjax choose` takes it: sizes, classes, missing values, and warnings
    of rows that occur twice, or in the test part of a target.
    """

    pool: Positional[str]
    """`embedded`, a folder with one .npz file a domain (x_train, y_train, x_test, y_test), or a
    pool of tables (see `dashjax choose --help`)."""
    target: str | None = None
    """Of a pool of tables: whose test rows must be in no dataset, as `dashjax choose` has it."""
    label: str | None = None
    """Of a pool of tables: the column of labels."""
    dataset_column: str | None = None
    """Of one file: the column with the names of its datasets."""
    group_column: str | None = None
    """Of one file: the column with their groups."""
    ignore: tuple[str, ...] = ()
    """Of a pool of tables: columns that are no features."""
    out: Path | None = None
    """Write a contact sheet of example images to this PNG file."""
    overwrite: bool = False
    """Put the contact sheet in the place of an earlier picture."""
    cut: Cut = field(default_factory=Cut)
    """How the domains of a folder are cut into targets and candidate datasets."""
    seed: int = 0
    """Decides which examples of a folder go where."""
    printing: Printing = field(default_factory=Printing)

    command = "pool:run"

    def tables(self) -> dict[str, Any]:
        """What was said of the columns of tables."""
        names = ("label", "dataset_column", "group_column", "ignore")
        given = {name: getattr(self, name) for name in names if getattr(self, name)}
        return given | ({"seed": self.seed} if self.seed else {})

    def options(self) -> FolderOptions:
        """How a folder is cut.

        Raises:
            InputError: if the pool is none that is cut.
        """
        check_cut(self.pool, self.cut, ["--seed"] if self.seed else [])
        return self.cut.seeded(self.seed)


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
    reward: RewardName = "gain"
    """`gain`: validation accuracy won by fine-tuning the local model on local and candidate
    examples. `agreement`: accuracy of the local model, as it is, on candidate examples. `retrain`:
    validation accuracy after training from scratch on local and candidate examples."""
    cut: Cut = field(default_factory=Cut)
    """How the domains of a folder are cut into targets and candidate datasets."""
    training: _Training = field(default_factory=_Training)
    """How models are trained and rewards measured."""
    seed: int = 0
    """Decides the cut of a folder and every training."""
    printing: Printing = field(default_factory=Printing)

    command = "table:build"

    def options(self) -> tuple[FolderOptions, TrainingSettings]:
        """How a folder is cut, and how models are trained.

        Raises:
            InputError: if the pool is none that is cut, and is to be.
        """
        check_cut(self.pool, self.cut)
        training: dict[str, Any] = asdict(self.training) | {"seed": self.seed}
        return self.cut.seeded(self.seed), TrainingSettings(**training)


@dataclass(frozen=True)
class Show:
    """Show what a reward table is about, and the mean reward of each dataset for each target."""

    table: Positional[Path]
    """Folder of the table."""
    printing: Printing = field(default_factory=Printing)

    command = "table:show"


@dataclass(frozen=True)
class Verify:
    """Check that a reward table is whole and holds what its manifest says."""

    table: Positional[Path]
    """Folder of the table."""
    pool: str | None = None
    """Also check that it was measured on this pool (`embedded` or a folder)."""
    printing: Printing = field(default_factory=Printing)

    command = "table:verify"


@dataclass(frozen=True)
class Table:
    """Build, import, show, judge, verify, export, merge and compare reward tables."""

    action: (
        Annotated[Build, subcommand("build")]
        | Annotated[Import, subcommand("import")]
        | Annotated[Export, subcommand("export")]
        | Annotated[Merge, subcommand("merge")]
        | Annotated[Diff, subcommand("diff")]
        | Annotated[Show, subcommand("show")]
        | Annotated[Noise, subcommand("noise")]
        | Annotated[Groups, subcommand("groups")]
        | Annotated[Verify, subcommand("verify")]
    )
