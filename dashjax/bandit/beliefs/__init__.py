"""What we think: posteriors over utilities."""

from dashjax.bandit.beliefs.averaged import averaged
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.paper import paper

__all__ = ["averaged", "exact", "flat", "paper"]
