"""What we think: posteriors over utilities."""

from dashjax.beliefs.averaged import averaged
from dashjax.beliefs.exact import exact
from dashjax.beliefs.flat import flat
from dashjax.beliefs.paper import paper

__all__ = ["averaged", "exact", "flat", "paper"]
