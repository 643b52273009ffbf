"""Filling a reward table: which cells are missing, train them, commit them."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dashjax.engine.progress import Advance, silent
from dashjax.errors import InputError
from dashjax.pools.examples import Examples
from dashjax.pools.read import origin as origin_of
from dashjax.pools.read import read_pool
from dashjax.pools.readers.folder import DEFAULTS
from dashjax.pools.readers.options import FolderOptions
from dashjax.rewards.definitions import reward_named
from dashjax.rewards.limits import Trainings, check_rewards, check_trainings
from dashjax.rewards.measure import check_cells, compute_rewards
from dashjax.rewards.settings import TrainingSettings
from dashjax.store.identity import Cell, Identity
from dashjax.store.reward_table import RewardTable, load_table
from dashjax.store.table_writer import writing


@dataclass(frozen=True)
class BuildRequest:
    """Which rewards a table is to hold.

    Attributes:
        reward: `gain`, `agreement` or `retrain`.
        training: how models are trained and rewards measured.
        replicates: measurements of every dataset for every target.
        targets: which targets; all of the pool if empty.

    Example:
        >>> import dashjax as dj
        >>> dj.BuildRequest(replicates=8).reward
        'gain'
    """

    reward: str = "gain"
    training: TrainingSettings = field(default_factory=TrainingSettings)
    replicates: int = 16
    targets: tuple[str, ...] = ()


def identity(examples: Examples, order: BuildRequest) -> Identity:
    """What a table of that order is about.

    Raises:
        InputError: if the reward or a target is unknown, or the number of replicates below 1.
    """
    reward_named(order.reward)
    for name in order.targets:
        examples.target(name)
    if order.replicates < 1:
        raise InputError(f"{order.replicates} replicates: give at least 1")
    return Identity(
        examples.pool,
        tuple(target.name for target in examples.targets),
        examples.fingerprint,
        order.reward,
        asdict(order.training),
        unit="accuracy",
    )


def training_of(identity: Identity) -> TrainingSettings:
    """The training settings that a table was built with.

    Raises:
        InputError: if they are not what this version knows.
    """
    saved: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in identity.training.items()
    }
    try:
        return TrainingSettings(**saved)
    except TypeError as error:
        raise InputError(
            f"the table was built with other settings than there are: {saved}; build it anew"
        ) from error


def fill(
    path: Path,
    examples: Examples,
    order: BuildRequest,
    *,
    origin: dict[str, Any],
    advance: Advance = silent,
) -> RewardTable:
    """The table in a folder, after computing the cells that it lacks.

    Args:
        path: the table's folder; a new table if there is none.
        examples: the pool.
        order: which rewards.
        origin: how the pool can be opened again, kept in a new table.
        advance: is told (what, cells done, cells to do).

    Raises:
        InputError: if a name or number is wrong, the work too much for this machine, or the folder
            holds something else.
    """
    about = identity(examples, order)
    targets = tuple(dict.fromkeys(order.targets or about.targets))
    check_rewards(len(targets), len(about.pool.datasets), order.replicates)
    check_trainings(examples, order.training, _trainings(examples, order, targets))
    first = [Cell(target, dataset, 0) for target in targets for dataset in about.pool.datasets]
    check_cells(examples, order.training, order.reward, first)
    with writing(path, about, origin) as writer:
        compute_rewards(
            examples,
            order.training,
            order.reward,
            writer.table().missing(targets, order.replicates),
            commit=writer.add_rewards,
            progress=lambda done, total: advance("measuring rewards", done, total),
        )
    return load_table(path)


def build_table(
    pool: str | Path,
    out: str | Path,
    *,
    request: BuildRequest | None = None,
    cut: FolderOptions = DEFAULTS,
    advance: Advance = silent,
) -> RewardTable:
    """A reward table of a pool, measured with our own trainer; goes on where it was stopped.

    Args:
        pool: `embedded`, or a folder of `.npz` files; see `read_pool`.
        out: the table's folder; a new one, or one to go on with.
        request: which rewards, how many replicates, for which targets, with what training.
        cut: how the domains of a folder are cut.
        advance: is told (what, cells done, cells to do).

    Raises:
        InputError: if a name or number is wrong, or the folder holds something else.

    Example:
        >>> import dashjax as dj
        >>> few = dj.TrainingSettings(local_steps=2, fine_tuning_steps=1)
        >>> request = dj.BuildRequest(replicates=1, targets=("hand",), training=few)
        >>> dj.build_table("embedded", "tables/built", request=request).built()
        ['hand']
    """
    examples = read_pool(pool, cut)
    return fill(
        Path(out), examples, request or BuildRequest(), origin=origin_of(pool, cut), advance=advance
    )


def _trainings(
    examples: Examples, order: BuildRequest, targets: tuple[str, ...]
) -> list[Trainings]:
    """What a build trains if nothing is there yet."""
    definition, settings = reward_named(order.reward), order.training
    cells = len(targets) * len(examples.pool.datasets) * order.replicates
    found = []
    if definition.from_local:
        found.append(Trainings("local_steps", len(targets), settings.local_steps))
    if definition.steps:
        found.append(Trainings(definition.steps, cells, getattr(settings, definition.steps)))
    return found
