"""Results as experiments leave them, made up."""

import itertools
import math

import numpy as np

from dashjax.store.results import Experiment, Row

METHODS = ("dash", "flat")
SNAPSHOTS = (0, 5, 15, 60)


def pool_of(groups: int, size: int) -> list[tuple[str, str]]:
    """Datasets and their groups."""
    return [(f"set {g}-{a}", f"group {g}") for g in range(groups) for a in range(size)]


def between(key: str, value: float | None, half: float = 0.01) -> Row:
    ends = (value, None, None) if value is None else (value, value - half, value + half)
    return dict(zip((key, f"{key}_low", f"{key}_high"), ends, strict=True))


def row_of(target: str | None, method: str, steps: int) -> Row:
    """One method's figures, of the lengths that are met with."""
    row: Row = {"target": target, "grouping": "perfect", "method": method, "seeds": 2000}
    row |= {"steps": steps, "select": 2}
    row |= between("steps_median", 0.54 * steps, 0.1 * steps)
    row |= between("steps_mean", 0.567 * steps) | between("steps_p90", None)
    row |= between("never", 0.123)
    for step in (*(s for s in (15, 30, 60) if s < steps), steps):
        row |= between(f"p_right_{step}", 1.0 - 0.5 / step)
    row |= between("simple_regret", 0.000123) | between("cumulative_regret", 12.345)
    for regret in ("0.01", "0.005", "0.002"):
        row |= between(f"steps_to_regret_{regret}", 0.9 * steps)
    return row


def curve_of(label: Row, steps: int, slope: float) -> list[Row]:
    rows = []
    for step in range(1, steps + 1):
        regret = max(0.1 * math.exp(-slope * step), 0.0) if step < 0.9 * steps else 0.0
        row = label | {"step": step} | between("right", 1 - math.exp(-slope * step))
        rows.append(row | between("simple_regret", regret, 0.1 * regret))
    return rows


def posterior_of(label: Row, pool: list[tuple[str, str]], steps: int) -> list[Row]:
    rows = []
    for step in (step for step in SNAPSHOTS if step <= steps):
        here = label | {"step": step}
        for group in dict.fromkeys(group for _, group in pool):
            rows.append(here | unit("group", group, group, step))
        rows += [here | unit("dataset", dataset, group, step) for dataset, group in pool]
    return rows


def unit(level: str, name: str, group: str, step: int) -> Row:
    spread = 0.1 / (1 + step) ** 0.5
    return {"level": level, "name": name, "group": group, "pulls": step, "mean": 0.1, "sd": spread}


def stop_of(label: Row, rule: str, steps: int, *, stopped: float = 0.8) -> Row:
    """How a rule did that promises .95 and leaves some runs to go on."""
    row = label | {"stop": rule, "promised": 0.95} | between("stopped_mean", 0.6 * steps)
    row |= {"stopped_p10": 0.2 * steps, "stopped_median": 0.5 * steps, "stopped_p90": None}
    row |= between("stopped_share", stopped) | between("good_when_stopped", 0.93)
    row |= between("regret_when_wrong", 0.03) | between("stopped_regret", 0.002)
    return row | between("stopped_cost", 0.6 * steps)


def certainty_of(label: Row, pool: list[tuple[str, str]], steps: int) -> list[Row]:
    """How sure one run is that takes the first two."""
    whole = {"step": steps, "stopped": True, "chance_good": 0.96, "expected_loss": 0.0012}
    whole |= {"chance_none_helps": None}
    return [
        label
        | whole
        | {"dataset": dataset, "group": group, "selected": place < 2, "pulls": 5000 - place}
        | {"mean": 0.1 - 0.01 * place, "sd": 0.012, "chance_best": 0.9 / (1 + place)}
        | {"chance_above_floor": None, "rank_low": 1, "rank_high": len(pool), "shrinkage": 0.3}
        for place, (dataset, group) in enumerate(pool)
    ]


def accuracies_of(experiment: Experiment, target: str) -> None:
    for kind, accuracy in (("local", 0.5), ("selection", 0.8), ("global", 0.9)):
        row = {"target": target, "kind": kind, "datasets": ["any"], "accuracy": accuracy}
        experiment.add("accuracies", [row])
    for row in experiment.rows:
        row |= between("accuracy", 0.8) | {"accuracy_share": 0.87}


def replayed(
    targets: tuple[str, ...] = ("one", "two"),
    methods: tuple[str, ...] = METHODS,
    pool: list[tuple[str, str]] | None = None,
    steps: int = 70,
) -> Experiment:
    """What a replay leaves, made up."""
    pool = pool_of(2, 3) if pool is None else pool
    config = {"command": "replay", "select": 2, "tolerance": 0.01, "steps": steps, "reward": "gain"}
    experiment = Experiment(config | {"methods": list(methods), "targets": list(targets)})
    draws = np.random.default_rng(0)
    for target, (place, method) in itertools.product(targets, enumerate(methods)):
        label: Row = {"target": target, "grouping": "perfect", "method": method}
        experiment.rows.append(row_of(target, method, steps))
        experiment.add("curves", curve_of(label, steps, 0.1 / (1 + place)))
        experiment.add("stops", [stop_of(label, "good-selection:.95:.01", steps)])
        for dataset, group in pool:
            one = {"dataset": dataset, "group": group, "pulls": steps / len(pool)}
            experiment.add("pulls", [label | one | {"most_pulls": steps}])
    for target in targets:
        for dataset, group in pool:
            row: Row = {"target": target, "dataset": dataset, "group": group}
            utility = float(draws.normal(0.05, 0.05))
            known = {"utility": utility, "error": 0.01, "replicates": 5}
            experiment.add("rewards", [row | known])
        label = {"target": target, "method": methods[0]}
        experiment.add("posterior", posterior_of(label, pool, steps))
        experiment.add("certainty", certainty_of(label, pool, steps))
        accuracies_of(experiment, target)
    return experiment


def synthetic(steps: int = 70) -> Experiment:
    """What a sweep over synthetic pools leaves, made up."""
    whole = replayed(("one",), steps=steps)
    kept = {name: whole.frames[name] for name in ("curves", "pulls", "stops")}
    for row in itertools.chain(whole.rows, *kept.values()):
        row["target"] = None
        for key in [key for key in row if key.startswith("accuracy")]:
            del row[key]
    return Experiment({"command": "sweep", "select": 2, "tolerance": 0.01}, whole.rows, kept)


def emptied(experiment: Experiment) -> Experiment:
    """The same with None for every number that is not a count."""
    kept = {"step", "steps", "seeds", "select", "most_pulls"}
    for row in itertools.chain(experiment.rows, *experiment.frames.values()):
        for key, value in row.items():
            if isinstance(value, float) or (isinstance(value, int) and key not in kept):
                row[key] = None
    return experiment
