"""A tolerance that is a share of the spread between datasets, or of what lies above a floor."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dashjax.errors import InputError
from dashjax.simulate.plan import Settings

_DIGITS = 6  # that a rule's name holds


def resolved(settings: Settings, whole: float) -> Settings:
    """The settings with the tolerance that a share of `whole` is; as they are without a share.

    Methods that bring a stop rule of their own that asks for a good selection stop by this
    tolerance; rules that were asked for stay as they are.

    Args:
        settings: what an experiment is told.
        whole: what the tolerance is a share of, in units of reward.

    Raises:
        InputError: if the share is out of range, or there is nothing to take a share of.
    """
    share = settings.plan.tolerance_share
    if share is None:
        return settings
    if not 0 < share <= 1:
        raise InputError(f"the tolerance is {100 * share:g}% of the spread; give above 0% to 100%")
    if not whole > 0:
        raise InputError(
            "no spread between datasets can be told from their noise, so that a tolerance cannot "
            "be a share of it; give one in units of reward"
        )
    tolerance = float(f"{share * whole:.{_DIGITS}g}")
    return replace(settings, plan=replace(settings.plan, tolerance=tolerance))


def spread_of(
    rewards: Sequence[np.ndarray], floors: Sequence[float | None], noise_sd: float | None
) -> float:
    """What tolerances are a share of, as a mean over targets.

    Of a target with a floor that some dataset exceeds: how far the best exceeds it. Of others: the
    standard deviation of the datasets' true means, that of the measured less the noise's part.

    Args:
        rewards: of each target `[arm, replicate]`, NaN where there is none; higher is better.
        floors: of each target, None where none is stated.
        noise_sd: of one reward, where no dataset has two.
    """
    return float(np.mean([_of_target(*one, noise_sd) for one in zip(rewards, floors, strict=True)]))


def _of_target(rewards: np.ndarray, floor: float | None, noise_sd: float | None) -> float:
    there = ~np.isnan(rewards)
    rewards, count = rewards[there.any(1)], there.sum(1)[there.any(1)]
    mean = np.nanmean(rewards, axis=1)
    if floor is not None and mean.max() > floor:
        return float(mean.max() - floor)
    freedom = np.maximum(count - 1, 0).sum()
    squares = np.nansum((rewards - mean[:, None]) ** 2)
    noise_var = squares / freedom if freedom else (noise_sd or 0.0) ** 2
    var = np.var(mean, ddof=1) if len(mean) > 1 else 0.0
    return float(max(var - noise_var * np.mean(1 / count), 0.0) ** 0.5)
