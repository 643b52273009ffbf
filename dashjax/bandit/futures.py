"""Futures played from what is known now: how many looks they need until a selection is good (ours).

The normal law with a belief's present means and covariances and its estimate of the noise stands
for the belief, so that a look costs a rank-one update. Each future has utilities drawn from that
law, and is looked at by Bayes-LUCB and every other time to confirm what leads
(docs/mathematics.md, section 11). As in `certainty`, all is counted in NumPy.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashjax.bandit.base import Goal
from dashjax.bandit.policies.first_looks import RIVALS
from dashjax.bandit.stopping.scores import DRAWS
from dashjax.bandit.worth import ROUNDINGS

MOST_LOOKS = 10_000  # further looks, beyond which a tolerance counts as out of reach
_FUTURES = 40
MOST_NEAR = 40  # arms that are followed, at most
_SLOWER = 16  # looks are made one at a time at first, then in parts of so much of those made
_MISS = 0.1  # as in `lucb`
_TINY = np.finfo(float).tiny


class Known(NamedTuple):
    """What is known of the arms, as NumPy arrays."""

    mean: np.ndarray  # [arm]
    draws: np.ndarray  # joint draws of all arms, [arm, draw]
    noise_var: float
    pulls: np.ndarray  # [arm]


class _Futures(NamedTuple):
    """What is believed in each future of the arms that are followed, and of the floor."""

    truth: np.ndarray  # [future, arm]
    mean: np.ndarray  # [future, arm]
    cov: np.ndarray  # [future, arm, arm]
    draws: np.ndarray  # [future, draw, arm]
    pulls: np.ndarray  # [future, arm]


class _Race(NamedTuple):
    """What stays the same in all futures."""

    arms: np.ndarray  # those that are followed; the floor comes after them, once a place
    places: int  # of the selection that they compete for
    cost: np.ndarray  # of a look at each
    noise_var: float
    looks: int  # that confirm an arm

    def fewest(self, state: _Futures) -> np.ndarray:
        """The fewest looks at any arm that leads, `[future]`."""
        real = len(self.arms)
        leads = largest(state.mean[:, :real], min(self.places + RIVALS, real))
        return np.where(leads, state.pulls, np.inf).min(1)


def play(
    known: Known, goal: Goal, asked: Sequence[float], probability: float, looks: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each tolerance, further looks of each future, and the share of each arm in them."""
    race, state = _start(known, goal, looks)
    before, before_all = state.pulls, int(known.pulls.sum())
    times = np.full((len(asked), len(before)), np.inf)
    spent = np.zeros((len(asked), *before.shape))
    rng, made, turn = np.random.default_rng(0), 0, 0
    while made < MOST_LOOKS and np.isinf(times).any():
        each, turn = 1 + made // _SLOWER, turn + 1
        arm = _next(race, state, before_all + made, confirming=turn % 2 == 0)
        state, made = _looked(race, state, arm, each, rng), made + each
        loss = losses_of(state.draws, state.mean, race.places, goal.select)
        share = (loss[None] <= np.reshape(asked, (-1, 1, 1))).mean(2)
        sure = share - np.sqrt(share * (1 - share) / DRAWS) >= probability
        going = np.isinf(times)
        spent = np.where(going[..., None], state.pulls - before, spent)
        times[going & sure & (race.fewest(state) >= looks)] = made
    whole = np.zeros((len(asked), len(known.mean)))
    whole[:, race.arms] = spent.sum(1) / np.maximum(spent.sum((1, 2)), 1)[:, None]
    return list(zip(times, whole, strict=True))


def _start(known: Known, goal: Goal, looks: int) -> tuple[_Race, _Futures]:
    """The arms that are followed, and what is believed of them now."""
    arms, places = nearest(known.mean, known.draws.astype(float).std(1), goal)
    mean, cov = known.mean[arms].astype(float), np.atleast_2d(np.cov(known.draws[arms]))
    rng = np.random.default_rng(1)
    drawn = rng.multivariate_normal(mean, cov, _FUTURES + DRAWS, method="eigh")
    values, means = with_floor(drawn, mean[None], goal, places)
    beyond = values.shape[1] - len(arms)
    truth, drawn = np.split(values, [_FUTURES])
    state = _Futures(
        truth,
        *(
            np.repeat(part[None], _FUTURES, 0)
            for part in (means[0], np.pad(cov, (0, beyond)), drawn, known.pulls[arms])
        ),
    )
    cost = np.asarray(goal.costs, float)[arms]
    return _Race(arms, places, cost, known.noise_var, looks), state


