"""What answers a pull."""

from dashjax.bandit.environments.replay import replay
from dashjax.bandit.environments.synthetic import bernoulli, drawn, fixed, gaussian

__all__ = ["bernoulli", "drawn", "fixed", "gaussian", "replay"]
