"""One run: ask the policy, pull, tell everybody; the only loop there is."""

from collections import OrderedDict
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dashjax.bandit.agent import (
    NOTHING_PENDING,
    Agent,
    AgentState,
    begin,
    imagine,
    select,
    tell,
)
from dashjax.bandit.base import Arm, Environment, Goal, Pending, RandomKey, Selector
from dashjax.bandit.selection import top_k
from dashjax.bandit.stopping.rules import Progress, Rule, scores_of, stop_step
from dashjax.bandit.worth import above_floor, masked, mean_of_selected, rounding
from dashjax.engine import indexing, loop
from dashjax.engine.top_k import are_largest, in_order, sum_where, turns


class Run(NamedTuple):
    """One run. Regrets are in units of reward.

    `simple_regret` is the mean utility of the best set of the intended size, minus that of what is
    selected after the step, less what rounding may have added; `regret` is the best arm's utility
    minus the pulled arm's.

    Example:
        >>> import dashjax as dj
        >>> dj.Run._fields[:3]
        ('arm', 'reward', 'simple_regret')
    """

    arm: Int[Array, " step"]
    reward: Float[Array, " step"]
    simple_regret: Float[Array, " step"]
    regret: Float[Array, " step"]
    progress: Progress  # after each step, [step]
    stopped: Int[Array, " rule"]  # step after which each rule holds; steps + 1 if it never does
    total_regret: Float[Array, ""]  # sum of `regret`
    pulls: Int[Array, " arm"]  # in the whole run
    selection: Bool[Array, " arm"]  # after the last step


def rollout(
    key: RandomKey,
    agent: Agent,
    environment: Environment,
    goal: Goal,
    *,
    selector: Selector | None = None,
    rules: tuple[Rule, ...] = (),
    until_stopped: bool = False,
    batch: int = 1,
    scan: loop.Loop = loop.plain,
) -> Run:
    """One run of `goal.steps` steps.

    Args:
        key: decides everything; a longer run begins like a shorter one.
        agent: picks the arms and learns.
        environment: answers the pulls.
        goal: what is wanted, and what there is to choose from.
        selector: what is recommended, from what the judge believes; the best `goal.select` by
            posterior mean if None.
        rules: stop rules that are looked at after every step.
        until_stopped: the run ends when each rule has held; else it goes on to the last step.
        batch: the policy sees rewards only after so many pulls.
        scan: how the loop over steps is computed: `loop.plain`, or `loop.fast` for many at once.

    Returns:
        What was done and what came of it, after every step.

    Example:
        >>> import dashjax as dj
        >>> import jax, jax.numpy as jnp
        >>> prior = dj.uniform_prior(2, group_mean=0.5, group_sd=0.1, arm_sd=0.05, noise_sd=0.1)
        >>> grouping, goal = dj.Grouping((0, 0, 1), ("north", "south")), dj.goal_for(3, 1, 6)
        >>> agent = dj.agent(dj.method("round-robin"), prior, grouping, goal)
        >>> utility = dj.environments.fixed(jnp.array([0.2, 0.4, 0.6]))
        >>> environment = dj.environments.gaussian(utility, prior.noise_var)
        >>> dj.rollout(jax.random.key(0), agent, environment, goal).arm.tolist()
        [0, 1, 2, 0, 1, 2]
    """
    key_environment, key_policy, key_ties, key_scores = jax.random.split(key, 4)
    world = environment.init(key_environment)
    utility = environment.utility(world)
    # the best set's mean is made as the selection's is, whose regret so is exactly 0
    best_mean, best_arm = _best_mean(utility, goal), _best_arm(utility, goal)
    allowance = rounding(utility, goal)
    ties = turns(key_ties, goal.arms)
    judge, choose = agent.judge or agent.belief, selector or top_k(goal)
    scores = scores_of(rules)
    measures = [score(key_scores, judge, goal) for score in scores]

    def one(carry: Any, step: Any) -> Any:
        state, shown, world, arm, chosen, pulls, total = carry
        reward, world = environment.pull(world, arm)
        utility = environment.utility(world)  # not that of the start: so it is read once for all
        state = tell(agent, state, arm, reward)
        judged = state.judge if agent.judge else state.belief
        before, chosen = chosen, choose(judge, judged, ties)
        regret = best_arm - indexing.take(utility, arm)
        before_this = indexing.take(pulls, arm)
        pulls = indexing.put(pulls, arm, before_this + 1)
        trace = (
            arm,
            reward,
            jnp.maximum(best_mean - _mean_of(chosen, utility, goal) - allowance, 0),
            regret,
            jnp.any(chosen != before),
            before_this == 0,
            tuple(measure(judged, pulls) for measure in measures),
        )
        # asked here and not at the next step's start, so that what selection, scores and policy
        # derive from the same belief is computed once
        shown = _shown(agent, state, shown, arm, step, batch)
        seen = shown.state if batch > 1 else state
        arm = select(key_policy, agent, seen, step + 1, shown.pending)
        return (state, shown, world, arm, chosen, pulls, total + regret), trace

    def progress_of(trace: Any) -> Progress:
        return _progress(trace, goal, scores)

    state = begin(agent)
    shown = _Shown(state, jnp.full(batch - 1, -1, jnp.int32)) if batch > 1 else _Shown()
    first_arm = select(key_policy, agent, state, jnp.zeros((), jnp.int32), shown.pending)
    no_pulls, nothing_chosen = jnp.zeros(goal.arms, jnp.int32), jnp.zeros(goal.arms, bool)
    start = state, shown, world, first_arm, nothing_chosen, no_pulls, jnp.zeros_like(best_arm)
    if not (until_stopped and rules):
        end, trace = scan(one, start, goal.steps)
        return _run(trace, end, progress_of(trace), rules)

    def with_selection(carry: Any, step: Any) -> Any:
        carry, trace = one(carry, step)
        return carry, (trace, carry[4])

    def enough(course: Any, made: Any) -> Any:
        return _last_stop(progress_of(course[0]), rules) <= made

    end, (trace, selections) = scan(with_selection, start, goal.steps, enough)
    progress = progress_of(trace)
    run = _run(trace, end, progress, rules)
    return ended(run, selections, _last_stop(progress, rules))