def nearest(mean: np.ndarray, sd: np.ndarray, goal: Goal) -> tuple[np.ndarray, int]:
    """The arms nearest to the boundary of the selection, and the places that they compete for.

    The others count as settled: inside they have their places, outside they have none.

    Args:
        mean: posterior means, `[arm]`.
        sd: posterior standard deviations, `[arm]`.
        goal: what is wanted.
    """
    above = _above_boundary(mean, sd, goal)
    arms = np.argsort(np.abs(above), kind="stable")[:MOST_NEAR]
    arms = arms[np.isfinite(above[arms])]
    settled = np.setdiff1d(np.arange(len(above)), arms)
    return arms, goal.select - int((above[settled] > 0).sum())


def _above_boundary(mean: np.ndarray, sd: np.ndarray, goal: Goal) -> np.ndarray:
    """Standard deviations from the boundary of the selection, `[arm]`; -inf if not available."""
    mean = np.where(goal.available, mean.astype(float), -np.inf)
    ordered = np.append(np.sort(mean)[::-1], -np.inf)
    edge = (ordered[goal.select - 1] + ordered[goal.select]) / 2
    edge = edge if np.isfinite(edge) else ordered[np.isfinite(ordered)].min()  # nobody is outside
    edge = max(edge, float(goal.floor))
    return np.where(np.isfinite(mean), (mean - edge) / np.maximum(sd, _TINY), -np.inf)


def _next(race: _Race, state: _Futures, made: int, *, confirming: bool) -> np.ndarray:
    """The arm that each future looks at, by Bayes-LUCB, or to confirm what leads."""
    real = len(race.arms)
    future = np.arange(len(state.mean))
    var = np.diagonal(state.cov, axis1=1, axis2=2)
    width = np.sqrt(np.log(real * max(made, 1) ** 2 / _MISS) / 2) * np.sqrt(var)
    inside = largest(state.mean, race.places)
    pair = np.stack(
        [
            np.where(inside, width - state.mean, -np.inf).argmax(1),
            np.where(inside, -np.inf, width + state.mean).argmax(1),
        ]
    )
    fall = (var**2 / (var + race.noise_var))[:, :real] / race.cost
    fall = np.pad(fall, ((0, 0), (0, var.shape[1] - real)), constant_values=-1)
    arm = np.where(fall[future, pair[0]] >= fall[future, pair[1]], *pair)
    arm = np.where(arm < real, arm, fall.argmax(1))  # both are the floor, which is known
    if not confirming:
        return arm
    leads = largest(state.mean[:, :real], min(race.places + RIVALS, real))
    least = np.where(leads, state.pulls, np.inf).argmin(1)
    return np.where(race.fewest(state) < race.looks, least, arm)


def _looked(
    race: _Race, state: _Futures, arm: np.ndarray, times: int, rng: np.random.Generator
) -> _Futures:
    """What is believed after so many looks; draws follow by Matheron's rule."""
    future, noise_var = np.arange(len(arm)), race.noise_var / times
    column = state.cov[future, arm]
    gain = column / (column[future, arm] + noise_var)[:, None]
    noise = noise_var**0.5 * rng.standard_normal((len(arm), 1 + state.draws.shape[1]))
    reward = state.truth[future, arm] + noise[:, 0]
    off = reward[:, None] - state.draws[future, :, arm] - noise[:, 1:]
    pulls = state.pulls.copy()
    pulls[future, arm] += times
    return state._replace(
        mean=state.mean + gain * (reward - state.mean[future, arm])[:, None],
        cov=state.cov - gain[:, :, None] * column[:, None],
        draws=state.draws + off[..., None] * gain[:, None],
        pulls=pulls,
    )


def with_floor(
    values: np.ndarray, mean: np.ndarray, goal: Goal, places: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The same with the floor as so many further arms, which are known: last axis."""
    if not np.isfinite(goal.floor):
        return values, mean
    more = goal.select if places is None else places

    def wider(part: np.ndarray) -> np.ndarray:
        width = [(0, 0)] * (part.ndim - 1) + [(0, more)]
        return np.pad(part, width, constant_values=float(goal.floor))

    return wider(values), wider(mean)


def losses_of(draws: np.ndarray, mean: np.ndarray, places: int, select: int) -> np.ndarray:
    """By how much the best by mean fall short of the best, `[future, draw]`."""
    best = np.partition(draws, -places, axis=-1)[..., -places:].sum(-1)
    held = np.einsum("fda,fa->fd", draws, largest(mean, places).astype(draws.dtype))
    slack = ROUNDINGS * np.finfo(draws.dtype).eps * np.abs(draws).max(-1)
    return np.maximum(best - held - slack, 0) / select


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """Masks of the largest of each row, `[row, arm]`."""
    found = np.zeros(values.shape, bool)
    np.put_along_axis(found, np.argsort(-values, 1, kind="stable")[:, :count], True, 1)
    return found
