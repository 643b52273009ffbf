"""One run: ask the policy, pull, tell everybody; the only loop there is."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dashjax.bandit.base import (
    Arm,
    Belief,
    Environment,
    Goal,
    Policy,
    RandomKey,
    Reward,
    Selector,
    State,
)
from dashjax.bandit.stopping.rules import Record, Rule, Score, stop_step
from dashjax.engine import indexing, loop
from dashjax.engine.top_k import are_largest, from_integer, in_order, maximum, sum_where, turns


class Agent(NamedTuple):
    """Who explores: what it thinks, what it does, and who judges.

    The judge is what the selection and the scores are computed from. None: the belief itself.
    """

    belief: Belief
    policy: Policy
    judge: Belief | None = None


class Learner(NamedTuple):
    """What an agent knows during a run."""

    belief_state: State  # the belief's
    own: State  # the policy's
    judged: State  # the judge's; empty where the belief judges


class Run(NamedTuple):
    """One run. `simple_regret` and `regret` are in units of reward.

    `simple_regret` is the mean utility of the best set of the selection's intended size, minus that
    of what is selected after the step; `regret` is the best arm's utility minus the pulled arm's.
    """

    arm: Int[Array, " step"]
    reward: Float[Array, " step"]
    simple_regret: Float[Array, " step"]
    regret: Float[Array, " step"]
    cost: Float[Array, " step"]
    changed: Bool[Array, " step"]  # the selection is another than a step before
    new: Bool[Array, " step"]  # the arm's first pull
    scores: tuple[Float[Array, " step"], ...]  # in the order in which they were asked for
    total_regret: Float[Array, ""]  # sum of `regret`
    pulls: Int[Array, " arm"]  # in the whole run
    selection: Bool[Array, " arm"]  # after the last step

    def record(self, scores: tuple[Score, ...]) -> Record:
        """What stop rules look at; `scores` are those that the run was asked for."""
        measured = dict(zip(scores, self.scores, strict=True))
        arms = self.selection.shape[0]
        return Record(self.arm, self.cost, self.changed, self.new, measured, arms)


def begin(agent: Agent) -> Learner:
    """What the agent knows before the first pull."""
    judged = agent.judge.init() if agent.judge else ()
    return Learner(agent.belief.init(), agent.policy.init(), judged)


def ask(key: RandomKey, agent: Agent, learner: Learner, step: Int[Array, ""]) -> Arm:
    """The arm to explore at `step`; the same key serves the whole run."""
    return agent.policy.select(jax.random.fold_in(key, step), learner.belief_state, learner.own)


def tell(agent: Agent, learner: Learner, arm: Arm, reward: Reward) -> Learner:
    """What the agent knows after one more reward."""
    belief_state = agent.belief.update(learner.belief_state, arm, reward)
    judged = agent.judge.update(learner.judged, arm, reward) if agent.judge else ()
    return Learner(belief_state, agent.policy.update(belief_state, learner.own, arm), judged)


def rollout(
    key: RandomKey,
    agent: Agent,
    source: Environment,
    *,
    goal: Goal,
    choose: Selector,
    scores: tuple[Score, ...] = (),
    until: tuple[Rule, ...] = (),
) -> Run:
    """One run.

    Args:
        key: decides everything; a longer run begins like a shorter one.
        agent: picks the arms and learns.
        source: answers the pulls.
        goal: how many datasets are wanted, how many steps there are and what one costs.
        choose: the selection, made from what the judge thinks.
        scores: what is measured of the judge's belief_state after every step.
        until: the run ends when each of these rules has held, of which `scores` has all scores;
            many runs at once are computed until all have ended. See `ended`.
    """
    key_source, key_policy, key_turn, key_scores = jax.random.split(key, 4)
    world = source.init(key_source)
    utility = source.utility(world)
    arms = utility.shape[0]
    # the best set's mean is made as the selection's is, whose regret so is exactly 0
    ordered = in_order(utility)
    best_mean = mean_of(utility, are_largest(ordered, goal.select))
    best_arm = from_integer(maximum(ordered), utility.dtype)
    turn = turns(key_turn, arms)
    judge = agent.judge or agent.belief
    measures = [score(key_scores, judge, goal) for score in scores]

    def one(carry, step):
        learner, world, arm, chosen, pulls, total = carry
        reward, world = source.pull(world, arm)
        utility = source.utility(world)  # not that of the start: so it is read once for all uses
        learner = tell(agent, learner, arm, reward)
        judged = learner.judged if agent.judge else learner.belief_state
        before, chosen = chosen, choose(judge, judged, turn)
        regret = best_arm - indexing.take(utility, arm)
        before_this = indexing.take(pulls, arm)
        trace = (
            arm,
            reward,
            best_mean - mean_of(utility, chosen),
            regret,
            jnp.any(chosen != before),
            before_this == 0,
            tuple(measure(judged) for measure in measures),
        )
        pulls = indexing.put(pulls, arm, before_this + 1)
        # asked here and not at the next step's start, so that what selection, scores and policy
        # derive from the same belief_state is computed once
        arm = ask(key_policy, agent, learner, step + 1)
        return (learner, world, arm, chosen, pulls, total + regret), trace

    def run_of(trace, carry) -> Run:
        *_, chosen, pulls, total = carry
        arm, reward, simple_regret, regret, changed, new, measured = trace
        cost = jnp.ones_like(reward) if goal.costs is None else goal.costs[arm].astype(reward.dtype)
        course = arm, reward, simple_regret, regret, cost, changed, new, measured
        return Run(*course, total, pulls, chosen)

    learner = begin(agent)
    first_arm = ask(key_policy, agent, learner, jnp.zeros((), jnp.int32))
    no_pulls, nothing_chosen = jnp.zeros(arms, jnp.int32), jnp.zeros(arms, bool)
    start = (learner, world, first_arm, nothing_chosen, no_pulls, jnp.zeros_like(best_arm))
    if not until:
        end, trace = loop.scan(one, start, goal.steps)
        return run_of(trace, end)

    def with_selection(carry, step):
        carry, trace = one(carry, step)
        return carry, (trace, carry[3])

    def enough(course, made):
        record = run_of(course[0], start).record(scores)
        return _last_stop(record, until) <= made

    _, (trace, selections) = loop.scan(with_selection, start, goal.steps, enough=enough)
    run = run_of(trace, start)
    return ended(run, selections, _last_stop(run.record(scores), until))


def ended(run: Run, selections: Bool[Array, "step arm"], end: Int[Array, ""]) -> Run:
    """The run as it is if it ends after step `end`: what was selected then is what it selects.

    After its end it pulls nothing (arm -1), at no cost and no regret; its simple regret stays.

    Args:
        run: all its steps, of which those after the end do not matter.
        selections: its selection after each step.
        end: the last step, counted from 1; it may lie beyond the last there is.
    """
    steps, arms = selections.shape
    last = jnp.minimum(end, steps) - 1
    step = jnp.arange(steps, dtype=last.dtype)
    made, held = step <= last, jnp.minimum(step, last)
    arm, regret = jnp.where(made, run.arm, -1), jnp.where(made, run.regret, 0)
    return run._replace(
        arm=arm,
        reward=jnp.where(made, run.reward, 0),
        simple_regret=run.simple_regret[held],
        regret=regret,
        cost=jnp.where(made, run.cost, 0),
        changed=run.changed & made,
        new=run.new & made,
        scores=tuple(score[held] for score in run.scores),
        total_regret=jnp.cumsum(regret)[-1],  # a sum XLA may hand to a library, see `in_order`
        pulls=jnp.sum(arm[:, None] == jnp.arange(arms, dtype=arm.dtype)[None], 0, dtype=jnp.int32),
        selection=selections[last],
    )


def _last_stop(record: Record, rules: tuple[Rule, ...]) -> Int[Array, ""]:
    """The first step after which each of the rules has held."""
    return jnp.max(jnp.stack([stop_step(rule, record) for rule in rules]))


def mean_of(utility: Float[Array, " arm"], mask: Bool[Array, " arm"]) -> Float[Array, ""]:
    """Mean utility of the selected arms."""
    (total,) = sum_where(mask, utility[:, None])
    return total / jnp.maximum(jnp.sum(mask), 1).astype(utility.dtype)
