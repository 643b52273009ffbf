"""The methods of `real_tables`, by name."""

import dashjax as dj

RIVALS = ("dash", "flat", "joint-ts", "round-robin")
_VAGUE = 1e3  # standard deviations: so little is known before the first look


def _vague(prior: dj.Prior, grouping: dj.Grouping) -> dj.Belief:
    """Independent datasets of which nothing is known but the noise: sample means decide."""
    wide = prior._replace(group_var=_VAGUE**2 * (prior.group_var + prior.arm_var))
    return dj.beliefs.flat(wide, grouping)


METHODS = {
    one.name: one
    for one in (
        *(dj.method(name) for name in ("best", "dash", "dash-exact", "flat", "joint-ts")),
        *(dj.method(name) for name in ("lucb/exact", "round-robin", "halving/flat")),
        dj.Method("frequentist-lucb", _vague, dj.policies.lucb),
    )
}
