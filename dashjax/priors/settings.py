"""A prior by numbers, and how hyper-parameters are sampled; it imports nothing heavy."""

from dataclasses import asdict, dataclass

from dashjax.errors import InputError, check_seed

_MOST = 1e6  # variances are held in 32 bits
_LEAST = {"group_mean": -_MOST, "noise_sd": 1 / _MOST}


def check_in_range(name: str, value: float) -> None:
    """Refuses a number of a prior that 32 bits do not square.

    Raises:
        InputError: with the range.
    """
    low = _LEAST.get(name, 0.0)
    if not low <= value <= _MOST:
        option = f"--{name.replace('_', '-')}"
        raise InputError(f"{option} is {value}; it must be from {low:g} to {_MOST:g}")


@dataclass(frozen=True)
class PriorSettings:
    """A prior by numbers, in units of reward; the same for every group.

    Raises:
        InputError: if a spread is negative or the noise 0, or a number beyond what 32 bits square.

    Example:
        >>> import dashjax as dj
        >>> dj.PriorSettings(group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05).arm_sd
        0.03
    """

    group_mean: float
    group_sd: float
    arm_sd: float
    noise_sd: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            check_in_range(name, value)


@dataclass(frozen=True)
class FitPlan:
    """How hyper-parameters are sampled.

    Attributes:
        samples: draws kept of each of four chains.
        warmup: steps of each chain before them.
        seed: decides all draws.

    Raises:
        InputError: if a number is out of range.
    """

    samples: int = 1000
    warmup: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("samples", "warmup"):
            if not 10 <= getattr(self, name) <= _MOST:
                value = getattr(self, name)
                raise InputError(f"--{name} is {value}; it must be from 10 to {_MOST:,.0f}")
        check_seed(self.seed)
