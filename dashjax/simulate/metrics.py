"""How well a method did: pure functions of what a sweep left."""

from typing import NamedTuple

import numpy as np

from dashjax.simulate.plan import Plan
from dashjax.simulate.typical import Course, Courses
from dashjax.store.results import Row

CHECKPOINTS = (15, 30, 60)
REGRETS = (0.01, 0.005, 0.002)
NORMAL_95 = 1.959964
_QUANTILES = {"p10": 0.1, "median": 0.5, "p90": 0.9}  # of the step that a rule stops at
_OF_STOPS = (
    *("stopped_mean", "stopped_share", "good_when_stopped", "regret_when_wrong"),
    *("stopped_regret", "stopped_cost"),
)


class Block(NamedTuple):
    """What a block of runs leaves, `[seed, ...]`; see `rollout.Run`."""

    simple_regret: np.ndarray  # [seed, step]
    regret: np.ndarray  # [seed], sum over the steps
    pulls: np.ndarray  # [seed, arm]
    selection: np.ndarray  # [seed, arm]
    stopped: np.ndarray  # [seed, rule], the step at which it stops, steps + 1 if it does not
    stopped_regret: np.ndarray  # [seed, rule], simple regret then, or at the end
    stopped_cost: np.ndarray  # [seed, rule], cost until then
    course: tuple[np.ndarray, ...] = ()  # arms and rewards, [seed, step] each; if asked for


class Results(NamedTuple):
    """One method on one problem over many seeds.

    `settled` is the first step from which the selection is right until the last, or the number of
    steps plus one where there is none. Regrets are in units of reward.
    """

    method: str
    steps: int
    select: int
    settled: np.ndarray  # [seed]
    regret: np.ndarray  # [seed], sum over the steps
    selection: np.ndarray  # [seed, arm], after the last step
    simple_regret: np.ndarray  # [step], mean over seeds
    simple_regret_error: np.ndarray  # [step], its standard error
    right: np.ndarray  # [step], share of seeds whose selection is right
    pulls: np.ndarray  # [arm], mean over seeds
    most_pulls: np.ndarray  # [arm], largest over seeds
    tolerance: float
    tolerance_share: float | None  # of the spread that is, where it was given as one
    rules: tuple[str, ...]
    thresholds: tuple[float | None, ...]  # of each rule, where it was calibrated
    stopped: np.ndarray  # [seed, rule], as in `Block`
    stopped_regret: np.ndarray
    stopped_cost: np.ndarray
    course: Course | None  # of a typical run, if asked for

    @property
    def seeds(self) -> int:
        """Number of runs."""
        return len(self.settled)


