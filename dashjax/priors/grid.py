r"""What whole rows of rewards say of the hierarchy's hyper-parameters; mathematics only.

Every target has utilities of its own; the hyper-parameters are shared, and given them targets are
independent. With y_tij the mean of a dataset's n_t rewards (`hyperprior` has the other symbols),

    mu_0 ~ N(m, .25^2)    sigma_0 ~ HalfNormal(.2)    sigma_hat ~ HalfNormal(.1)
    sigma_r ~ HalfNormal(.2)
    y_t ~ N(mu_0 1, sigma_0^2 Z Z^T + diag(sigma_hat^2 + sigma_r^2 / n_t))
    sum of squares within datasets ~ sigma_r^2 chi^2(nu),    nu = sum_t K (n_t - 1)

Here sigma_r is settled by the squares alone: its posterior from them, and the pooled variance in
the law of y. Then targets are but more groups of one pool, and `hyperprior.posterior` has the mass
of every pair of spreads. (Ours: docs/mathematics.md, section 4; `nuts` samples the same model
without that step.)
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from dashjax.bandit.gaussian import Evidence
from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors.hyperprior import Hyperprior, hyperprior, posterior

PARAMETERS = ("group_mean", "group_sd", "arm_sd", "noise_sd")  # mu_0, sigma_0, sigma_hat, sigma_r
NOISE_SCALE = 0.2
POINTS = 192  # of the grid, for each of the two spreads
_ENDS = (2e-4, 0.8)  # of the grid, in the unit of a fit; a half-normal cell reaches beyond each
_MEMORY = 1 << 19  # numbers that are held at once, a few times over
_FINE = 401  # points of the two laws that need no grid
_LEAST_NOISE = 1e-6  # of the rewards' spread: less is rounding


class Rows(NamedTuple):
    """What the rewards of some targets amount to."""

    count: Float[np.ndarray, "target arm"]  # rewards of each dataset
    mean: Float[np.ndarray, "target arm"]  # 0 where there is none
    squares: Float[np.ndarray, " target"]  # within datasets: squared deviations from their means
    used: Float[np.ndarray, " target"]  # 1, or 0 for a target that is left out


class Marginal(NamedTuple):
    """The posterior of one hyper-parameter."""

    value: Float[np.ndarray, " point"]  # ascending
    mass: Float[np.ndarray, " point"]  # sums to 1


class Summary(NamedTuple):
    """A law in four numbers."""

    mean: float
    sd: float
    q05: float
    q95: float


def rows_of(rewards: Sequence[Float[np.ndarray, "arm _"]]) -> Rows:
    """Rewards `[arm, replicate]` of each target, taken together; NaN where there is none.

    Raises:
        InputError: if no dataset of a target has two rewards, or the rewards of a dataset never
            differ: both tell nothing of the noise.
    """
    exact = [array.astype(np.float64) for array in rewards]
    count = np.stack([(~np.isnan(array)).sum(axis=1) for array in exact]).astype(np.float64)
    if (count.max(axis=1) < 2).any():
        raise InputError("a fit needs 2 replicates of a dataset; build more of them")
    total = np.stack([np.nansum(array, axis=1) for array in exact])
    mean = total / np.maximum(count, 1)
    pairs = zip(exact, mean, strict=True)
    squares = [float(np.nansum((array - centre[:, None]) ** 2)) for array, centre in pairs]
    rows = Rows(count, mean, np.array(squares), np.ones(len(exact)))
    overall = total.sum() / count.sum()
    spread = (count * (mean - overall) ** 2).sum() / count.sum()
    if pooled_noise(rows) <= _LEAST_NOISE**2 * spread:
        raise InputError("the rewards of a dataset never differ: they tell nothing of the noise")
    return rows


def without(rows: Rows, place: int) -> Rows:
    """The rows with one target left out; shapes stay, so nothing is compiled anew."""
    used = rows.used.copy()
    used[place] = 0
    return rows._replace(used=used)


def degrees(rows: Rows) -> Float[np.ndarray, " target"]:
    """Degrees of freedom within the datasets of each target that is used."""
    return rows.used * np.maximum(rows.count - 1, 0).sum(axis=1)


def pooled_noise(rows: Rows) -> float:
    """The variance of one reward, pooled within datasets."""
    return float((rows.used * rows.squares).sum() / degrees(rows).sum())


def by_grid(
    rows: Rows, grouping: Grouping, *, centre: float, points: int = POINTS
) -> dict[str, Marginal]:
    """The posterior of each of `PARAMETERS`, in double precision.

    Args:
        rows: the rewards.
        grouping: the groups of every target's datasets.
        centre: m, where the overall mean is looked for.
        points: values of each spread, evenly spaced in their logarithms.
    """
    with jax.enable_x64(True):
        values = np.geomspace(*_ENDS, points)
        grid = hyperprior(tuple(values), tuple(values))
        found = _over_grid(grid, _evidence(rows, grouping, centre), jnp.asarray(pooled_noise(rows)))
        mass, mean, var = (np.asarray(field) for field in found)
    pairs = mass.reshape(points, points)
    return {
        "group_mean": _mixture(mass, centre + mean, var),
        "group_sd": Marginal(values, pairs.sum(axis=1)),
        "arm_sd": Marginal(values, pairs.sum(axis=0)),
        "noise_sd": _noise(rows),
    }


def summary(law: Marginal) -> Summary:
    """Mean, standard deviation and the ends of the 90 % interval."""
    mean = float(law.mass @ law.value)
    sd = float(law.mass @ (law.value - mean) ** 2) ** 0.5
    below = np.concatenate([[0.0], np.cumsum(law.mass)])
    low, high = np.interp((0.05, 0.95), below / below[-1], edges(law.value))
    return Summary(mean, sd, float(low), float(high))


def edges(value: Float[np.ndarray, " point"]) -> Float[np.ndarray, " edge"]:
    """The ends of the cells around points; the outermost cells end at their points."""
    return np.concatenate([value[:1], (value[1:] + value[:-1]) / 2, value[-1:]])


@jax.jit
def _over_grid(grid: Hyperprior, evidence: Evidence, noise_var: jax.Array):
    """Mass of every point, and mean and variance there of mu_0, from the centre."""

    def at(point):
        one = Hyperprior(grid.mean_var, *(field[None] for field in point))
        found = posterior(one, evidence, noise_var)
        return found.fit[0], found.top_mean[0], found.top_sd[0] ** 2

    together = max(_MEMORY // evidence.count.size, 1)
    fit, mean, var = jax.lax.map(at, grid[1:], batch_size=together)
    return jax.nn.softmax(fit), mean, var


def _evidence(rows: Rows, grouping: Grouping, centre: float) -> Evidence:
    """All targets as one pool, `[target * group, slot]`; one left out was never pulled."""
    count = np.where(grouping.mask, (rows.used[:, None] * rows.count)[:, grouping.arm], 0.0)
    total = count * (rows.mean[:, grouping.arm] - centre)
    shape = (-1, grouping.arm.shape[1])
    return Evidence(jnp.asarray(count.reshape(shape)), jnp.asarray(total.reshape(shape)))


def _mixture(mass: np.ndarray, mean: np.ndarray, var: np.ndarray) -> Marginal:
    """A mixture of normal laws, `[part]`."""
    centre = mass @ mean
    reach = 7 * (mass @ (var + (mean - centre) ** 2)) ** 0.5
    value = np.linspace(centre - reach, centre + reach, _FINE)
    density = np.exp(-((value[:, None] - mean) ** 2) / (2 * var)) @ (mass / np.sqrt(var))
    return Marginal(value, density / density.sum())


def _noise(rows: Rows) -> Marginal:
    """The noise by the sum of squares and its half-normal law."""
    free, squares = degrees(rows).sum(), (rows.used * rows.squares).sum()
    reach = 8 / (2 * free) ** 0.5
    value = pooled_noise(rows) ** 0.5 * np.exp(np.linspace(-reach, reach, _FINE))
    fit = -free * np.log(value) - (squares / value**2 + (value / NOISE_SCALE) ** 2) / 2
    mass = np.exp(fit - fit.max()) * value
    return Marginal(value, mass / mass.sum())
