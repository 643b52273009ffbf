"""What we think: posteriors over utilities."""

from dashjax.beliefs.exact import exact
from dashjax.beliefs.flat import flat
from dashjax.beliefs.paper import paper

__all__ = ["exact", "flat", "paper"]
