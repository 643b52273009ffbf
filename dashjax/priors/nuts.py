"""The hyper-parameters by NumPyro's no-U-turn sampler: the hierarchical model, nothing plugged in.

Utilities are integrated out, so that four parameters are sampled: given those, the mean rewards of
a group's datasets follow one multivariate normal law, and a factor holds the squares within
datasets. No other file imports NumPyro.
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from jaxtyping import Array, Bool, Float
from numpyro import distributions, infer
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

from dashjax.pools.grouping import Grouping
from dashjax.priors.grid import NOISE_SCALE, PARAMETERS, Rows, Summary, degrees
from dashjax.priors.hyperprior import ARM_SCALE, GROUP_SCALE, MEAN_SD

CHAINS = 4
_TARGET_ACCEPT = 0.95


class Draws(NamedTuple):
    """Draws of every hyper-parameter by name, and how well the chains mixed."""

    value: dict[str, Float[np.ndarray, "chain draw"]]
    effective: dict[str, float]  # effective number of draws
    r_hat: dict[str, float]  # 1 where the halves of all chains agree
    divergences: int


def sample(
    several: Iterable[Rows],
    grouping: Grouping,
    *,
    centre: float,
    samples: int,
    warmup: int,
    seed: int,
) -> Iterator[Draws]:
    """Yields draws for each of several sets of rows, all of one shape; compiled once.

    Args:
        several: the rewards.
        grouping: the groups of every target's datasets.
        centre: m, where the overall mean is looked for.
        samples: draws kept of each of four chains.
        warmup: steps before them, in which step size and metric are found.
        seed: decides all draws.
    """
    kernel = infer.NUTS(_model, target_accept_prob=_TARGET_ACCEPT)
    with _mixed_types():
        chains = infer.MCMC(
            kernel,
            num_warmup=warmup,
            num_samples=samples,
            num_chains=CHAINS,
            chain_method="vectorized",
            progress_bar=False,
            jit_model_args=True,
        )
    for number, rows in enumerate(several):
        with _mixed_types():
            key = jax.random.fold_in(jax.random.key(seed), number)
            chains.run(key, _data(rows, grouping, centre))
            drawn = _draws(chains)
        yield drawn


def summary(draws: Float[np.ndarray, "chain draw"]) -> Summary:
    """Mean, standard deviation and the ends of the 90 % interval."""
    low, high = np.quantile(draws, (0.05, 0.95))
    return Summary(float(draws.mean()), float(draws.std(ddof=1)), float(low), float(high))


class _Data(NamedTuple):
    """What the model is told."""

    mean: Float[Array, "target group slot"]  # of rewards, from the centre; 0 where padded
    count: Float[Array, "target group slot"]
    free: Float[Array, " target"]  # degrees of freedom within datasets, 0 for one left out
    squares: Float[Array, " target"]
    used: Bool[Array, " target"]
    there: Float[Array, "target group slot"]  # 0 where padded or never measured
    centre: Float[Array, ""]


def _data(rows: Rows, grouping: Grouping, centre: float) -> _Data:
    count = rows.count[:, grouping.arm]
    there = (grouping.mask & (count > 0)).astype(np.float64)
    mean = there * (rows.mean[:, grouping.arm] - centre)
    told = (mean, np.maximum(count, 1), degrees(rows), rows.used * rows.squares, rows.used > 0)
    return _Data(*(jnp.asarray(field) for field in (*told, there, np.float64(centre))))


def _model(data: _Data) -> None:
    mean = numpyro.sample("group_mean", distributions.Normal(data.centre, MEAN_SD)) - data.centre
    group_sd = numpyro.sample("group_sd", distributions.HalfNormal(GROUP_SCALE))
    arm_sd = numpyro.sample("arm_sd", distributions.HalfNormal(ARM_SCALE))
    noise_sd = numpyro.sample("noise_sd", distributions.HalfNormal(NOISE_SCALE))
    both = data.there[..., :, None] * data.there[..., None, :]
    eye = jnp.eye(both.shape[-1])
    own = (arm_sd**2 + noise_sd**2 / data.count)[..., None] * (both * eye)
    padding = (1 - both) * eye  # a padded slot is a standard normal that came out as 0
    law = distributions.MultivariateNormal(mean * data.there, group_sd**2 * both + own + padding)
    numpyro.sample("mean", law.mask(data.used[:, None]), obs=data.mean)
    fit = -data.free * jnp.log(noise_sd) - data.squares / (2 * noise_sd**2)
    numpyro.factor("squares", jnp.sum(fit))


def _draws(chains: infer.MCMC) -> Draws:
    value = {
        name: np.asarray(drawn, np.float64)
        for name, drawn in chains.get_samples(group_by_chain=True).items()
        if name in PARAMETERS
    }
    return Draws(
        value,
        {name: float(effective_sample_size(drawn)) for name, drawn in value.items()},
        {name: float(split_gelman_rubin(drawn)) for name, drawn in value.items()},
        int(np.sum(chains.get_extra_fields()["diverging"])),
    )


@contextlib.contextmanager
def _mixed_types() -> Iterator[None]:
    """Double precision; and JAX's lenient rules, without which NumPyro does not run."""
    with (
        jax.enable_x64(True),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield
