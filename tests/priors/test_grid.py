"""Hyper-parameters by the grid: the dense model weighed point by point, and what it promises."""

import numpy as np
import pytest
from scipy import integrate, stats
from worlds import RAGGED, STANDARD_ERRORS, pool_of

from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping
from dashjax.priors import grid
from dashjax.priors.unit import counted, laws_in_rewards, unit_of

CENTRE, POINTS = 0.5, 14


def simulated(seed: int, sizes=RAGGED, replicates=(3, 5), spreads=(0.5, 0.15, 0.03, 0.05)):
    """Rewards `[arm, replicate]` of some targets, and their grouping."""
    rng = np.random.default_rng(seed)
    mean, group_sd, arm_sd, noise_sd = spreads
    grouping = pool_of(*sizes).grouping
    rewards = []
    for count in replicates:
        utility = (mean + group_sd * rng.normal(size=len(sizes)))[list(grouping.group)]
        utility = utility + arm_sd * rng.normal(size=grouping.arms)
        rewards.append(utility[:, None] + noise_sd * rng.normal(size=(grouping.arms, count)))
    return rewards, grouping


def dense(
    rows, grouping, group_sd: float, arm_sd: float
) -> stats._multivariate.multivariate_normal_frozen:
    """The joint law of all targets' mean rewards, the overall mean integrated out."""
    alike = np.equal.outer(grouping.group, grouping.group)
    one_target = group_sd**2 * alike + arm_sd**2 * np.eye(grouping.arms)
    noise = np.repeat(grid.pooled_noise(rows) / rows.count[:, 0], grouping.arms)
    cov = np.kron(np.eye(len(rows.count)), one_target) + np.diag(noise) + 0.25**2
    return stats.multivariate_normal(np.full(len(cov), CENTRE), cov)


def test_the_mass_of_every_point_is_prior_times_dense_likelihood():
    rewards, grouping = simulated(0)
    rows = grid.rows_of(rewards)
    laws = grid.by_grid(rows, grouping, centre=CENTRE, points=POINTS)
    sds = laws["group_sd"].value
    cells = [0, *np.convolve(sds, [0.5, 0.5], "valid"), np.inf]
    priors = [np.diff(stats.halfnorm.cdf(cells, scale=scale)) for scale in (0.2, 0.1)]
    fit = np.array(
        [[dense(rows, grouping, g, a).logpdf(rows.mean.ravel()) for a in sds] for g in sds]
    )
    mass = np.outer(*priors) * np.exp(fit - fit.max())
    mass /= mass.sum()

    np.testing.assert_allclose(laws["group_sd"].mass, mass.sum(axis=1), atol=1e-10)
    np.testing.assert_allclose(laws["arm_sd"].mass, mass.sum(axis=0), atol=1e-10)


def test_the_overall_mean_is_dense_conditioning():
    rewards, grouping = simulated(1)
    rows = grid.rows_of(rewards)
    laws = grid.by_grid(rows, grouping, centre=CENTRE, points=POINTS)
    sds = laws["group_sd"].value
    weights, moments = [], []
    for place in np.ndindex(POINTS, POINTS):
        law = dense(rows, grouping, *sds[list(place)])
        gain = np.linalg.solve(law.cov, np.full(len(law.mean), 0.25**2))
        moments.append((CENTRE + gain @ (rows.mean.ravel() - CENTRE), 0.25**2 * (1 - gain.sum())))
        cells = [0, *np.convolve(sds, [0.5, 0.5], "valid"), np.inf]
        prior = [
            np.diff(stats.halfnorm.cdf(cells, scale=scale))[index]
            for scale, index in zip((0.2, 0.1), place, strict=True)
        ]
        weights.append(np.prod(prior) * law.pdf(rows.mean.ravel()))
    weights, (mean, var) = np.array(weights) / np.sum(weights), np.transpose(moments)
    found = grid.summary(laws["group_mean"])

    true_sd = (weights @ (var + (mean - weights @ mean) ** 2)) ** 0.5
    assert found.mean == pytest.approx(weights @ mean, abs=1e-4 * true_sd)
    assert found.sd == pytest.approx(true_sd, rel=1e-3)


