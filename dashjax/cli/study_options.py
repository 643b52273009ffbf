"""Options of `dashjax study`: a live search that is kept."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional, subcommand

from dashjax.cli.shared_options import Printing, PriorNumbers

_Select = Annotated[int, tyro.conf.arg(aliases=["--take"])]


@dataclass(frozen=True)
class Where:
    """Which study."""

    store: Positional[str]
    """Path of the study's file, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE."""
    name: str | None = None
    """Name of the study, where the store holds several; that of its target if it was given none."""


@dataclass(frozen=True)
class Create(Where):
    """Begin a study: which datasets there are, for which target, and when it is enough.

    A study that is there with the same settings stays as it is.
    """

    pool: Path = field(kw_only=True)
    """CSV file with the column `dataset` and, if you like, `group`, `cost` (of a look), `price` (of
    taking it) and `size`."""
    target: str = field(kw_only=True)
    """The task whose model is to be improved."""
    select: _Select = 3
    """How many datasets are wanted, at most."""
    method: str = "best"
    """The method that asks; see `dashjax replay --help`."""
    tolerance: float = 0.01
    """How far a good selection may fall short of the best, in units of reward."""
    stop: str | None = None
    """When to stop, as in `dashjax replay --stop`; 95 % sure to be within the tolerance if not
    given."""
    steps: int | None = None
    """Looks after which it ends at the latest; as many as it takes if not given."""
    exploration_budget: float | None = None
    """Cost of looks after which it ends at the latest, in the unit of the pool's costs."""
    budget: float | None = None
    """What the prices of the datasets to take may add up to, in the unit of the pool's prices;
    prices do not matter if not given."""
    direction: Literal["higher", "lower"] = "higher"
    """Which rewards are better."""
    floor: float | None = None
    """Reward of taking nothing; below it no dataset is worth taking."""
    retries: int = 2
    """Failures in a row after which a dataset is not tried again."""
    lease: float | None = None
    """Hours after which a trial that nothing was heard of goes to another worker; workers of
    `study run` say in time that they are still at work."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    numbers: PriorNumbers = field(default_factory=PriorNumbers)
    printing: Printing = field(default_factory=Printing)

    command = "study:create"

    def settings(self) -> dict[str, Any]:
        """What the study is told; what was not given is left out.

        Raises:
            InputError: if a part of the prior was given.
        """
        names = (
            "target select method tolerance stop steps exploration_budget budget direction floor "
            "retries lease seed"
        )
        given = {name: getattr(self, name) for name in names.split()}
        return given | {"prior": self.numbers.prior()}


@dataclass(frozen=True)
class Run(Where):
    """Run your program for look after look until enough is known; what was told is kept.

    It may be stopped at any time, and goes on when it is given again. Several may share a study.
    """

    command_line: Annotated[str, tyro.conf.arg(name="command")] = field(kw_only=True)
    """Your program, such as 'python train.py --data {dataset}'. {dataset}, {group},
    {target}, {seed} and {trial} are put in as they are, each as a part of one argument; no shell
    reads them. The last number that it prints is the reward, or the last line {"reward": NUMBER}.
    Its exit status must be 0."""
    workers: int = 1
    """How many looks at a time."""
    timeout: float | None = None
    """Seconds after which a look is stopped and counts as failed."""
    logs: Path = Path("study-logs")
    """Folder for what each look prints."""
    host: str | None = None
    """Name of this machine in the study; the one that it has if not given. Give the same when you
    go on, so that looks that were cut off are made again."""
    printing: Printing = field(default_factory=Printing)

    command = "study_run:run"


@dataclass(frozen=True)
class Ask(Where):
    """Ask for the look to make next."""

    worker: str | None = None
    """Who asks; a worker that has a trial open gets it again."""
    printing: Printing = field(default_factory=Printing)

    command = "study:ask"


@dataclass(frozen=True)
class Tell(Where):
    """Say what came of a look: of a trial, or of a dataset without having asked."""

    reward: str = field(kw_only=True)
    """The reward, a finite number."""
    trial: int | None = None
    """Number of the trial."""
    dataset: str | None = None
    """The dataset of a look that was never asked for."""
    key: str | None = None
    """A name for such a look, so that it counts once however often it is told."""
    cost: float | None = None
    """What this look cost, where it was not the usual."""
    printing: Printing = field(default_factory=Printing)

    command = "study:tell"


@dataclass(frozen=True)
class _OfTrial(Where):
    trial: int = field(kw_only=True)
    """Number of the trial."""
    reason: str = "not said"
    """Why, in a few words."""
    printing: Printing = field(default_factory=Printing)


@dataclass(frozen=True)
class Fail(_OfTrial):
    """Say that a look came to nothing."""

    infeasible: bool = False
    """Never ask for its dataset again."""

    command = "study:fail"


@dataclass(frozen=True)
class Renew(Where):
    """Say that a trial is still being worked on, so that its lease begins anew."""

    trial: int = field(kw_only=True)
    """Number of the trial."""
    printing: Printing = field(default_factory=Printing)

    command = "study:renew"


@dataclass(frozen=True)
class Release(_OfTrial):
    """Give a trial back that nobody works on."""

    command = "study:release"


@dataclass(frozen=True)
class Add(Where):
    """Add a dataset to the pool of a study."""

    dataset: str = field(kw_only=True)
    """Its name."""
    group: str = "all"
    """Where it comes from."""
    cost: float = 1.0
    """Of one look at it."""
    price: float = 0.0
    """Of taking it in the end."""
    printing: Printing = field(default_factory=Printing)

    command = "study:add"


@dataclass(frozen=True)
class _OfDataset(Where):
    dataset: str = field(kw_only=True)
    """Its name."""
    printing: Printing = field(default_factory=Printing)


@dataclass(frozen=True)
class Pause(_OfDataset):
    """Neither ask for a dataset nor select it until it is resumed; it still teaches its group."""

    command = "study:pause"


@dataclass(frozen=True)
class Resume(_OfDataset):
    """Ask for a paused dataset and select it again."""

    command = "study:resume"


@dataclass(frozen=True)
class Retire(_OfDataset):
    """Take a dataset out of the pool for good; what it taught of its group stays."""

    command = "study:retire"


@dataclass(frozen=True)
class Revise(_OfDataset):
    """Begin anew with a dataset whose data changed; its earlier looks teach its group alone."""

    content: str | None = None
    """Hash or version of the new data, for the log."""

    command = "study:revise"


@dataclass(frozen=True)
class ImportResults(Where):
    """Tell rewards of earlier runs from a CSV file; to import it again adds its new rows alone."""

    file: Path = field(kw_only=True)
    """CSV file with the columns `dataset` and `reward`; of a column `target`, only rows with this
    study's are read."""
    printing: Printing = field(default_factory=Printing)

    command = "study:bring_in"


