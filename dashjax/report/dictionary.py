"""What every column of every result file means; the page of the data dictionary is made of it."""

from collections.abc import Sequence
from typing import NamedTuple

_SHARE, _STEPS, _UNIT, _TEXT = "share of 1", "steps", "unit of reward", "text"


class Column(NamedTuple):
    """One column of a frame.

    Attributes:
        column: its name. `N` stands for a number of steps, `R` for a regret.
        unit: of its numbers; `text` for names, `number` for a count or what has no unit.
        interval: `95 %` where `<column>_low` and `<column>_high` are the ends of its interval.
        meaning: in a sentence.
    """

    column: str
    unit: str
    interval: str
    meaning: str


def _one(column: str, unit: str, meaning: str) -> Column:
    return Column(column, unit, "", meaning)


def _with_ends(column: str, unit: str, meaning: str) -> Column:
    return Column(column, unit, "95 %", meaning)


_TARGET = _one("target", _TEXT, "Whose rewards; null in a sweep.")
_TARGETS = _one("targets", "number", "How many targets the row is a mean over.")
_METHOD = _one("method", _TEXT, "What was run.")
_LABEL = (_one("grouping", _TEXT, "How the method saw the datasets grouped."), _METHOD)
_STEP = _one("step", _STEPS, "Exploration steps done so far.")
_DATASET = (
    _one("dataset", _TEXT, "Name of the dataset."),
    _one("group", _TEXT, "Its group."),
)
_RUNS = (
    _one("seeds", "number", "Runs, of each target."),
    _one("steps", _STEPS, "Length of a run."),
    _one("select", "number", "How many datasets were to be selected."),
)
_FOUND = (
    _with_ends(
        "steps_median",
        _STEPS,
        "Median of the steps until a run's selection is right and "
        "stays so to its end; null where more than half of the runs never get there.",
    ),
    _with_ends(
        "steps_mean",
        _STEPS,
        "Mean of the same; a run that never gets there counts as the "
        "whole length, so that this is a lower bound where `never` is not 0.",
    ),
    _with_ends("steps_p90", _STEPS, "Step by which nine tenths of the runs are right for good."),
    _with_ends("never", _SHARE, "Runs whose selection is not right at the end."),
    _with_ends(
        "p_right_N",
        _SHARE,
        "Runs whose selection is right after N steps: 15, 30, 60 as "
        "far as a run has them, and the last.",
    ),
    _with_ends(
        "simple_regret",
        _UNIT,
        "Mean utility of the best set less that of the selection, "
        "after the last step; mean over runs.",
    ),
    _with_ends(
        "cumulative_regret",
        _UNIT,
        "Sum over all steps of the best dataset's utility less "
        "that of the dataset pulled; mean over runs.",
    ),
    _with_ends(
        "steps_to_regret_R",
        _STEPS,
        "First step after which the mean simple regret is at "
        "most R: .01, .005, .002; null where there is none.",
    ),
)
_STOP = _one("stop", _TEXT, "The stop rule; null for a method without one. In `results` the first.")
_STOPPED = (
    _with_ends(
        "stopped_mean",
        _STEPS,
        "Mean of the steps until the rule stops a run; a run that "
        "it does not stop counts as the whole length.",
    ),
    _one("stopped_p10", _STEPS, "Step by which a tenth of the runs have stopped; null if fewer."),
    _one("stopped_median", _STEPS, "Step by which half of the runs have stopped; null if fewer."),
    _one("stopped_p90", _STEPS, "Step by which nine tenths have stopped; null if fewer."),
    _with_ends("stopped_share", _SHARE, "Runs that the rule stops."),
    _with_ends(
        "good_when_stopped",
        _SHARE,
        "Of the runs that it stops, those whose selection is right then; null where it stops none.",
    ),
    _with_ends(
        "regret_when_wrong",
        _UNIT,
        "Mean simple regret of the runs that it stops whose "
        "selection is not right then; null where there is none.",
    ),
    _with_ends("stopped_regret", _UNIT, "Mean simple regret when stopped, or else at the end."),
    _with_ends("stopped_cost", "cost of a look", "Mean cost of all looks until then."),
)
_THRESHOLD = _one(
    "threshold", _SHARE, "That a calibrated rule took from the other targets; null for others."
)
_PROMISED = _one(
    "promised", _SHARE, "Probability of a right selection that the rule promises, or null."
)
_ACCURACY = (
    _with_ends(
        "accuracy",
        _SHARE,
        "Mean test accuracy of models trained on the selections, over "
        "the runs whose selection was trained; only of `dashjax replay`.",
    ),
    _one("accuracy_share", _SHARE, "Runs whose selection was trained."),
)
_WORST = (
    _one(
        "targets_stopped",
        "number",
        "Targets on which the rule stopped any run: those that `good_when_stopped` is a mean over.",
    ),
    _one("worst_target", _TEXT, "Of these, the one where `good_when_stopped` is lowest."),
    _with_ends("worst_good_when_stopped", _SHARE, "What it is there."),
)

_RESULTS = (
    *(_TARGET, *_LABEL, *_RUNS, *_FOUND, _STOP, *_STOPPED),
    _one("take", "list of text", "The selection of most runs, by names; only of a replay."),
    _one("take_share", _SHARE, "Runs that end with it; only of a replay."),
    *_ACCURACY,
)
_CURVES = (
    *(_TARGET, *_LABEL, _STEP),
    _with_ends("simple_regret", _UNIT, "Mean simple regret after that step."),
    _with_ends("right", _SHARE, "Runs whose selection is right after that step."),
)
_PULLS = (
    *(_TARGET, *_LABEL, *_DATASET),
    _one("pulls", "looks", "Looks at the dataset in a run, mean over runs."),
    _one("most_pulls", "looks", "The most in any run."),
)
_SELECTIONS = (
    *(_TARGET, *_LABEL),
    _one("datasets", "list of text", "A selection at the end of a run; the commonest first."),
    _one("runs", "number", "Runs that end with it."),
    _one("share", _SHARE, "The same as a share of all runs."),
)
_CERTAINTY = (
    *(_TARGET, _METHOD),
    _one("step", _STEPS, "When the run is judged: where its first stop rule ends it, or its end."),
    _one("stopped", "true or false", "Whether a stop rule ended it."),
    _one("chance_good", "probability", "That the selection is right, by the belief."),
    _one(
        "expected_loss", _UNIT, "How far it falls short of the best set on average, by the belief."
    ),
    _one(
        "chance_none_helps",
        "probability",
        "That no dataset is worth more than taking nothing; null where the table states no floor.",
    ),
    *_DATASET,
    _one("selected", "true or false", "Whether the dataset is in the selection."),
    _one("pulls", "looks", "Looks at it so far."),
    _one("mean", _UNIT, "Posterior mean of its utility."),
    _one("sd", _UNIT, "Posterior standard deviation of its utility."),
    _one("chance_best", "probability", "That it is in the best set."),
    _one(
        "chance_above_floor",
        "probability",
        "That it is worth more than taking nothing; null where the table states no floor.",
    ),
    _one("rank_low", "rank", "Best rank in the middle 90 % of draws from the posterior."),
    _one("rank_high", "rank", "Worst rank there."),
    _one("shrinkage", _SHARE, "How far its mean rests on its group; null without groups."),
)
_REACH = (
    *(_TARGET, _METHOD),
    _one("step", _STEPS, "When the run is judged, as in `certainty`."),
    _one("probability", "probability", "How sure one wants to be: what the stop rule promises."),
    _one(
        "tolerance",
        _UNIT,
        "First that of the experiment; then the smallest that is reached or, where the first is "
        "reached, half of it.",
    ),
    _one("chance", "probability", "That the selection is within it, by the belief."),
    _one("reached", "true or false", "Whether that is enough, after confirmation where it is due."),
    _one(
        "more_looks",
        "looks",
        "Further looks until it is: median over futures drawn from the belief. 0 where it is; "
        "null where it takes more than `most_looks`.",
    ),
    _one("more_looks_p10", "looks", "Within which a tenth of the futures get there."),
    _one("more_looks_p90", "looks", "Within which nine tenths do."),
    _one("most_looks", "looks", "How far ahead was looked."),
    _one(
        "datasets", "list of text", "Those that at least half of these looks go to; four at most."
    ),
)
_POSTERIOR = (
    *(_TARGET, _METHOD, _STEP),
    _one("level", _TEXT, "`group` or `dataset`: what the row is about."),
    _one("name", _TEXT, "Of the group or dataset."),
    _one("group", _TEXT, "The dataset's group, as the belief has it; the group itself."),
    _one("pulls", "looks", "Looks at it so far."),
    _one("mean", _UNIT, "Posterior mean of the utility, by the belief that acts."),
    _one("sd", _UNIT, "Posterior standard deviation of the utility."),
)
_REWARDS = (
    *(_TARGET, *_DATASET),
    _one("utility", _UNIT, "Mean of the table's rewards; higher is better."),
    _one("error", _UNIT, "Standard error of that mean; null with one replicate."),
    _one("replicates", "number", "Rewards that the table has of it."),
)
_ACCURACIES = (
    _TARGET,
    _one(
        "kind",
        _TEXT,
        "`local` (nothing taken), `global` (all of the target's own group) or `selection`.",
    ),
    _one("datasets", "list of text", "What was trained on beside the target's own examples."),
    _one("accuracy", _SHARE, "Test accuracy, mean over replicates."),
)
_FIT = (
    _one("left_out", _TEXT, "The target whose rows were not used; null for the fit to all."),
    _one("estimator", _TEXT, "`grid` or `numpyro`."),
    _one("parameter", _TEXT, "`group_mean`, `group_sd`, `arm_sd` or `noise_sd`."),
    _one("mean", _UNIT, "Posterior mean."),
    _one("sd", _UNIT, "Posterior standard deviation."),
    _one("q05", _UNIT, "Lower end of the 90 % interval."),
    _one("q95", _UNIT, "Upper end of it."),
    _one("effective_draws", "number", "Independent draws that NumPyro's are worth; null for grid."),
    _one("r_hat", "number", "Whether NumPyro's chains agree: near 1; null for grid."),
    _one("divergences", "number", "Of NumPyro's chains, should be 0; null for grid."),
)
_DENSITIES = (
    _one("parameter", _TEXT, "As in `results`; from all targets."),
    _one("kind", _TEXT, "`grid`, `numpyro` or `prior`."),
    _one("low", _UNIT, "Where a cell begins."),
    _one("high", _UNIT, "Where it ends."),
    _one("density", "1 / unit of reward", "Mean density in it."),
)

FRAMES: dict[str, Sequence[Column]] = {
    "results": _RESULTS,
    "over_targets": (_TARGETS, *_LABEL, *_RUNS, _STOP, *_FOUND, *_STOPPED, *_ACCURACY, *_WORST),
    "curves": _CURVES,
    "pulls": _PULLS,
    "selections": _SELECTIONS,
    "stops": (_TARGET, *_LABEL, _STOP, *_STOPPED, _PROMISED, _THRESHOLD),
    "stops_over_targets": (_TARGETS, *_LABEL, _STOP, _PROMISED, *_STOPPED, _THRESHOLD, *_WORST),
    "certainty": _CERTAINTY,
    "reach": _REACH,
    "posterior": _POSTERIOR,
    "rewards": _REWARDS,
    "accuracies": _ACCURACIES,
    "results of a fit": _FIT,
    "densities of a fit": _DENSITIES,
}
