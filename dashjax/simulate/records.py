"""Frames: what an experiment found, as rows of plain values, ready for disk, table and plot."""

from collections import Counter

import numpy as np

from dashjax.bandit.stopping.parse import promised
from dashjax.pools.pool import Pool
from dashjax.simulate import metrics
from dashjax.simulate.metrics import Results
from dashjax.store.results import Row


def curve_rows(label: Row, results: Results) -> list[Row]:
    """Simple regret and share of right selections after every step, with 95 % bands."""
    low, high = metrics.share_interval(results.right, results.seeds)
    half = metrics.NORMAL_95 * results.simple_regret_error
    return [
        label
        | {
            "method": results.method,
            "step": step + 1,
            "simple_regret": float(results.simple_regret[step]),
            "simple_regret_low": float(results.simple_regret[step] - half[step]),
            "simple_regret_high": float(results.simple_regret[step] + half[step]),
            "right": float(results.right[step]),
            "right_low": float(low[step]),
            "right_high": float(high[step]),
        }
        for step in range(results.steps)
    ]


def pull_rows(label: Row, results: Results, pool: Pool) -> list[Row]:
    """Mean and largest number of pulls of every dataset over a run."""
    return [
        label
        | {
            "method": results.method,
            "dataset": dataset,
            "group": pool.groups[pool.group[arm]],
            "pulls": float(results.pulls[arm]),
            "most_pulls": int(results.most_pulls[arm]),
        }
        for arm, dataset in enumerate(pool.datasets)
    ]


def selection_rows(label: Row, results: Results, pool: Pool) -> list[Row]:
    """The final selections, the commonest first."""
    found = Counter(map(bytes, np.packbits(results.selection, axis=1)))  # quicker than np.unique
    counts = {_places(packed): runs for packed, runs in found.items()}
    return [
        label
        | {
            "method": results.method,
            "datasets": [pool.datasets[arm] for arm in arms],
            "runs": runs,
            "share": runs / results.seeds,
        }
        for arms, runs in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _places(packed: bytes) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8))).tolist())


def stop_rows(label: Row, results: Results) -> list[Row]:
    """How each stop rule did, and the probability of a good selection that it promises."""
    return [
        label
        | {"method": results.method}
        | metrics.stop_row(results, number)
        | {"promised": promised(text, results.tolerance, results.tolerance_share)}
        | {"threshold": results.thresholds[number]}
        for number, text in enumerate(results.rules)
    ]


def reward_rows(target: str, pool: Pool, rewards: np.ndarray) -> list[Row]:
    """Mean reward of every dataset that has one for a target, its standard error, and how many."""
    count = (~np.isnan(rewards)).sum(axis=1)
    mean = np.nansum(rewards, axis=1) / np.maximum(count, 1)
    squares = np.nansum((rewards - mean[:, None]) ** 2, axis=1)
    error = np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1))
    return [
        {
            "target": target,
            "dataset": dataset,
            "group": pool.groups[pool.group[arm]],
            "utility": float(mean[arm]),
            "error": float(error[arm]) if count[arm] > 1 else None,
            "replicates": int(count[arm]),
        }
        for arm, dataset in enumerate(pool.datasets)
        if count[arm]
    ]
