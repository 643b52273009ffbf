"""What can be reached: how many more looks a tolerance needs, and where (ours).

Draws from the belief say what is reached now, and futures what more looks would reach.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from dashjax.bandit.base import Belief, Goal, State
from dashjax.bandit.futures import MOST_LOOKS, Known, losses_of, play, with_floor
from dashjax.bandit.policies.first_looks import LOOKS, RIVALS

_DRAWS = 4096
_MOSTLY, _NAMED = 0.5, 4  # share of further looks whose datasets are named; how many, at most


class Reach(NamedTuple):
    """How far a tolerance is away.

    `looks` is the median over futures of the further looks until the selection is good with the
    probability asked for, `looks_low` and `looks_high` their 10 % and 90 % quantiles: 0 where it
    is so now, None where it takes more than `MOST_LOOKS`.

    Example:
        >>> import dashjax as dj
        >>> dj.Reach._fields[:3]
        ('tolerance', 'chance', 'reached')
    """

    tolerance: float
    chance: float  # that the selection is within the tolerance now
    reached: bool
    looks: int | None
    looks_low: int | None
    looks_high: int | None
    share: np.ndarray  # of these looks at each arm, [arm]; 0 where there are none


def reach(
    belief: Belief,
    belief_state: State,
    pulls: np.ndarray | Sequence[int],
    goal: Goal,
    *,
    tolerance: float,
    probability: float = 0.95,
) -> tuple[Reach, ...]:
    """What a tolerance still needs, and what there is now.

    Args:
        belief: what judges.
        belief_state: what it holds.
        pulls: how often each arm was pulled, `[arm]`.
        goal: what is wanted.
        tolerance: how far a good selection may fall short, in units of reward.
        probability: how sure one wants to be that it is good.

    Returns:
        Of the tolerance asked for and, where it is not reached, of the smallest that is, if any;
        where it is, of half of it.

    Example:
        >>> import dashjax as dj
        >>> import jax.numpy as jnp
        >>> prior = dj.uniform_prior(1, group_mean=0.0, group_sd=1.0, arm_sd=0.0, noise_sd=0.1)
        >>> belief = dj.beliefs.flat(prior, dj.Grouping((0, 0), ("all",)))
        >>> state = belief.update(belief.init(), jnp.int32(1), jnp.float32(2.0))
        >>> found = dj.reach(belief, state, [0, 1], dj.goal_for(2, 1, 10), tolerance=0.1)
        >>> [one.reached for one in found]
        [False]
    """
    ask = _asking(belief.moments, belief.sample, belief.noise_var)
    mean, draws, noise_var = jax.device_get(ask(belief_state))
    known = Known(np.asarray(mean), np.asarray(draws), float(noise_var), np.asarray(pulls))
    return reach_of(known, goal, tolerance, probability)


def reach_of(
    known: Known, goal: Goal, tolerance: float, probability: float, looks: int = LOOKS
) -> tuple[Reach, ...]:
    """The same from draws; `looks` of each leading arm are needed before anything is reached."""
    loss = losses(known.mean, known.draws, goal)
    confirmed = _lacking(known, goal, looks) == 0
    asked = [tolerance]
    if confirmed and np.mean(loss <= tolerance) >= probability:
        asked += [tolerance / 2]
    elif confirmed:
        asked += [_rounded_up(float(np.quantile(loss, probability, method="inverted_cdf")))]
    enough = [confirmed and bool(np.mean(loss <= one) >= probability) for one in asked]
    if not known.noise_var > 0 or all(enough):
        futures = [(np.zeros(0), np.zeros(len(known.mean)))] * len(asked)
    else:
        futures = play(known, goal, asked, probability, looks)
    return tuple(
        _found(one, float(np.mean(loss <= one)), met, *future)
        for one, met, future in zip(asked, enough, futures, strict=True)
    )


def reach_row(found: Reach, name: Callable[[int], str]) -> dict[str, Any]:
    """One tolerance as plain values, with the datasets that most of the further looks are at.

    Args:
        found: how far it is away.
        name: of the dataset of an arm.
    """
    order = np.argsort(-found.share, kind="stable")[:_NAMED]
    count = 1 + int(np.searchsorted(np.cumsum(found.share[order]), _MOSTLY))
    told = [int(arm) for arm in order[:count] if found.share[arm] and not found.reached]
    return {
        "tolerance": found.tolerance,
        "chance": found.chance,
        "reached": found.reached,
        "more_looks": found.looks,
        "more_looks_p10": found.looks_low,
        "more_looks_p90": found.looks_high,
        "most_looks": MOST_LOOKS,
        "datasets": [name(arm) for arm in told],
    }


def losses(mean: np.ndarray, draws: np.ndarray, goal: Goal) -> np.ndarray:
    """How far the best set by posterior mean falls short in each draw, `[draw]`."""
    arms = np.flatnonzero(goal.available)
    values, means = with_floor(draws[arms].astype(float).T[None], mean[arms][None], goal)
    places = min(goal.select, means.shape[1])
    return losses_of(values, means, places, places)[0]


@functools.lru_cache(maxsize=16)
def _asking(moments: Callable, sample: Callable, noise_var: Callable) -> Callable:
    """What a belief is asked, compiled once for it; the same state gives the same answer."""

    @jax.jit
    def asked(state: State) -> tuple[Any, ...]:
        drawn = sample(jax.random.key(0), state, _DRAWS)
        return moments(state).mean, drawn, noise_var(state)

    return asked


def _found(
    tolerance: float, chance: float, reached: bool, times: np.ndarray, share: np.ndarray
) -> Reach:
    if reached or not len(times):
        looks = 0 if reached else None
        return Reach(tolerance, chance, reached, looks, looks, looks, np.zeros_like(share))
    ends = np.quantile(times, [0.5, 0.1, 0.9], method="inverted_cdf")
    middle, low, high = (int(end) if np.isfinite(end) else None for end in ends)
    return Reach(tolerance, chance, False, middle, low, high, share)


def _lacking(known: Known, goal: Goal, looks: int) -> int:
    """Looks that the leading arms lack."""
    mean = np.where(goal.available, known.mean, -np.inf)
    leads = np.argsort(-mean, kind="stable")[: goal.select + RIVALS]
    leads = leads[np.isfinite(mean[leads])]
    return int(np.maximum(looks - known.pulls[leads], 0).sum())


def _rounded_up(value: float) -> float:
    """The next number with two digits; 0 stays."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(f"{np.ceil(value / unit) * unit:.2g}")
