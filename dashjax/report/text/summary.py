"""What a replay comes to, in a short table and a few sentences."""

import math
from collections.abc import Sequence

from rich.box import HORIZONTALS
from rich.table import Table

from dashjax.report.arrays import having
from dashjax.report.text.findings import broken, commonest
from dashjax.store.results import Experiment, Row
from dashjax.wording import listed, percent, the_best


def summary(experiment: Experiment, method: str, *rivals: str) -> Table:
    """A row a target: what `method` selects, when it and its rivals stop, and what it gains."""
    shown = Table(box=HORIZONTALS, padding=(0, 1, 0, 0), pad_edge=False, show_lines=True)
    shown.caption, shown.caption_justify = _caption(experiment, method), "left"
    shown.add_column("target", no_wrap=True)
    shown.add_column(f"take,\nsays {method}", no_wrap=True)
    for name in (method, *rivals):
        shown.add_column(f"{name}\nstops\nafter (right)", justify="right", no_wrap=True)
    shown.add_column("test\naccuracy", justify="right", no_wrap=True)
    for target in experiment.config["targets"]:
        shown.add_row(
            target,
            "\n".join(commonest(experiment, target, method)["datasets"]),
            *(_stop_cell(_stop(experiment, target, name)) for name in (method, *rivals)),
            _gain_cell(experiment, target, method),
        )
    return shown


def sentence(experiment: Experiment, method: str, *rivals: str) -> str:
    """Which datasets to take for the first target, when it stops, how sure it is, what for."""
    target = experiment.config["targets"][0]
    take = listed(commonest(experiment, target, method)["datasets"])
    said = [
        f"For '{target}', take {take}: {_stops(experiment, target, method)}.",
        _promise(experiment, target, method),
        _against(experiment, target, rivals),
        _lift(experiment, target, method),
    ]
    return " ".join(part for part in said if part)


def _caption(experiment: Experiment, method: str) -> str:
    config = experiment.config
    rule = _stop(experiment, config["targets"][0], method)["stop"]
    return (
        f"stops after: mean exploration steps until {rule} holds ± half a 95 % interval (≥: some "
        f"runs had not stopped after {config['steps']}); right: share of the stopped runs whose "
        f"selection then is within {config['tolerance']:g} of {the_best(config['select'])}; test "
        "accuracy in %: local model → trained on the selection too (trained on all of the "
        "target's own group)"
    )


def _stops(experiment: Experiment, target: str, method: str) -> str:
    """After how many steps, and in how many runs."""
    stop, steps = _stop(experiment, target, method), experiment.config["steps"]
    runs = f"{_row(experiment, target, method)['seeds']:,} runs"
    if stop["stopped_median"] is None:
        share = percent(stop["stopped_share"])
        return f"{method} stops by itself within {steps} exploration steps in {share} of {runs}"
    after = f"{method} stops by itself after {stop['stopped_median']:.0f} exploration steps"
    if stop["stopped_share"] == 1:
        return f"{after} (median of {runs})"
    return f"{after} (median of {runs}, {percent(stop['stopped_share'])} of which stop by {steps})"


def _promise(experiment: Experiment, target: str, method: str) -> str:
    """What the rule promises, what was found, and whether that is so on all targets."""
    stop, config = _stop(experiment, target, method), experiment.config
    if stop["promised"] is None or stop["good_when_stopped"] is None:
        return ""
    return (
        f"It stops when it is {percent(stop['promised'])} sure that the selection is within "
        f"{config['tolerance']:g} of {the_best(config['select'])}; that is so in "
        f"{percent(stop['good_when_stopped'])} of the stopped runs, and the promise is "
        f"{_kept(experiment, method)}."
    )


def _kept(experiment: Experiment, method: str) -> str:
    """Whether it was kept, target by target: broken where the whole interval lies below it."""
    targets = experiment.config["targets"]
    stops = {target: _stop(experiment, target, method) for target in targets}
    where = [
        f"{target} ({percent(stop['good_when_stopped'])})"
        for target, stop in stops.items()
        if broken(stop)
    ]
    if where:
        return f"broken on {listed(where)}"
    return "kept" + (f" on all {len(targets)} targets" if len(targets) > 1 else "")


def _against(experiment: Experiment, target: str, rivals: Sequence[str]) -> str:
    """When the others stop by the same rule."""
    if not rivals:
        return ""
    said = []
    for stop in (_stop(experiment, target, rival) for rival in rivals):
        if stop["stopped_median"] is None:
            share = percent(stop["stopped_share"])
            said.append(f"{stop['method']} stops in only {share} of its runs")
        else:
            said.append(f"{stop['method']} stops after {stop['stopped_median']:.0f} steps")
    return f"With the same rule {listed(said)}."


def _lift(experiment: Experiment, target: str, method: str) -> str:
    row, local = _row(experiment, target, method), _accuracy(experiment, target, "local")
    if local is None or row.get("accuracy") is None:
        return ""
    return (
        f"What {method} selects lifts test accuracy from {local:.0%} (local model) to "
        f"{row['accuracy']:.0%}."
    )


def _stop_cell(stop: Row) -> str:
    """The mean stop step, marked where some runs have not stopped, and how often it was right."""
    half = math.ceil((stop["stopped_mean_high"] - stop["stopped_mean_low"]) / 2)
    bound = "≥" * (stop["stopped_share"] < 1)
    right = percent(stop["good_when_stopped"])
    return f"{bound}{stop['stopped_mean']:.0f}±{half} ({right})"


def _gain_cell(experiment: Experiment, target: str, method: str) -> str:
    values = [
        _accuracy(experiment, target, "local"),
        _row(experiment, target, method).get("accuracy"),
        _accuracy(experiment, target, "global"),
    ]
    local, selected, own = ("-" if value is None else f"{100 * value:.0f}" for value in values)
    return f"{local}→{selected} ({own})"


def _row(experiment: Experiment, target: str, method: str) -> Row:
    return having(having(experiment.rows, "target", target), "method", method)[0]


def _stop(experiment: Experiment, target: str, method: str) -> Row:
    """How the first rule did."""
    return having(having(experiment.frames["stops"], "target", target), "method", method)[0]


def _accuracy(experiment: Experiment, target: str, kind: str) -> float | None:
    for row in experiment.frames.get("accuracies", []):
        if (row["target"], row["kind"]) == (target, kind):
            return row["accuracy"]
    return None
