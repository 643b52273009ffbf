"""What an experiment comes to, in a short table, plain warnings and one sentence."""

from rich.box import HORIZONTALS
from rich.table import Table

from dashjax.metrics import Row
from dashjax.results import Experiment

_CAPTION = (
    "steps to settle: median over runs of the exploration steps after which the selection stays "
    "right [95 % interval]; right @60: share of runs after 60 steps; test accuracy in %: "
    "local model → trained on the selection too (trained on all of the target's own group)"
)
_MANY = 0.2  # share of runs without a right selection that is worth a warning


def summary(experiment: Experiment, method: str, other: str) -> Table:
    """A row a target: what `method` selects, after how many steps against `other`, and the gain."""
    shown = Table(box=HORIZONTALS, padding=(0, 1, 0, 0), pad_edge=False, show_lines=True)
    shown.caption, shown.caption_justify = _CAPTION, "left"
    headings = ["steps to\nsettle\n", "right\n@60\n"]
    columns = [heading + name for heading in headings for name in (method, other)]
    shown.add_column("target", no_wrap=True)
    shown.add_column(f"take,\nsays {method}", no_wrap=True)
    for column in (*columns, "test\naccuracy"):
        shown.add_column(column, justify="right", no_wrap=True)
    for target in experiment.config["targets"]:
        rows = [_row(experiment, target, name) for name in (method, other)]
        shown.add_row(
            target,
            "\n".join(_commonest(experiment, target, method)["datasets"]),
            *(_steps(row) for row in rows),
            *(f"{row['p_right_60']:.0%}" for row in rows),
            _gain(experiment, target, rows[0]),
        )
    return shown


def priors(experiment: Experiment) -> list[str]:
    """The prior that all methods were given, a line a target, in units of reward."""
    by_target = experiment.config["prior"]
    if "group_mean" in by_target:
        return [f"prior of every method: {_prior(by_target)}"]
    return [f"prior for {target}: {_prior(prior)}" for target, prior in by_target.items()]


def takes(experiment: Experiment) -> list[str]:
    """What each method selects most often, a line a target; none for synthetic pools."""
    return [
        f"{target}: {method} takes {_listed(chosen['datasets'])} ({chosen['share']:.0%} of runs)"
        for target in experiment.config.get("targets", [])
        for method in experiment.config["methods"]
        for chosen in [_commonest(experiment, target, method)]
    ]


def findings(experiment: Experiment) -> list[str]:
    """Where a table, a reward or a method fails on some target, a sentence each."""
    if "targets" not in experiment.config:
        return []
    return [
        *_coarse_table(experiment),
        *_misled_rewards(experiment),
        *_unsettled_methods(experiment),
    ]


def sentence(experiment: Experiment, method: str, other: str) -> str:
    """Which datasets to take for the first target, after how many steps, how sure, what for."""
    target = experiment.config["targets"][0]
    row, rival = (_row(experiment, target, name) for name in (method, other))
    take = _listed(_commonest(experiment, target, method)["datasets"])
    local = _accuracy(experiment, target, "local")
    gain = ""
    if local is not None and row["accuracy"] is not None:
        gain = (
            f"; what it selects after {row['steps']} steps lifts test accuracy from {local:.0%} "
            f"(local model) to {row['accuracy']:.0%}"
        )
    return (
        f"For '{target}', take {take}: {method} settles on a right selection after "
        f"{_median(row)} exploration steps (median of {row['seeds']:,} runs; right in "
        f"{row['p_right_60']:.0%} of them after 60 steps) and {_saved(row, rival)}{gain}."
    )


def _prior(prior: dict[str, float]) -> str:
    return (
        f"groups {prior['group_mean']:.3f} ± {prior['group_sd']:.3f}, datasets in their group "
        f"± {prior['arm_sd']:.3f}, one reward ± {prior['noise_sd']:.3f}"
    )


