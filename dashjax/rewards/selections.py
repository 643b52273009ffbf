"""Models trained on selections, for their test accuracies."""

from dataclasses import replace

from dashjax.engine.progress import Advance
from dashjax.pools.examples import Examples
from dashjax.rewards.build import training_of
from dashjax.rewards.limits import Trainings, check_trainings
from dashjax.rewards.measure import selection_accuracies
from dashjax.rewards.settings import TrainingSettings
from dashjax.store.identity import Job, package_versions
from dashjax.store.reward_table import RewardTable, load_table
from dashjax.store.table_writer import Writer, writing


def train(
    loaded: RewardTable, jobs: list[Job], examples: Examples, advance: Advance
) -> RewardTable:
    """The table with the test accuracy of each job added, trained as the table was."""
    training = training_of(loaded.identity)
    now = replace(loaded.identity, versions=package_versions())
    with writing(loaded.path, now, loaded.origin) as writer:
        train_jobs("training selections", jobs, examples, training, writer, advance)
    return load_table(loaded.path)


def train_jobs(
    what: str,
    jobs: list[Job],
    examples: Examples,
    settings: TrainingSettings,
    writer: Writer,
    advance: Advance,
) -> None:
    """Trains a model a job and commits its test accuracy; `what` is what `advance` is told.

    Raises:
        InputError: if a job cannot be trained, or all are too much for this machine.
    """
    check_trainings(
        examples, settings, [Trainings("selection_steps", len(jobs), settings.selection_steps)]
    )
    selection_accuracies(
        examples,
        settings,
        jobs,
        commit=writer.add_accuracies,
        progress=lambda done, total: advance(what, done, total),
    )
