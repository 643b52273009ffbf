"""What one more look is worth, against its closed form and against looks that are made."""

import numpy as np
import pytest
from scipy.stats import norm

import dashjax as dj
from dashjax.bandit.futures import nearest
from dashjax.bandit.next_look import look_gains

MEAN = np.array([0.50, 0.44, 0.43, 0.30, 0.29, 0.10])
NOISE_VAR = 0.05**2


def covariance() -> np.ndarray:
    root = np.random.default_rng(0).normal(0, 0.03, (6, 6))
    return root @ root.T + 0.02**2 * np.eye(6)


def gains(mean: np.ndarray, cov: np.ndarray, goal: dj.Goal, noise_var: float) -> np.ndarray:
    """Of every arm, in its order."""
    near, places = nearest(mean, np.sqrt(np.diagonal(cov)), goal)
    found = np.zeros(len(mean))
    found[near] = look_gains(mean[near], cov[np.ix_(near, near)], noise_var, goal, places)
    return found


def worth(mean: np.ndarray, select: int, floor: float) -> np.ndarray:
    """Mean utility of the best set by these means, `[draw]`; empty places count as the floor."""
    return np.sort(np.maximum(mean, floor), axis=-1)[..., -select:].mean(-1)


@pytest.mark.parametrize("middle", [-0.03, 0.0, 0.01, 0.2])
def test_one_arm_and_a_floor_have_a_closed_form(middle):
    goal, var = dj.goal_for(1, 1, 100, floor=0.0), 0.02**2
    moves = var / np.sqrt(var + NOISE_VAR)
    z = abs(middle) / moves
    (found,) = gains(np.array([middle]), np.array([[var]]), goal, NOISE_VAR)

    assert found == pytest.approx(moves * (norm.pdf(z) - z * norm.sf(z)), rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("floor", [-np.inf, 0.435])
def test_it_is_the_mean_rise_over_many_looks(floor):
    goal, cov = dj.goal_for(6, 2, 100, floor=floor), covariance()
    found, rng = gains(MEAN, cov, goal, NOISE_VAR), np.random.default_rng(1)
    for arm in range(6):
        moves = cov[arm] / np.sqrt(cov[arm, arm] + NOISE_VAR)
        after = MEAN + rng.standard_normal((200_000, 1)) * moves
        rise = worth(after, 2, floor) - worth(MEAN, 2, floor)
        error = rise.std() / len(rise) ** 0.5

        assert abs(found[arm] - rise.mean()) < 4.5 * error + 1e-9


def test_no_look_is_worth_more_than_knowing_everything():
    goal, cov = dj.goal_for(6, 2, 100), covariance()
    drawn = np.random.default_rng(2).multivariate_normal(MEAN, cov, 100_000)
    everything = (worth(drawn, 2, -np.inf) - drawn[:, :2].mean(1)).mean()

    assert 0 < gains(MEAN, cov, goal, NOISE_VAR).max() < everything
    np.testing.assert_allclose(
        gains(8 * MEAN + 64, 64 * cov, goal, 64 * NOISE_VAR), 8 * gains(MEAN, cov, goal, NOISE_VAR)
    )


def test_of_a_large_pool_only_what_is_near_the_boundary_can_gain():
    mean = np.concatenate([np.full(50, 9.0), np.linspace(0, 1, 50)])
    cov = 0.1**2 * np.eye(100)
    found = gains(mean, cov, dj.goal_for(100, 50, 100, available=mean < 9.5), NOISE_VAR)

    assert (found >= 0).all()
    assert found[[0, 50]].max() < 1e-12
