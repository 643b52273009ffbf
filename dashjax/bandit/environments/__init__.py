"""What answers a pull: rewards from a known law, or replayed from a table.

Example:
    >>> import dashjax as dj
    >>> import jax.numpy as jnp
    >>> utility = dj.environments.fixed(jnp.array([0.25, 0.75]))
    >>> environment = dj.environments.gaussian(utility, jnp.float32(0.01))
"""

from dashjax.bandit.environments.replay import replay
from dashjax.bandit.environments.synthetic import bernoulli, drawn, fixed, gaussian

__all__ = ["bernoulli", "drawn", "fixed", "gaussian", "replay"]
