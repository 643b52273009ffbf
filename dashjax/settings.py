"""What an experiment is told, in words that the command line shares."""

from dataclasses import asdict, dataclass

from dashjax.errors import InputError
from dashjax.gaussian import Prior, uniform_prior
from dashjax.sweep import Plan


@dataclass(frozen=True)
class Settings:
    """What every experiment is told.

    Attributes:
        methods: names of the methods.
        plan: steps, size of the selection, tolerance.
        seeds: runs of each method.
        seed: decides all runs.
        grouping: how the methods see the pool's datasets grouped.
    """

    methods: tuple[str, ...]
    plan: Plan
    seeds: int
    seed: int = 0
    grouping: str = "perfect"


@dataclass(frozen=True)
class PriorSettings:
    """A prior by numbers, in units of reward; the same for every group."""

    group_mean: float
    group_sd: float
    arm_sd: float
    noise_sd: float

    def prior(self, groups: int) -> Prior:
        """The prior for that many groups.

        Raises:
            InputError: if a number is not finite, or a spread is negative or the noise 0.
        """
        for name, value in asdict(self).items():
            least = "greater than 0" if name == "noise_sd" else "0 or more"
            good = value > 0 if name == "noise_sd" else value >= 0 or name == "group_mean"
            if not (good and abs(value) < float("inf")):
                raise InputError(f"--{name.replace('_', '-')} is {value}; it must be {least}")
        return uniform_prior(groups, **asdict(self))