class _Shown(NamedTuple):
    """What a policy sees within a batch: the state of its start, and what was asked since."""

    state: Any = ()
    pending: Pending = NOTHING_PENDING


def _shown(
    agent: Agent, state: AgentState, shown: _Shown, arm: Arm, step: Array, batch: int
) -> _Shown:
    if batch == 1:
        return shown
    place = step % batch
    full = place == batch - 1
    imagined = imagine(agent, shown.state, arm)
    now = jax.tree.map(lambda new, old: jnp.where(full, new, old), state, imagined)
    asked = jnp.where(jnp.arange(batch - 1, dtype=jnp.int32) == place, arm, shown.pending)
    return _Shown(now, jnp.where(full, -1, asked))


def _progress(trace: Any, goal: Goal, scores: tuple) -> Progress:
    """The summary after each step, from what the steps left."""
    arm, reward, _, _, changed, new, measured = trace
    step = jnp.arange(goal.steps, dtype=jnp.int32)
    if goal.equal_costs:
        cost = jnp.full_like(reward, goal.costs[0])
    else:
        cost = jnp.asarray(goal.costs)[jnp.maximum(arm, 0)].astype(reward.dtype)
    last = jax.lax.cummax(jnp.where(changed, step, -1))
    seen = jnp.cumsum(new.astype(jnp.int32))
    # JAX would put the keys of a plain dict, which are functions, in order
    measured = OrderedDict(zip(scores, measured, strict=True))
    return Progress(step + 1, jnp.cumsum(cost), step - last, goal.candidates - seen, measured)


def _run(trace: Any, end: Any, progress: Progress, rules: tuple[Rule, ...]) -> Run:
    arm, reward, simple_regret, regret, _, _, _ = trace
    *_, chosen, pulls, total = end
    stopped = [stop_step(rule, progress) for rule in rules]
    stops = jnp.array(stopped, jnp.int32) if stopped else jnp.zeros(0, jnp.int32)
    return Run(arm, reward, simple_regret, regret, progress, stops, total, pulls, chosen)


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
        progress=jax.tree.map(lambda field: field[held], run.progress),
        total_regret=jnp.cumsum(regret)[-1],  # a sum XLA may hand to a library, see `in_order`
        pulls=jnp.sum(arm[:, None] == jnp.arange(arms, dtype=arm.dtype)[None], 0, dtype=jnp.int32),
        selection=selections[last],
    )


def _last_stop(progress: Progress, rules: tuple[Rule, ...]) -> Int[Array, ""]:
    """The first step after which each of the rules has held."""
    return jnp.max(jnp.stack([stop_step(rule, progress) for rule in rules]))


def _mean_of(
    selected: Bool[Array, " arm"], utility: Float[Array, " arm"], goal: Goal
) -> Float[Array, ""]:
    """Mean utility of the selected arms."""
    (mean,) = mean_of_selected(selected, utility[:, None], goal)
    return mean


def _best_mean(utility: Float[Array, " arm"], goal: Goal) -> Float[Array, ""]:
    """Mean utility of the best set."""
    best = are_largest(in_order(masked(utility, goal)), goal.select)
    return _mean_of(above_floor(best, utility, goal), utility, goal)


def _best_arm(utility: Float[Array, " arm"], goal: Goal) -> Float[Array, ""]:
    """The best available arm's utility."""
    (best,) = sum_where(are_largest(in_order(masked(utility, goal)), 1), utility[:, None])
    return best
