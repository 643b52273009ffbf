"""The flat model: every arm on its own, with the same total spread."""

from dashjax.base import Belief
from dashjax.beliefs.exact import exact
from dashjax.gaussian import Prior
from dashjax.pool import Grouping, single


def flat(prior: Prior, grouping: Grouping) -> Belief:
    """Independent arms: one group whose utility is known, so that arms teach nothing of others.

    The prior must be the same for every group; an arm's variance is the sum of both levels'.
    """
    total = prior.group_var[:1] + prior.arm_var[:1]
    alone = Prior(prior.group_mean[:1], 0 * total, total, prior.noise_var)
    return exact(alone, single(grouping.arms))
