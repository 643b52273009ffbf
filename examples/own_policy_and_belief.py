"""A policy and a belief of your own, side by side with the built-in methods.

Run it with `python own_policy_and_belief.py`.
"""

import jax.numpy as jnp

import dashjax as dj


def fewest_looks_first(belief: dj.Belief, goal: dj.Goal) -> dj.Policy:
    """Pulls the dataset about which the belief knows least, per unit of cost."""

    def select(key, belief_state, policy_state, pending):
        uncertain = belief.moments(belief_state).var / jnp.asarray(goal.costs)
        return jnp.argmax(jnp.where(jnp.asarray(goal.available), uncertain, -1)).astype(jnp.int32)

    return dj.Policy(lambda: (), select, lambda belief_state, policy_state, arm: ())


def forgetful(prior: dj.Prior, grouping: dj.Grouping) -> dj.Belief:
    """The exact posterior, for rewards that are trusted half as much: twice the noise variance."""
    return dj.beliefs.exact(prior._replace(noise_var=2 * prior.noise_var), grouping)


methods = [
    "dash",
    dj.Method("fewest looks first", dj.beliefs.exact, fewest_looks_first),
    dj.Method("dash, forgetful", forgetful, dj.policies.thompson_by_group),
]
result = dj.sweep((5, 3), methods, seeds=200, plan=dj.Plan(steps=60, select=3))
for row in result.rows:
    print(f"{row['method']:<20} right for good after {row['steps_mean']:.1f} looks on average")
