"""Replay and sweep with the usual values where nothing is said: the way in from Python."""

from collections.abc import Sequence

from dashjax.bandit.methods import Method
from dashjax.engine.progress import Advance, silent
from dashjax.priors.settings import PriorSettings
from dashjax.simulate import replay as replaying
from dashjax.simulate.plan import Plan, Settings
from dashjax.simulate.replay import BOOTSTRAP, Answers, Priors
from dashjax.simulate.synthetic import synthetic
from dashjax.store.results import Experiment
from dashjax.store.reward_table import RewardTable

METHODS = ("best", "dash", "flat")
PLAN = Plan(steps=200, select=3)
TRUTH = PriorSettings(group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05)


def replay(
    table: RewardTable,
    methods: Sequence[str | Method] = METHODS,
    *,
    targets: Sequence[str] = (),
    seeds: int = 1000,
    plan: Plan = PLAN,
    answers: Answers = BOOTSTRAP,
    prior: Priors = None,
    costs: str = "equal",
    grouping: str = "perfect",
    seed: int = 0,
    advance: Advance = silent,
) -> Experiment:
    """Replays methods over a reward table: how many looks each needs, and what it then selects.

    Args:
        table: the rewards; see `load_table`, `import_table` and `build_table`.
        methods: names (see `dashjax methods`), or methods of your own.
        targets: whose rows; all that have rewards if empty.
        seeds: runs of each method on each target.
        plan: steps of a run, size of the selection, tolerance, stop rules.
        answers: how a pull is answered.
        prior: the prior of methods that need one; by moments of the other targets if None.
        costs: `equal`, `pool` or `examples`.
        grouping: `perfect` (as the table says), `mixed`, `crossed`, `shuffled` or `single`.
        seed: decides everything that is drawn by chance.
        advance: is told (what, runs done, runs in all).

    Returns:
        `rows` (one for each target and method) and `frames`; see docs/data-dictionary.md.

    Raises:
        InputError: if a name or number cannot be used, with the way to mend it.

    Example:
        >>> import dashjax as dj
        >>> table = dj.load_table("tables/mine")
        >>> result = dj.replay(table, ["dash", "flat"], seeds=20, plan=dj.Plan(steps=20, select=2))
        >>> result.rows[0]["method"]
        'dash'
    """
    settings = Settings(tuple(methods), plan, seeds, seed, grouping)
    return replaying.replay(
        table,
        tuple(targets),
        settings,
        answers=answers,
        prior=prior,
        costs=costs,
        advance=advance,
    )


def sweep(
    shape: tuple[int, int] = (5, 3),
    methods: Sequence[str | Method] = METHODS,
    *,
    truth: PriorSettings = TRUTH,
    seeds: int = 1000,
    plan: Plan = PLAN,
    grouping: str = "perfect",
    variances: str = "matched",
    costs: Sequence[float] = (),
    seed: int = 0,
    advance: Advance = silent,
) -> Experiment:
    """Runs methods over synthetic pools, drawn afresh for every seed from a Gaussian hierarchy.

    Args:
        shape: number of groups, and of datasets in each.
        methods: names, or methods of your own.
        truth: the law of utilities and rewards; also the prior of methods that need one.
        seeds: runs of each method.
        plan: steps of a run, size of the selection, tolerance, stop rules.
        grouping: how the methods see the datasets grouped, as in `replay`.
        variances: with another grouping than `perfect`, `matched` gives the methods the variances
            implied by that grouping, `given` those of `truth`.
        costs: of one step with each dataset of a group, or of the pool; 1 if empty.
        seed: decides everything that is drawn by chance.
        advance: is told (what, runs done, runs in all).

    Returns:
        `rows` (one for each method) and `frames`; see docs/data-dictionary.md.

    Raises:
        InputError: if a name or number cannot be used, with the way to mend it.

    Example:
        >>> import dashjax as dj
        >>> result = dj.sweep((3, 2), ["dash"], seeds=10, plan=dj.Plan(steps=10, select=2))
        >>> result.rows[0]["seeds"]
        10
    """
    settings = Settings(tuple(methods), plan, seeds, seed, grouping)
    return synthetic(
        shape, truth, settings, variances=variances, costs=tuple(costs), advance=advance
    )