def _saved(row: Row, rival: Row) -> str:
    """Evaluations saved against the other method."""
    mine, other = row["steps_median"], rival["steps_median"]
    if mine is None:
        return f"saves nothing against {rival['method']}: it has not settled in half of its runs"
    if other is None:
        least = rival["steps"] - mine
        return (
            f"saves at least {least:.0f} evaluations against {rival['method']}, which has not "
            f"settled after {rival['steps']} steps in half of its runs"
        )
    if other < mine:
        return f"costs {mine - other:.0f} evaluations more than {rival['method']}"
    return f"saves {other - mine:.0f} of the {other:.0f} evaluations that {rival['method']} needs"


def _coarse_table(experiment: Experiment) -> list[str]:
    """A warning where the table's own noise is larger than the tolerance."""
    errors = [row["error"] for row in experiment.frames["rewards"]]
    error, tolerance = sum(errors) / len(errors), experiment.config["tolerance"]
    if not error > tolerance:  # not a number where there is one replicate
        return []
    return [
        f"The table's mean rewards have a standard error of about {error:.3f}, more than the "
        f"tolerance of {tolerance:g}: which of two close datasets counts as better is partly "
        "chance. More replicates make it finer."
    ]


def _misled_rewards(experiment: Experiment) -> list[str]:
    """Targets whose best datasets by reward are not those of their own group."""
    found = []
    for target in experiment.config["targets"]:
        rewards = [row for row in experiment.frames["rewards"] if row["target"] == target]
        ordered = sorted(rewards, key=lambda row: -row["utility"])[: experiment.config["select"]]
        foreign = [row["dataset"] for row in ordered if row["group"] != target]
        if foreign and any(row["group"] == target for row in rewards):
            found.append(
                f"For target '{target}' the reward ranks {_listed(foreign)} among the best "
                f"{len(ordered)}, above datasets of its own group."
            )
    return found


def _unsettled_methods(experiment: Experiment) -> list[str]:
    """Methods with many runs that hold no right selection at the end, and the targets' names."""
    found = []
    for method in experiment.config["methods"]:
        rows = [row for row in experiment.rows if row["method"] == method]
        where = [f"{row['target']} {row['never']:.0%}" for row in rows if row["never"] > _MANY]
        if where:
            steps = experiment.config["steps"]
            found.append(
                f"After {steps} steps {method} holds a wrong selection in many runs: "
                f"{', '.join(where)}."
            )
    return found


def _row(experiment: Experiment, target: str, method: str) -> Row:
    return next(r for r in experiment.rows if (r["target"], r["method"]) == (target, method))


def _commonest(experiment: Experiment, target: str, method: str) -> Row:
    """The final selection of most runs; the frame holds the commonest first."""
    rows = experiment.frames["selections"]
    return next(r for r in rows if (r["target"], r["method"]) == (target, method))


def _accuracy(experiment: Experiment, target: str, kind: str) -> float | None:
    for row in experiment.frames.get("accuracies", []):
        if (row["target"], row["kind"]) == (target, kind):
            return row["accuracy"]
    return None


def _gain(experiment: Experiment, target: str, row: Row) -> str:
    values = [
        _accuracy(experiment, target, "local"),
        row["accuracy"],
        _accuracy(experiment, target, "global"),
    ]
    local, selected, own = ("-" if value is None else f"{100 * value:.0f}" for value in values)
    return f"{local}→{selected} ({own})"


def _steps(row: Row) -> str:
    if row["steps_median"] is None:
        return _median(row)
    bounds = [row["steps_median_low"], row["steps_median_high"]]
    return f"{_median(row)} [{', '.join(_number(bound, row) for bound in bounds)}]"


def _median(row: Row) -> str:
    return _number(row["steps_median"], row)


def _number(steps: float | None, row: Row) -> str:
    return f">{row['steps']}" if steps is None else f"{steps:.0f}"


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