@dataclass(frozen=True)
class Status(Where):
    """Show what to take, how sure that is, what is missing, every dataset, and looks under way."""

    printing: Printing = field(default_factory=Printing)

    command = "study:status"


@dataclass(frozen=True)
class ExportTrials(Where):
    """Write all trials to a CSV file, which `dashjax table import` also reads."""

    out: Path = field(kw_only=True)
    """The file."""
    overwrite: bool = False
    """Replace a file that is there."""
    printing: Printing = field(default_factory=Printing)

    command = "study:export"


@dataclass(frozen=True)
class List:
    """List the studies of a store."""

    store: Positional[str]
    """Path of the studies' file, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE."""
    printing: Printing = field(default_factory=Printing)

    command = "study:show_all"


ACTIONS: dict[str, Any] = {
    "create": Create,
    "run": Run,
    "ask": Ask,
    "tell": Tell,
    "fail": Fail,
    "renew": Renew,
    "release": Release,
    "add": Add,
    "pause": Pause,
    "resume": Resume,
    "retire": Retire,
    "revise": Revise,
    "import": ImportResults,
    "status": Status,
    "export": ExportTrials,
    "list": List,
}


@dataclass(frozen=True)
class Study:
    """Search live with your own training: ask, train, tell; stop today and go on tomorrow."""

    action: (
        Annotated[Create, subcommand("create")]
        | Annotated[Run, subcommand("run")]
        | Annotated[Ask, subcommand("ask")]
        | Annotated[Tell, subcommand("tell")]
        | Annotated[Fail, subcommand("fail")]
        | Annotated[Renew, subcommand("renew")]
        | Annotated[Release, subcommand("release")]
        | Annotated[Add, subcommand("add")]
        | Annotated[Pause, subcommand("pause")]
        | Annotated[Resume, subcommand("resume")]
        | Annotated[Retire, subcommand("retire")]
        | Annotated[Revise, subcommand("revise")]
        | Annotated[ImportResults, subcommand("import")]
        | Annotated[Status, subcommand("status")]
        | Annotated[ExportTrials, subcommand("export")]
        | Annotated[List, subcommand("list")]
    )