class Tally:
    """Adds up blocks of runs in their order, so that curves need no memory per seed."""

    def __init__(self, method: str, plan: Plan, rules: tuple[str, ...] = ()) -> None:
        self._method, self._plan, self._rules = method, plan, rules
        self._parts: list[tuple[np.ndarray, ...]] = []
        self._sums = np.zeros((3, plan.steps))  # simple regret, its square, right
        self._pulls = np.zeros(0)
        self._most = np.zeros(0, np.int64)
        self._courses = Courses()

    def add(self, block: Block) -> None:
        """Takes in the next block."""
        right = block.simple_regret <= self._plan.tolerance
        exact = block.simple_regret.astype(np.float64)
        self._sums += [exact.sum(0), (exact**2).sum(0), right.sum(0)]
        *figures, course = block
        self._parts.append((settled(right), block.regret, block.selection, *figures[4:]))
        if not self._pulls.size:
            self._pulls = np.zeros(block.pulls.shape[1])
            self._most = np.zeros(block.pulls.shape[1], np.int64)
        if course:
            self._courses.add(course, *self._ends(self._parts[-1]), block.selection)
        self._pulls += block.pulls.sum(0)
        self._most = np.maximum(self._most, block.pulls.max(0))

    def results(self) -> Results:
        """What the blocks taken in so far amount to."""
        steps, regret, selection, *stops = map(np.concatenate, zip(*self._parts, strict=True))
        seeds = len(steps)
        mean, square, right = self._sums / seeds
        error = np.sqrt(np.maximum(square - mean**2, 0) / max(seeds - 1, 1))
        ends = self._ends((steps, regret, selection, *stops))
        return Results(
            self._method,
            self._plan.steps,
            self._plan.select,
            settled=steps,
            regret=regret,
            selection=selection,
            simple_regret=mean,
            simple_regret_error=error,
            right=right,
            pulls=self._pulls / seeds,
            most_pulls=self._most,
            tolerance=self._plan.tolerance,
            tolerance_share=self._plan.tolerance_share,
            rules=self._rules,
            thresholds=(None,) * len(self._rules),
            stopped=stops[0],
            stopped_regret=stops[1],
            stopped_cost=stops[2],
            course=self._courses.typical(*ends, selection),
        )

    def _ends(self, part: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Where each run ends, and whether its selection is right then: by its first rule."""
        settling, _, _, stopped, regret, _ = part
        if self._rules:
            return stopped[:, 0], regret[:, 0] <= self._plan.tolerance
        return settling, settling <= self._plan.steps


def settled(right: np.ndarray) -> np.ndarray:
    """First step (from 1) from which `right` `[seed, step]` holds to the end, `[seed]`.

    The number of steps plus one where it does not hold at the last step.
    """
    wrong_at_end = np.argmin(right[:, ::-1], axis=1)  # steps since the last wrong one
    steps = right.shape[1]
    return np.where(right.all(axis=1), 1, steps - wrong_at_end + 1).astype(np.int32)


def row(results: Results) -> Row:
    """One method's figures by name; each interval is `<key>_low`, `<key>_high` at 95 %.

    A mean number of steps counts a run that never settles as the whole length: a lower bound where
    `never` is not 0. A quantile that falls among such runs is None, and so is its bound.
    """
    never = results.settled > results.steps
    figures: Row = {"method": results.method, "seeds": results.seeds, "steps": results.steps}
    figures["select"] = results.select
    figures |= _quantile("steps_median", results, 0.5)
    figures |= _mean("steps_mean", np.minimum(results.settled, results.steps))
    figures |= _quantile("steps_p90", results, 0.9)
    figures |= _share("never", float(never.mean()), results.seeds)
    for step in (*(s for s in CHECKPOINTS if s < results.steps), results.steps):
        figures |= _share(f"p_right_{step}", float(results.right[step - 1]), results.seeds)
    half = NORMAL_95 * results.simple_regret_error
    last = float(results.simple_regret[-1])
    figures |= _between("simple_regret", last, last - float(half[-1]), last + float(half[-1]))
    figures |= _mean("cumulative_regret", results.regret)
    for threshold in REGRETS:
        figures |= _steps_to_regret(results.simple_regret, half, threshold)
    return figures | (stop_row(results, 0) if results.rules else _no_stop())


def stop_row(results: Results, number: int) -> Row:
    """How one stop rule did.

    `stopped_mean` counts a run that it did not stop as the whole length; a quantile that falls
    among such runs is None. `good_when_stopped` is the share of good selections among the runs that
    stopped: what its promise is to be held against. `regret_when_wrong` is the mean simple regret
    of the others among them; None where there are none.
    """
    step, regret = results.stopped[:, number], results.stopped_regret[:, number]
    stopped = step <= results.steps
    count = int(stopped.sum())
    figures: Row = {"stop": results.rules[number]}
    figures |= _mean("stopped_mean", np.minimum(step, results.steps))
    for name, level in _QUANTILES.items():
        reached = int(np.quantile(step, level, method="inverted_cdf"))
        figures[f"stopped_{name}"] = float(reached) if reached <= results.steps else None
    figures |= _share("stopped_share", count / results.seeds, results.seeds)
    good = regret[stopped] <= results.tolerance
    figures |= (
        _share("good_when_stopped", float(good.mean()), count)
        if count
        else _between("good_when_stopped", None, None, None)
    )
    wrong = regret[stopped][~good]
    figures |= (
        _mean("regret_when_wrong", wrong)
        if wrong.size
        else _between("regret_when_wrong", None, None, None)
    )
    figures |= _mean("stopped_regret", regret)
    return figures | _mean("stopped_cost", results.stopped_cost[:, number])


def _no_stop() -> Row:
    """The keys of `stop_row` for a method without a rule."""
    row: Row = dict.fromkeys(["stop", *(f"stopped_{name}" for name in _QUANTILES)])
    for key in _OF_STOPS:
        row |= _between(key, None, None, None)
    return row


def mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and its 95 % interval by the normal law."""
    mean = float(values.mean())
    half = NORMAL_95 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return mean, mean - half, mean + half


def share_interval(share: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of shares of `count` independent runs (Wilson 1927)."""
    z2 = NORMAL_95**2 / count
    centre = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(np.maximum(share * (1 - share), 0) * z2 + z2**2 / 4) / (1 + z2)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _between(key: str, value: float | None, low: float | None, high: float | None) -> Row:
    return {key: value, f"{key}_low": low, f"{key}_high": high}


def _mean(key: str, values: np.ndarray) -> Row:
    return _between(key, *mean_and_interval(values))


def _share(key: str, share: float, count: int) -> Row:
    low, high = share_interval(np.array([share]), count)
    return _between(key, share, float(low[0]), float(high[0]))


def _quantile(key: str, results: Results, level: float) -> Row:
    """A quantile of the settling step, between order statistics (binomial law, normal form).

    Where so few runs bound it on neither side, the bounds are 1 and None.
    """
    count = results.seeds
    half = NORMAL_95 * (count * level * (1 - level)) ** 0.5
    ranks = np.ceil(count * level + np.array([0, -half, half])).astype(int)
    padded = np.concatenate([[1], np.sort(results.settled), [results.steps + 1]])
    steps = padded[np.clip(ranks, 0, count + 1)]
    return _between(key, *(None if step > results.steps else float(step) for step in steps))


def _steps_to_regret(mean: np.ndarray, half: np.ndarray, threshold: float) -> Row:
    """First step at which the mean simple regret is at most the threshold.

    The bounds are where the ends of its 95 % band, taken step by step, are.
    """
    found = [np.flatnonzero(curve <= threshold) for curve in (mean, mean - half, mean + half)]
    steps = [float(where[0]) + 1 if len(where) else None for where in found]
    return _between(f"steps_to_regret_{threshold:g}", *steps)
