r"""The knowledge gradient for the best k: pull what is expected to raise the selection most.

One pull of arm a moves the posterior means to mu + c_a Z with Z ~ N(0, 1) and
c_a = V_a / sqrt(V_aa + sigma_r^2). With S the best k now, the gain is (docs/mathematics.md,
section 3.7; for k = 1 Frazier, Powell and Dayanik 2009)

    KG_a = E[ sum of the k largest of mu + c_a Z  -  sum over S of (mu + c_a Z) ]
         = E[ sum_r max(0, r-th largest outside S - r-th smallest inside S) ]

In the second form no large numbers cancel. The expectation is a Gauss-Hermite sum.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dashjax.bandit.base import Arm, Belief, Goal, Policy, RandomKey, State
from dashjax.bandit.policies.boundary import near
from dashjax.bandit.policies.pair import separation
from dashjax.bandit.policies.parts import remembering_nothing
from dashjax.engine.random import largest
from dashjax.engine.top_k import largest_of

NODES = 16
_MOST_SWAPS = 8  # beyond that many exchanges at once the gain is left out


def knowledge_gradient(belief: Belief, goal: Goal) -> Policy:
    """Pulls the arm of largest expected gain of the selection per unit of cost.

    Where no pull can change the selection by itself (all gains are 0 in the working precision),
    it tells apart the closest pair, as `pair` does. In pools of more than `boundary.MOST` arms only
    those nearest to the boundary are looked at.
    """
    if goal.select == goal.arms:  # nothing is left to decide
        return remembering_nothing(lambda key, belief_state: jnp.zeros((), jnp.int32))

    def select(key: RandomKey, belief_state: State) -> Arm:
        view, inside = near(key, belief, belief_state, goal)
        noise_var = belief.noise_var(belief_state)
        sd = jnp.sqrt(jnp.diagonal(view.cov) + noise_var)
        gain = gains(view.mean, view.cov / sd[:, None], inside)
        apart = separation(view, inside, noise_var)
        value = jnp.where(jnp.max(gain) > 0, gain, apart) / view.cost
        return view.arm[largest(view.only_candidates(value))]

    return remembering_nothing(select)


def gains(
    mean: Float[Array, " unit"], effect: Float[Array, "arm unit"], inside: int, nodes: int = NODES
) -> Float[Array, " arm"]:
    """Expected gain of the best set's sum by one pull of each arm.

    Args:
        mean: posterior means, those of the best set first.
        effect: how each arm's pull moves the means, in standard deviations.
        inside: size of the best set.
        nodes: of the quadrature.
    """
    points, mass = (jnp.asarray(part, mean.dtype) for part in _hermite(nodes))
    moved = [mean[unit] + effect[:, unit, None] * points[None, :] for unit in range(mean.shape[0])]
    swaps = min(inside, mean.shape[0] - inside, _MOST_SWAPS)
    outside = largest_of([*moved[inside:]], swaps)
    inner = largest_of([-values for values in moved[:inside]], swaps)
    total = sum(
        (
            jnp.maximum(entering + leaving, 0)
            for entering, leaving in zip(outside, inner, strict=True)
        ),
        jnp.zeros_like(moved[0]),
    )
    return jnp.sum(total * mass[None, :], 1)


def _hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for expectations under the standard normal law."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights / weights.sum()
