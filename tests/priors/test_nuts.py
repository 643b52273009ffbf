"""NumPyro as a judge: of the fit by the grid, and of what the beliefs say of utilities."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import pytest
from numpyro import distributions, infer
from numpyro.diagnostics import effective_sample_size
from test_grid import CENTRE, simulated
from worlds import (
    STANDARD_ERRORS,
    assert_within_errors,
    pool_of,
    some_pulls,
    told,
    usual_prior,
)

from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.learned import learned
from dashjax.bandit.beliefs.noise import EQUAL
from dashjax.bandit.beliefs.unit_free import Ratios
from dashjax.priors import grid, nuts

SIZES = (2, 3, 1)
NOISE_SD = 0.05  # of the usual prior
MOST = 6.0, 3.0  # times the noise, of the spreads of groups and of arms where nothing is known


@pytest.mark.slow
def test_numpyro_agrees_with_the_grid_with_and_without_a_target():
    rewards, grouping = simulated(0, sizes=SIZES, replicates=(12, 16, 14))
    whole = grid.rows_of(rewards)
    several = [whole, grid.without(whole, 1)]
    plan = {"samples": 200, "warmup": 200, "seed": 0}
    found = nuts.sample(several, grouping, centre=CENTRE, **plan)
    for rows, draws in zip(several, found, strict=True):
        laws = grid.by_grid(rows, grouping, centre=CENTRE)
        assert draws.divergences == 0
        for name in grid.PARAMETERS:
            assert draws.value[name].shape == (nuts.CHAINS, 200)
            assert draws.r_hat[name] < 1.05
            by_grid, drawn = grid.summary(laws[name]), nuts.summary(draws.value[name])
            error = by_grid.sd / draws.effective[name] ** 0.5
            # the grid alone plugs the noise in: some hundredths of a standard deviation
            assert abs(drawn.mean - by_grid.mean) < STANDARD_ERRORS * error + 0.03 * by_grid.sd, (
                name
            )
            assert drawn.sd == pytest.approx(by_grid.sd, rel=0.2), name


@pytest.mark.slow
def test_utilities_are_what_numpyro_says():
    """The exact belief, which is told its prior, and the one that is told nothing."""
    grouping = pool_of(*SIZES).grouping
    arms, rewards = some_pulls(grouping.arms, 12, unpulled=(4,))
    for known, draws in zip((True, False), utilities(grouping, arms, rewards), strict=True):
        with jax.enable_x64(True):
            prior = usual_prior(grouping.groups)
            belief = (
                exact(prior, grouping) if known else learned(prior, grouping, even_grid(), EQUAL)
            )
            mean, var = jax.tree.map(np.asarray, belief.moments(told(belief, arms, rewards)))
        effective = effective_sample_size(draws)
        assert (effective > 200).all()
        assert_within_errors(draws.mean(axis=(0, 1)), mean, np.sqrt(var / effective))
        squares = (draws - mean) ** 2
        error = np.std(squares, axis=(0, 1)) / np.sqrt(effective_sample_size(squares))
        assert_within_errors(squares.mean(axis=(0, 1)), var, error)


def even_grid():
    """Both spreads anywhere between nothing and a few times the noise."""
    group, arm = (np.arange(0.5, 100) / 100 * most for most in MOST)
    return Ratios(group[:, None] ** 2, arm[None] ** 2, np.zeros((100, 100)))


def utilities(grouping, arms, rewards):
    """NumPyro's draws of all utilities, `[chain, draw, arm]`: all is known, then nothing."""

    def of_arms(mean, group_sd, arm_sd, noise_sd):
        of_group = numpyro.sample("z_group", distributions.Normal().expand([grouping.groups]))
        of_arm = numpyro.sample("z_arm", distributions.Normal().expand([grouping.arms]))
        group = (mean + group_sd * of_group)[np.array(grouping.group)]
        utility = numpyro.deterministic("utility", group + arm_sd * of_arm)
        numpyro.sample("reward", distributions.Normal(utility[arms], noise_sd), obs=rewards)

    def all_known():
        of_arms(0.5, 0.15, 0.03, NOISE_SD)

    def nothing_known():
        flat = distributions.ImproperUniform(distributions.constraints.real, (), ())
        mean, log_noise = numpyro.sample("mean", flat), numpyro.sample("log_noise", flat)
        group, arm = (
            numpyro.sample(name, distributions.Uniform(0, most))
            for name, most in zip(("group_ratio", "arm_ratio"), MOST, strict=True)
        )
        noise_sd = jnp.exp(log_noise)
        of_arms(mean, group * noise_sd, arm * noise_sd, noise_sd)

    return [drawn_by_nuts(model) for model in (all_known, nothing_known)]


def drawn_by_nuts(model):
    ranks, types = jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard")
    with ranks, types, jax.enable_x64(True):
        kernel = infer.NUTS(model, target_accept_prob=0.95, init_strategy=infer.init_to_median)
        chains = infer.MCMC(
            kernel,
            num_warmup=300,
            num_samples=400,
            num_chains=4,
            chain_method="vectorized",
            progress_bar=False,
        )
        chains.run(jax.random.key(0))
        return np.asarray(chains.get_samples(group_by_chain=True)["utility"])
