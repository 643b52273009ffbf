"""What the study must show: ratios and shares with intervals, held against limits."""

from collections.abc import Sequence

import numpy as np

from dashjax.simulate import bootstrap
from dashjax.simulate.bootstrap import Ratio
from dashjax.store.results import Row
from sims.cases import Found
from sims.identification_cases import GROUPINGS, NOISES, RIVAL, SURE, SURE_AND_EACH_ONCE, pick

ALIKE = (1.2, 1.0)  # limit and goal where groups are of no use
GOOD = (0.92, 0.95)


def claims(found: Sequence[Found]) -> list[Row]:
    """A row a claim whose methods were run.

    `claim` is `to 0.005` or `to 0.002` (steps of `best` until the mean simple regret is that small,
    by those of the method `against`), `stopped` (mean steps until the same rule stops it,
    likewise), or `good` (share of good selections among the runs of `best` that the rule `against`
    stopped). `sense` says whether the figure must be `at most` or `at least` the limit; `bound`
    whether it is itself but a bound, see `resampling.Ratio`. `holds` is `yes` or `no` where the
    whole interval lies on that side of the limit, `likely` or `unlikely` where the figure does, and
    `unknown` where a bound leaves it open; `reached` says the same of the goal.
    """
    rows = [
        *_by_steps(found, 0.05, "perfect", "dash", 0.005, (0.60, 0.45)),
        *_by_steps(found, 0.05, "perfect", "dash", 0.002, (0.45, 0.30)),
        *_by_steps(found, 0.15, "perfect", "dash", 0.005, (0.70, 0.55)),
    ]
    for noise in NOISES:
        limit = 0.6 if noise == NOISES[0] else 0.8
        for grouping in GROUPINGS[1:]:
            rows += _by_steps(found, noise, grouping, RIVAL, 0.005, ALIKE)
            rows += _by_steps(found, noise, grouping, "dash", 0.005, (limit, None))
    rows += _by_stops(found, 0.05, "perfect")
    for rule in (SURE, SURE_AND_EACH_ONCE):
        for noise in NOISES:
            for grouping in GROUPINGS:
                rows += _good(found, noise, grouping, rule)
    return rows


def verdict(row: Row, limit: float | None) -> str | None:
    """Whether the figure keeps within the limit; None if there is none."""
    if limit is None:
        return None
    sign = 1 if row["sense"] == "at most" else -1
    value, low, high = (row[key] for key in ("value", "low", "high"))
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    if value is None:
        return "unknown"
    if sign < 0:
        value, low, high = -value, -high, -low
    limit = sign * limit
    if low > limit or high <= limit:
        return "no" if low > limit else "yes"
    if row["bound"] in ("", "at most" if value <= limit else "at least"):
        return "likely" if value <= limit else "unlikely"
    return "unknown"


def _by_steps(
    found: Sequence[Found],
    noise: float,
    grouping: str,
    rival: str,
    regret: float,
    limits: tuple[float, float | None],
) -> list[Row]:
    """Steps of `best` by those of a rival until the mean simple regret is that small.

    The longest run of the rival counts: it begins like a shorter one.
    """
    ours, theirs = (pick(found, name, noise, grouping) for name in ("best", rival))
    if not ours or not theirs:
        return []
    last = ours[0], theirs[-1]
    measured = bootstrap.ratio(*(one.steps[regret] for one in last))
    beside = " / ".join(_step(one, regret) for one in last)
    label = _label(f"to {regret:g}", rival, noise, grouping)
    return [_judged(label, _ratio_row(measured), limits, beside)]


def _by_stops(found: Sequence[Found], noise: float, grouping: str) -> list[Row]:
    """Mean steps until the same rule stops `best` and `dash-judged`, by one another."""
    ours, theirs = (pick(found, name, noise, grouping) for name in ("best", "dash-judged"))
    if not ours or not theirs:
        return []
    place = [row["stop"] for row in ours[0].stops].index(SURE)
    measured = bootstrap.ratio_of_means(ours[0].stopped, theirs[0].stopped, place)
    stops = [one[0].stop(SURE) for one in (ours, theirs)]
    means = " / ".join(f"{stop['stopped_mean']:.1f}" for stop in stops)
    left = " / ".join(f"{1 - stop['stopped_share']:.1%}" for stop in stops)
    label = _label("stopped", "dash-judged", noise, grouping)
    return [_judged(label, _ratio_row(measured), (0.5, None), f"{means}; {left} not stopped")]


def _good(found: Sequence[Found], noise: float, grouping: str, rule: str) -> list[Row]:
    """Share of good selections among the runs that a rule stopped."""
    ours = pick(found, "best", noise, grouping)
    if not ours:
        return []
    stop = ours[0].stop(rule)
    figure: Row = {
        "sense": "at least",
        "value": stop["good_when_stopped"],
        "low": stop["good_when_stopped_low"],
        "high": stop["good_when_stopped_high"],
        "bound": "",
    }
    left = f"{1 - stop['stopped_share']:.1%} not stopped"
    beside = f"{stop['stopped_mean']:.1f} steps; {left}"
    return [_judged(_label("good", rule, noise, grouping), figure, GOOD, beside)]


def _label(claim: str, against: str, noise: float, grouping: str) -> Row:
    return {"claim": claim, "against": against, "noise": noise, "grouping": grouping}


def _judged(label: Row, figure: Row, limits: tuple[float, float | None], beside: str) -> Row:
    limit, goal = limits
    verdicts = {"holds": verdict(figure, limit), "reached": verdict(figure, goal)}
    return label | figure | {"limit": limit, "goal": goal} | verdicts | {"beside": beside}


def _ratio_row(ratio: Ratio) -> Row:
    """A ratio by name; None where there is none, or no upper end."""
    value = None if np.isnan(ratio.value) else ratio.value
    high = None if np.isinf(ratio.high) else ratio.high
    ends = {"value": value, "low": ratio.low, "high": high}
    return {"sense": "at most"} | ends | {"bound": ratio.bound}


def _step(one: Found, regret: float) -> str:
    step = one.row[f"steps_to_regret_{regret:g}"]
    return f">{one.row['steps']}" if step is None else f"{step:.0f}"
