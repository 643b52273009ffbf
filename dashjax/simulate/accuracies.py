"""Test accuracies of what the methods select: what those of a table say of a method."""

from collections import Counter

import numpy as np

from dashjax.simulate.metrics import mean_and_interval
from dashjax.simulate.over_targets import add_over_targets
from dashjax.store.identity import Job
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable

Selection = tuple[str, frozenset[str]]  # target, datasets


def attach(experiment: Experiment, table: RewardTable) -> None:
    """Adds `accuracy` to the rows, and a frame `accuracies`, from what the table has.

    A row's accuracy is the mean over the runs whose selection was trained; `accuracy_share` says
    how many of all runs those are. Accuracies are shares of 1.
    """
    known = table.mean_accuracies
    for row in experiment.rows:
        row |= _accuracy(experiment, known, row)
    add_over_targets(experiment)
    chosen = set(selections_by_runs(experiment))
    for target in experiment.config["targets"]:
        for kind, selection in zip(("local", "global"), ends_of(table, target), strict=False):
            if selection in known:
                experiment.add("accuracies", [_row(kind, selection, known)])
        rest = [one for one in known if one[0] == target and one in chosen]
        experiment.add("accuracies", [_row("selection", one, known) for one in rest])


def ends_of(table: RewardTable, target: str) -> list[Selection]:
    """The selection of nothing, and of all datasets of the target's own group, if it has one."""
    pool = table.identity.pool
    ends: list[Selection] = [(target, frozenset())]
    if target in pool.groups:
        own = pool.groups.index(target)
        names = [d for d, g in zip(pool.datasets, pool.group, strict=True) if g == own]
        ends.append((target, frozenset(names)))
    return ends


def selections_by_runs(experiment: Experiment) -> list[Selection]:
    """All final selections, the commonest over all methods first."""
    runs: Counter[Selection] = Counter()
    for row in experiment.frames["selections"]:
        runs[row["target"], frozenset(row["datasets"])] += row["runs"]
    return [selection for selection, _ in runs.most_common()]


def missing_jobs(experiment: Experiment, table: RewardTable, limit: int) -> list[Job]:
    """What is to be trained: each target's local and global model, then the commonest selections.

    Only what the table lacks, and at most `limit` selections.
    """
    ends = [one for target in experiment.config["targets"] for one in ends_of(table, target)]
    common = [one for one in selections_by_runs(experiment) if one not in ends]
    known = table.mean_accuracies
    missing = [one for one in ends if one not in known]
    missing += [one for one in common if one not in known][: max(limit, 0)]
    return [Job(target, datasets, 0) for target, datasets in dict.fromkeys(missing)]


def _accuracy(experiment: Experiment, known: dict[Selection, float], row: Row) -> Row:
    found, runs = [], []
    for other in experiment.frames["selections"]:
        if (other["target"], other["method"]) == (row["target"], row["method"]):
            accuracy = known.get((other["target"], frozenset(other["datasets"])))
            if accuracy is not None:
                found.append(accuracy)
                runs.append(other["runs"])
    share = sum(runs) / row["seeds"]
    figures: list[float | None] = [None, None, None]
    if found:
        figures = list(mean_and_interval(np.repeat(found, runs)))
    keys = ("accuracy", "accuracy_low", "accuracy_high")
    return dict(zip(keys, figures, strict=True)) | {"accuracy_share": share}


def _row(kind: str, selection: Selection, known: dict[Selection, float]) -> Row:
    target, datasets = selection
    return {
        "target": target,
        "kind": kind,
        "datasets": sorted(datasets),
        "accuracy": known[selection],
    }
