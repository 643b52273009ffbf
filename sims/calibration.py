"""How often intervals at 90 % hold the truth: the exact posterior and the published one.

docs/mathematics.md, section 2.4: five groups of three, group spread .15; utilities are drawn from
the prior, pulls follow a schedule or are those of `dash`, and both posteriors judge the same
rewards.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dashjax.bandit import environments, policies
from dashjax.bandit.agent import Agent
from dashjax.bandit.base import Belief, Moments, State, goal_for
from dashjax.bandit.beliefs.exact import exact
from dashjax.bandit.beliefs.paper import paper
from dashjax.bandit.gaussian import Prior
from dashjax.bandit.rollout import rollout
from dashjax.engine import loop
from dashjax.priors.moments import truth
from dashjax.priors.settings import PriorSettings
from dashjax.simulate.metrics import NORMAL_95
from dashjax.store.results import Row
from sims.problems import GROUP_MEAN, GROUP_SD, GROUPS, MEMBERS, SELECT, pool

DRAWS = 20_000
ADAPTIVE_STEPS = 60
_NORMAL_90 = 1.644854
SETTINGS: tuple[tuple[float, float, tuple[int, ...] | None], ...] = (  # arm sd, noise sd, pulls
    (0.03, 0.05, (9, 0, 0)),
    (0.03, 0.05, (3, 3, 3)),
    (0.03, 0.05, (7, 1, 1)),
    (0.03, 0.05, None),
    (0.03, 0.15, (3, 3, 3)),
    (0.03, 0.15, None),
    (0.10, 0.05, (3, 3, 3)),
    (0.10, 0.05, (7, 1, 1)),
    (0.10, 0.05, None),
)


class Judged(NamedTuple):
    """Runs: the truth, the pulls of every arm, and what either posterior makes of them."""

    groups: jax.Array  # [run, group]
    arms: jax.Array  # [run, arm]
    pulls: jax.Array  # [run, arm]
    exact_groups: Moments
    exact_arms: Moments
    paper_groups: Moments
    paper_arms: Moments


def rows(draws: int = DRAWS, seed: int = 0) -> list[Row]:
    """A row a setting; shares with 95 % intervals over runs.

    `variance_ratio` is the published group variance by the exact one; `few` are arms with at most
    one pull, of groups with any.
    """
    return [_row(*setting, judged(*setting, draws, seed)) for setting in SETTINGS]


def judged(
    arm_sd: float, noise_sd: float, pulls: tuple[int, ...] | None, draws: int, seed: int
) -> Judged:
    """All runs of a setting.

    Args:
        arm_sd: spread of datasets in their group.
        noise_sd: spread of one reward.
        pulls: of the datasets of every group; None for 60 pulls of `dash`.
        draws: number of runs.
        seed: decides them.
    """
    prior = truth(PriorSettings(GROUP_MEAN, GROUP_SD, arm_sd, noise_sd), GROUPS)
    keys = jax.random.split(jax.random.key(seed), draws)
    every = np.arange(GROUPS * MEMBERS, dtype=np.int32)
    pulled = None if pulls is None else np.repeat(every, GROUPS * pulls)
    return jax.tree.map(np.asarray, _all_runs(keys, prior, pulled))


@jax.jit
@functools.partial(jax.vmap, in_axes=(0, None, None))
def _all_runs(key: jax.Array, prior: Prior, pulled: jax.Array | None) -> Judged:
    key_truth, key_run = jax.random.split(key)
    groups, arms = drawn(key_truth, prior)
    if pulled is None:
        pulled, rewards = _adaptive(key_run, prior, arms)
    else:
        noise = jax.random.normal(key_run, pulled.shape)
        rewards = arms[pulled] + jnp.sqrt(prior.noise_var) * noise
    right, published = exact(prior, pool().grouping), paper(prior, pool().grouping)
    known, stated = (told(belief, pulled, rewards) for belief in (right, published))
    return Judged(
        groups,
        arms,
        known.evidence.count.reshape(-1),
        right.groups.moments(known),
        right.moments(known),
        published.groups.moments(stated),
        published.moments(stated),
    )


def told(belief: Belief, arms: jax.Array, rewards: jax.Array) -> State:
    """The belief's state after those pulls."""

    def step(state: State, pull: tuple[jax.Array, jax.Array]) -> tuple[State, None]:
        return belief.update(state, *pull), None

    return jax.lax.scan(step, belief.init(), (arms, rewards))[0]


def drawn(key: jax.Array, prior: Prior) -> tuple[jax.Array, jax.Array]:
    """Utilities of groups and arms."""
    key_groups, key_arms = jax.random.split(key)
    groups = jax.random.normal(key_groups, (GROUPS,))
    groups = prior.group_mean + jnp.sqrt(prior.group_var) * groups
    spread = jax.random.normal(key_arms, (GROUPS, MEMBERS))
    spread = jnp.sqrt(prior.arm_var)[:, None] * spread
    return groups, (groups[:, None] + spread).reshape(-1)


def _adaptive(key: jax.Array, prior: Prior, arms: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What `dash` pulls, and the rewards."""
    goal, belief = goal_for(len(arms), SELECT, ADAPTIVE_STEPS), paper(prior, pool().grouping)
    agent = Agent(belief, policies.thompson_by_group(belief, goal))
    environment = environments.gaussian(environments.fixed(arms), prior.noise_var)
    run = rollout(key, agent, environment, goal, scan=loop.fast)
    return run.arm, run.reward


def _row(arm_sd: float, noise_sd: float, pulls: tuple[int, ...] | None, runs: Judged) -> Row:
    explored = runs.pulls.reshape(-1, GROUPS, MEMBERS).sum(axis=2) > 0
    few = np.asarray(runs.pulls <= 1) & np.repeat(explored, MEMBERS, axis=1)
    held = functools.partial(_share, np.ones(1))
    paper_arms = covered(runs.paper_arms, runs.arms)
    row: Row = {
        "arm_sd": arm_sd,
        "noise_sd": noise_sd,
        "pulls": ",".join(map(str, pulls)) if pulls else f"dash, {ADAPTIVE_STEPS}",
        "variance_ratio": float((runs.paper_groups.var / runs.exact_groups.var).mean()),
    }
    row |= held("exact_groups", covered(runs.exact_groups, runs.groups))
    row |= held("paper_groups", covered(runs.paper_groups, runs.groups))
    row |= held("exact_arms", covered(runs.exact_arms, runs.arms))
    row |= held("paper_arms", paper_arms)
    return row | _share(few, "paper_few", paper_arms)


def covered(moments: Moments, truth: jax.Array) -> np.ndarray:
    """Whether each interval at 90 % holds the truth, `[run, unit]`."""
    return np.abs(truth - moments.mean) <= _NORMAL_90 * np.sqrt(moments.var)


def _share(counted: np.ndarray, key: str, right: np.ndarray) -> Row:
    """The share of `right` among what is counted; units of one run are taken together."""
    counted = np.broadcast_to(counted, right.shape).astype(float)
    total = counted.sum()
    if not total:
        return {key: None, f"{key}_low": None, f"{key}_high": None}
    share = float((right * counted).sum() / total)
    off = ((right - share) * counted).sum(axis=1)
    half = NORMAL_95 * float(np.sqrt((off**2).sum()) / total)
    return {key: share, f"{key}_low": share - half, f"{key}_high": share + half}
