"""What an experiment was told and found, in plain lines: priors, what to take, what is amiss."""

from dashjax.report.arrays import distinct, having
from dashjax.store.results import Experiment
from dashjax.wording import listed, percent

_MANY = 0.2  # share of runs without a right selection that is worth a warning


def priors(experiment: Experiment) -> list[str]:
    """The prior that all methods were given, a line a target, in units of reward.

    No line where no method needed one.
    """
    by_target = experiment.config["prior"]
    if experiment.config["command"] == "sweep":
        return [f"prior of every method: {_prior(by_target)}"]
    return [f"prior for {target}: {_prior(told)}" for target, told in by_target.items() if told]


def takes(experiment: Experiment) -> list[str]:
    """What the methods select most often, a line a target and selection; none for synthetic pools.

    Methods that agree share a line.
    """
    said = []
    for target in experiment.config.get("targets", []):
        chosen: dict[tuple[str, ...], list[str]] = {}
        for method in experiment.config["methods"]:
            row = commonest(experiment, target, method)
            who = chosen.setdefault(tuple(row["datasets"]), [])
            who.append(f"{method} ({percent(row['share'])}{'' if who else ' of runs'})")
        for datasets, who in chosen.items():
            verb = "take" if len(who) > 1 else "takes"
            said.append(f"{target}: {listed(who)} {verb} {listed(datasets)}")
    return said


def findings(experiment: Experiment) -> list[str]:
    """Where a table, a reward, a method or a promise fails on some target, a sentence each."""
    found = _broken_promises(experiment)
    if "targets" not in experiment.config:
        return found
    return [
        *_coarse_table(experiment),
        *_misled_rewards(experiment),
        *_unsettled_methods(experiment),
        *found,
    ]


def commonest(experiment: Experiment, target: str, method: str) -> dict:
    """The final selection of most runs; the frame holds the commonest first."""
    rows = experiment.frames["selections"]
    return next(r for r in rows if (r["target"], r["method"]) == (target, method))


def broken(stop: dict) -> bool:
    """Whether fewer selections were right than a rule promised, beyond chance."""
    promised, most = stop.get("promised"), stop.get("good_when_stopped_high")
    return promised is not None and most is not None and most < promised


def _prior(prior: dict[str, float]) -> str:
    return (
        f"groups {prior['group_mean']:.3f} ± {prior['group_sd']:.3f}, datasets in their group "
        f"± {prior['arm_sd']:.3f}, one reward ± {prior['noise_sd']:.3f}"
    )


def _coarse_table(experiment: Experiment) -> list[str]:
    """A warning where the table's own noise is larger than the tolerance."""
    errors = [row["error"] for row in experiment.frames["rewards"] if row["error"] is not None]
    error, tolerance = sum(errors) / max(len(errors), 1), experiment.config["tolerance"]
    if not error > tolerance:
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
        rewards = having(experiment.frames["rewards"], "target", target)
        ordered = sorted(rewards, key=lambda row: -row["utility"])[: experiment.config["select"]]
        foreign = [row["dataset"] for row in ordered if row["group"] != target]
        if foreign and any(row["group"] == target for row in rewards):
            found.append(
                f"For target '{target}' the reward ranks {listed(foreign)} among the best "
                f"{len(ordered)}, above datasets of its own group."
            )
    return found


def _unsettled_methods(experiment: Experiment) -> list[str]:
    """Methods with many runs that hold no right selection at the end, and the targets' names."""
    found = []
    for method in experiment.config["methods"]:
        rows = having(experiment.rows, "method", method)
        where = [f"{row['target']} {row['never']:.0%}" for row in rows if row["never"] > _MANY]
        if where:
            steps = experiment.config["steps"]
            found.append(
                f"After {steps} steps {method} holds a wrong selection in many runs: "
                f"{', '.join(where)}."
            )
    return found


def _broken_promises(experiment: Experiment) -> list[str]:
    """Methods that stop by a rule and are then right less often than it promises."""
    stops = [row for row in experiment.frames.get("stops") or [] if broken(row)]
    found = []
    for rule in distinct(stops, "stop"):
        for method in distinct(having(stops, "stop", rule), "method"):
            rows = having(having(stops, "stop", rule), "method", method)
            shares = [
                f"{row['target'] or ''} {percent(row['good_when_stopped'])}".strip() for row in rows
            ]
            found.append(
                f"{method} breaks the promise of {rule}: right when stopped in "
                f"{', '.join(shares)}, where {percent(rows[0]['promised'])} was promised."
            )
    return found
