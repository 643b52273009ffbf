"""`dashjax table`: build, show and verify reward tables."""

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
    _show(table.load(options.table), terminal)


def verify(options: Verify, terminal: Terminal) -> None:
    """Checks every file of a table, and the pool that it was measured on."""
    loaded = table.load(options.table)
    if options.pool:
        read.reopen(loaded.origin | {"pool": options.pool}, loaded.identity.fingerprint)
    against = f", and is of pool '{options.pool}'" if options.pool else ""
    terminal.show(
        f"{options.table} is sound: {_count(loaded)}, content {loaded.content[:16]}{against}"
    )
    terminal.document({"config": _about(loaded), "rows": []})


def _show(loaded: RewardTable, terminal: Terminal) -> None:
    terminal.show(
        f"{loaded.path}: {_count(loaded)}, reward '{loaded.identity.reward}', "
        f"{loaded.seconds:.0f} s of training, content {loaded.content[:16]}",
        _mean_rewards(loaded),
    )
    terminal.document({"config": _about(loaded), "rows": _rows(loaded)})


def _count(loaded: RewardTable) -> str:
    return f"{len(loaded.rewards)} rewards and {len(loaded.accuracies)} accuracies of selections"


def _about(loaded: RewardTable) -> dict[str, Any]:
    about = asdict(loaded.identity)
    return about | {"content": loaded.content, "seconds": loaded.seconds, "origin": loaded.origin}


def _rows(loaded: RewardTable) -> list[dict[str, Any]]:
    rows = []
    for target in loaded.built():
        for dataset, rewards in zip(
            loaded.identity.pool.datasets, loaded.array(target), strict=True
        ):
            spread = float(np.std(rewards, ddof=1)) if len(rewards) > 1 else None
            row = {"target": target, "dataset": dataset, "replicates": len(rewards)}
            rows.append(row | {"mean": float(rewards.mean()), "sd": spread})
    return rows


def _mean_rewards(loaded: RewardTable) -> Table:
    """Mean rewards, a row a dataset and a column a target."""
    targets = loaded.built()
    shown = Table(title="mean reward ± standard error of each dataset for each target")
    shown.add_column("group")
    shown.add_column("dataset")
    for target in targets:
        shown.add_column(f"{target} x{loaded.replicates(target)}", justify="right")
    columns = [_with_errors(loaded.array(target)) for target in targets]
    pool = loaded.identity.pool
    for arm, dataset in enumerate(pool.datasets):
        means = [column[arm] for column in columns]
        shown.add_row(pool.groups[pool.group[arm]], dataset, *means)
    return shown


def _with_errors(rewards: np.ndarray) -> list[str]:
    """Mean reward of each dataset and, from two replicates on, its standard error."""
    means, count = rewards.mean(axis=1), rewards.shape[1]
    if count < 2:
        return [f"{mean:.3f}" for mean in means]
    errors = rewards.std(axis=1, ddof=1) / count**0.5
    return [f"{mean:.3f} ± {error:.3f}" for mean, error in zip(means, errors, strict=True)]
