"""What is believed: posteriors over utilities, each built by `belief(prior, grouping)`.

Example:
    >>> import dashjax as dj
    >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.1, arm_sd=0.1, noise_sd=0.1)
    >>> belief = dj.beliefs.exact(prior, dj.Grouping((0, 0, 1), ("north", "south")))
    >>> belief.moments(belief.init()).mean.tolist()
    [0.5, 0.5, 0.5]
"""

from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.flat import flat
from dashjax.bandit.beliefs.learned import learned, learned_flat
from dashjax.bandit.beliefs.paper import paper

__all__ = ["exact", "flat", "learned", "learned_flat", "paper"]
