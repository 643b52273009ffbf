"""`dashjax table`: build, show and verify reward tables."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.table import Table

from dashjax.cli.output import Terminal
from dashjax.cli.supply_options import Build, Show, Verify
from dashjax.pools import read
from dashjax.rewards.build import BuildRequest, fill
from dashjax.store import reward_table as table
from dashjax.store.reward_table import RewardTable

_MOST_DATASETS, _MOST_TARGETS = 40, 8  # that are printed


def build(options: Build, terminal: Terminal) -> None:
    """Fills a table, going on where an earlier build stopped."""
    cut, training = options.options()
    examples = read.load(options.pool, cut)
    order = BuildRequest(options.reward, training, options.replicates, options.targets)
    with terminal.progress() as advance:
        built = fill(
            options.out, examples, order, origin=read.origin(options.pool, cut), advance=advance
        )
    _show(built, terminal)


def show(options: Show, terminal: Terminal) -> None:
    """Prints what a table is about and its mean rewards."""
    _show(table.load_table(options.table), terminal)


def verify(options: Verify, terminal: Terminal) -> None:
    """Checks every file of a table, and the pool that it was measured on."""
    loaded = table.load_table(options.table)
    if options.pool:
        read.reopen(loaded.origin | {"pool": options.pool}, loaded.identity.fingerprint)
    against = f", and is of pool '{options.pool}'" if options.pool else ""
    terminal.show(
        f"{options.table} is sound: {_count(loaded)}, content {loaded.content[:16]}{against}"
    )
    terminal.document({"config": _about(loaded), "rows": []})


def _show(loaded: RewardTable, terminal: Terminal) -> None:
    terminal.show(
        f"{loaded.path}: {_count(loaded)}, {_stated(loaded)}, "
        f"{loaded.seconds:.0f} s of training, content {loaded.content[:16]}",
        *_gaps(loaded),
        _mean_rewards(loaded),
    )
    terminal.document({"config": _about(loaded), "rows": _rows(loaded)})


def _count(loaded: RewardTable) -> str:
    return (
        f"{int(loaded.measured.sum()):,} rewards and {len(loaded.accuracies)} accuracies of "
        f"selections"
    )


def _gaps(loaded: RewardTable) -> list[str]:
    """What is unlike a full table: cells missing, failed, or of unequal numbers of replicates."""
    targets = loaded.built()
    if not targets:
        return ["it holds no rewards yet"]
    counts = np.stack([loaded.counts(target) for target in targets])
    there = counts[counts > 0]
    lines = [f"replicates of a cell: {there.min()} to {there.max()}"]
    if missing := int((counts == 0).sum()):
        lacking = int((counts == 0).any(axis=1).sum())
        lines.append(f"cells missing: {missing:,}, in {lacking} of {len(targets)} targets")
    if loaded.failures:
        reasons = Counter(loaded.failures.values()).most_common(3)
        said = "; ".join(f"{why} ({times} times)" for why, times in reasons)
        lines.append(f"cells failed: {len(loaded.failures):,}: {said}")
    return lines


def _stated(loaded: RewardTable) -> str:
    about = loaded.identity
    floors = [value for value in about.floor if value is not None]
    words = [f"reward '{about.reward}'", f"{about.direction} is better"]
    words += [f"unit: {about.unit}"] if about.unit else []
    words += [f"a floor for {len(floors)} of {len(about.targets)} targets"] if floors else []
    return ", ".join(words)


def _about(loaded: RewardTable) -> dict[str, Any]:
    about = asdict(loaded.identity)
    failures = [cell._asdict() | {"failure": why} for cell, why in loaded.failures.items()]
    more = {"content": loaded.content, "seconds": loaded.seconds, "origin": loaded.origin}
    return about | more | {"failures": failures}


def _rows(loaded: RewardTable) -> list[dict[str, Any]]:
    """Mean and spread of every cell that has rewards, as measured."""
    rows = []
    for target in loaded.built():
        mean, sd, count = _moments(loaded, target)
        rows += [
            {"target": target, "dataset": dataset, "replicates": int(count[arm])}
            | {"mean": float(mean[arm]), "sd": float(sd[arm]) if count[arm] > 1 else None}
            for arm, dataset in enumerate(loaded.identity.pool.datasets)
            if count[arm]
        ]
    return rows


def _moments(loaded: RewardTable, target: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard deviation and number of each dataset's rewards, as measured."""
    rewards = loaded.rewards[loaded.identity.targets.index(target)]
    there = ~np.isnan(rewards)
    count = there.sum(axis=1)
    mean = np.where(there, rewards, 0).sum(axis=1) / np.maximum(count, 1)
    off = np.where(there, rewards - mean[:, None], 0)
    return mean, np.sqrt((off**2).sum(axis=1) / np.maximum(count - 1, 1)), count


def _mean_rewards(loaded: RewardTable) -> Table:
    """Mean rewards, a row a dataset and a column a target; of many, the first and the last."""
    targets, pool = loaded.built(), loaded.identity.pool
    shown_targets, arms = targets[:_MOST_TARGETS], range(len(pool.datasets))
    shown = Table(title="mean reward ± standard error of each dataset for each target")
    shown.add_column("group")
    shown.add_column("dataset")
    columns = []
    for target in shown_targets:
        mean, sd, count = _moments(loaded, target)
        shown.add_column(f"{target} x{count.max()}", justify="right")
        figures = zip(mean.tolist(), sd.tolist(), count.tolist(), strict=True)
        columns.append([_cell(*one) for one in figures])
    left_out = len(arms) > _MOST_DATASETS
    kept = [*arms[: _MOST_DATASETS // 2], *arms[-_MOST_DATASETS // 2 :]] if left_out else arms
    for arm in kept:
        means = [column[arm] for column in columns]
        shown.add_row(pool.groups[pool.group[arm]], pool.datasets[arm], *means)
    hidden = []
    if left_out:
        hidden.append(f"{len(arms) - len(kept):,} datasets")
    if len(targets) > len(shown_targets):
        hidden.append(f"{len(targets) - len(shown_targets)} targets")
    if hidden:
        shown.caption = f"not shown: {' and '.join(hidden)}; --json has all"
    return shown


def _cell(mean: float, sd: float, count: int) -> str:
    if not count:
        return "-"
    if count < 2:
        return f"{mean:.3f}"
    return f"{mean:.3f} ± {sd / count**0.5:.3f}"
