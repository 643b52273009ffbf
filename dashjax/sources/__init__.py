"""What answers a pull."""

from dashjax.sources.replay import replay
from dashjax.sources.synthetic import bernoulli, drawn, fixed, gaussian

__all__ = ["bernoulli", "drawn", "fixed", "gaussian", "replay"]
