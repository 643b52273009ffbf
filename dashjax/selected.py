"""Models trained on what the methods selected, for the test accuracies that `accuracies` tells."""

from dataclasses import replace

from dashjax.accuracies import ends_of, selections_by_runs
from dashjax.data import Examples
from dashjax.progress import Advance
from dashjax.results import Experiment
from dashjax.settings import TrainingSettings
from dashjax.table import Job, RewardTable, load, package_versions
from dashjax.table_writing import Writer, writing
from dashjax.training import selection_accuracies, training_of


def train(
    experiment: Experiment, loaded: RewardTable, examples: Examples, limit: int, advance: Advance
) -> RewardTable:
    """The table with the test accuracies of the commonest selections added."""
    training = training_of(loaded.identity)
    now = replace(loaded.identity, versions=package_versions())
    with writing(loaded.path, now, loaded.origin) as writer:
        train_missing(experiment, examples, training, writer, limit=limit, advance=advance)
    return load(loaded.path)


def train_missing(
    experiment: Experiment,
    examples: Examples,
    settings: TrainingSettings,
    writer: Writer,
    *,
    limit: int,
    advance: Advance,
) -> None:
    """Trains the local and global model of each target, then the commonest selections.

    Only what the table lacks is trained, and at most `limit` selections.
    """
    table = writer.table()
    ends = [one for target in experiment.config["targets"] for one in ends_of(table, target)]
    common = [one for one in selections_by_runs(experiment) if one not in ends]
    known = {job[:2] for job in table.accuracies}
    missing = [one for one in ends if one not in known]
    missing += [one for one in common if one not in known][: max(limit, 0)]
    jobs = [Job(target, datasets, 0) for target, datasets in dict.fromkeys(missing)]
    train_jobs("training selections", jobs, examples, settings, writer, advance)


def train_jobs(
    what: str,
    jobs: list[Job],
    examples: Examples,
    settings: TrainingSettings,
    writer: Writer,
    advance: Advance,
) -> None:
    """Trains a model a job and commits its test accuracy; `what` is what `advance` is told."""
    selection_accuracies(
        examples,
        settings,
        jobs,
        commit=writer.add_accuracies,
        progress=lambda done, total: advance(what, done, total),
    )
