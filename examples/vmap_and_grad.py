"""Pure functions below everything: runs under your own vmap, and a gradient through a run.

Run it with `python vmap_and_grad.py`.
"""

import jax
import jax.numpy as jnp

import dashjax as dj

grouping = dj.Grouping((0, 0, 0, 1, 1, 1), ("north", "south"))
goal = dj.goal_for(arms=6, select=2, steps=30)
dash = dj.method("dash")


def regret(key: jax.Array, group_sd: jax.Array) -> jax.Array:
    """Regret of the selection after a run on a pool whose groups spread by `group_sd`."""
    prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05)
    truth = prior._replace(group_var=jnp.full(2, group_sd**2))
    draw = dj.environments.drawn(truth, grouping)
    environment = dj.environments.gaussian(draw, prior.noise_var)
    run = dj.rollout(key, dj.agent(dash, prior, grouping, goal), environment, goal)
    return run.total_regret


@jax.jit
def mean_regret(group_sd: jax.Array) -> jax.Array:
    """Mean over runs, by a plain vmap over their keys."""
    keys = jax.random.split(jax.random.key(0), 200)
    return jnp.mean(jax.vmap(regret, in_axes=(0, None))(keys, group_sd))


for spread in (0.05, 0.10, 0.20):
    value, slope = jax.value_and_grad(mean_regret)(jnp.float32(spread))
    print(f"groups that spread by {spread:.2f}: total regret {value:.2f}, slope {slope:+.1f}")