@pytest.mark.parametrize("replicates", [(2,), (9, 4)])
def test_the_noise_has_the_law_of_its_sum_of_squares(replicates):
    rewards, grouping = simulated(2, replicates=replicates)
    rows = grid.rows_of(rewards)
    free = sum(grouping.arms * (count - 1) for count in replicates)
    squares = sum(((array - array.mean(axis=1)[:, None]) ** 2).sum() for array in rewards)

    centre = (squares / free) ** 0.5

    def density(sd, power=0):
        fit = -free * np.log(sd / centre) - (squares / sd**2 - free + (sd / 0.2) ** 2) / 2
        return sd**power * np.exp(fit)

    whole, first = (
        integrate.quad(density, 1e-3, 1, args=(power,), points=[centre, 2 * centre])[0]
        for power in (0, 1)
    )
    law = grid.by_grid(rows, grouping, centre=CENTRE, points=POINTS)["noise_sd"]
    assert grid.summary(law).mean == pytest.approx(first / whole, rel=1e-3)
    assert law.mass.sum() == pytest.approx(1)


def test_a_target_left_out_is_one_that_is_not_there():
    rewards, grouping = simulated(3, replicates=(3, 4, 5))
    without = grid.without(grid.rows_of(rewards), 1)
    changed = grid.without(grid.rows_of([rewards[0], 9 + 7 * rewards[1], rewards[2]]), 1)
    alone = grid.rows_of([rewards[0], rewards[2]])
    expected = grid.by_grid(alone, grouping, centre=CENTRE, points=POINTS)
    for rows in (without, changed):
        found = grid.by_grid(rows, grouping, centre=CENTRE, points=POINTS)
        for name in grid.PARAMETERS:
            np.testing.assert_allclose(found[name].value, expected[name].value, atol=1e-12)
            np.testing.assert_allclose(found[name].mass, expected[name].mass, atol=1e-10)


def test_the_grid_is_fine_enough():
    rewards, grouping = simulated(4, sizes=(3, 3, 3), replicates=(16, 16))
    rows = grid.rows_of(rewards)
    usual, finer = (
        grid.by_grid(rows, grouping, centre=CENTRE, points=points) for points in (grid.POINTS, 300)
    )
    for name in grid.PARAMETERS:
        coarse, fine = grid.summary(usual[name]), grid.summary(finer[name])
        np.testing.assert_allclose(coarse, fine, atol=0.03 * fine.sd)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Hyper-parameters drawn from the prior (the noise held from 0), then rewards from them."""
    rng = np.random.default_rng(5)
    inside, worlds = {name: 0 for name in grid.PARAMETERS}, 150
    for seed in range(worlds):
        group_sd, arm_sd, noise_sd = np.abs(rng.normal(0, (0.2, 0.1, 0.05)))
        truth = (rng.normal(0.5, 0.25), group_sd, arm_sd, 0.02 + noise_sd)
        rewards, grouping = simulated(seed, replicates=(4, 4), spreads=truth)
        laws = grid.by_grid(grid.rows_of(rewards), grouping, centre=CENTRE, points=32)
        for name, value in zip(grid.PARAMETERS, truth, strict=True):
            found = grid.summary(laws[name])
            inside[name] += found.q05 <= value <= found.q95
    error = (0.9 * 0.1 / worlds) ** 0.5
    for name, count in inside.items():
        assert abs(count / worlds - 0.9) < STANDARD_ERRORS * error, (name, count)


@pytest.mark.parametrize(
    ("array", "words"),
    [(np.zeros((10, 1)), "2 replicates"), (np.ones((10, 3)), "tell nothing of the noise")],
)
def test_rewards_that_tell_nothing_of_the_noise_are_refused(array, words):
    with pytest.raises(InputError, match=words):
        grid.rows_of([array])


@pytest.mark.parametrize(
    ("scale", "shift"), [(2.0**-20, 0.0), (100.0, 0.0), (1e6, 3e6), (1.0, 50.0)]
)
def test_a_fit_is_the_same_in_any_unit_and_from_any_zero(scale, shift):
    rng, grouping = np.random.default_rng(0), Grouping((0, 0, 1, 1), ("a", "b"))
    rewards = [rng.normal(0.5, 0.1, (4, 1)) + rng.normal(0, 0.05, (4, 5)) for _ in range(3)]

    def fitted(some):
        rows = grid.without(grid.rows_of(some), 1)
        unit = unit_of(rows)
        laws = laws_in_rewards(
            grid.by_grid(counted(rows, unit), grouping, centre=0.0, points=POINTS), unit
        )
        return {name: grid.summary(law) for name, law in laws.items()}

    plain, other = fitted(rewards), fitted([scale * one + shift for one in rewards])
    for name, law in plain.items():
        zero = shift if name == "group_mean" else 0.0
        found = np.array([(end - zero) / scale for end in (other[name].mean, other[name].q05)])
        np.testing.assert_allclose(found, [law.mean, law.q05], rtol=1e-5)
        assert other[name].sd == pytest.approx(scale * law.sd, rel=1e-5)
