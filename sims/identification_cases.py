"""Which methods the study runs on which problems, how often, and with which stop rules."""

from collections.abc import Iterable

from dashjax.bandit.stopping.parse import rule
from dashjax.simulate.plan import Plan
from dashjax.store.results import Row
from dashjax.store.reward_table import RewardTable
from sims.cases import Case, Found
from sims.problems import GROUPS, MEMBERS, SELECT, groupless, replayed, synthetic

NOISES = (0.05, 0.15)
GROUPINGS = ("perfect", "mixed", "crossed", "shuffled")
MISTAKEN = ("mixed", "crossed")  # where methods are also told the variances of perfect groups
POOL = f"{GROUPS} x {MEMBERS}"

SURE = "good-selection:.95:.01"
SURE_AND_EACH_ONCE = f"{SURE}+each-once"
STOPS = (SURE, SURE_AND_EACH_ONCE, "good-selection-bound:.9:.01", "value:.005", "value:.002")
TABLE_STOPS = (SURE, SURE_AND_EACH_ONCE, "value:.005")

RIVAL = "lucb/learned-flat"  # what `best` is without groups
ALONE = (
    *("flat", "ucb/flat", "random", "round-robin", "knowledge-gradient/flat", "top-two/flat"),
    *(RIVAL, "lucb/learned-flat"),
)
IN_GROUPS = (
    *("dash", "dash-exact", "joint-ts", "ucb/exact", "halving/exact", "pair/exact"),
    *("top-two/exact", "lucb/exact", "knowledge-gradient/exact", "lucb/learned"),
    *("top-two/learned", "best", "dash-judged"),
)
TOLD_WRONG = ("dash", "dash-exact", "knowledge-gradient/exact", "lucb/exact")
STOPPED = ("best", "dash-judged")  # everywhere
STOPPED_IN_PERFECT_GROUPS = (
    *("round-robin/exact", "joint-ts", "top-two/exact", "knowledge-gradient/exact"),
)
STOPPED_ON_TABLES = ("best", "knowledge-gradient/learned", "dash-judged")
ON_TABLES = (*STOPPED_ON_TABLES, RIVAL, "dash", "flat", "round-robin")
QUICK = {"best", "dash", "dash-judged", "knowledge-gradient/exact", "flat", "round-robin", RIVAL}
QUICK_GROUPINGS = {None, "perfect", "mixed"}
QUICK_ON_TABLES = {"best", "dash", "round-robin"}

_Asked = tuple[str | None, str | None, str, tuple[str, ...]]  # grouping, variances, method, rules
_SHARES = {  # of the runs asked for
    "dash": 2.0,
    **dict.fromkeys(("top-two/exact", "top-two/flat", "knowledge-gradient/exact"), 0.4),
    **dict.fromkeys(("knowledge-gradient/flat", "lucb/learned", "lucb/learned-flat"), 0.4),
    "top-two/learned": 0.2,
}
_STOPPED_SHARE = 0.4  # with stop rules, but for `best`
_TABLE_SHARE = 0.1


def on_pools(seeds: int, steps: int, quick: bool) -> list[Case]:
    """The cases on synthetic pools (docs/mathematics.md, sections 2.5 and 3); what ignores groups
    runs once.
    """
    cases = []
    for noise in NOISES:
        asked: list[_Asked] = [(None, None, name, ()) for name in ALONE]
        for grouping in GROUPINGS:
            more = STOPPED_IN_PERFECT_GROUPS * (grouping == "perfect")
            for name in dict.fromkeys(IN_GROUPS + more):
                asked.append((grouping, "matched", name, STOPS * (name in STOPPED + more)))
        asked += [(grouping, "given", name, ()) for grouping in MISTAKEN for name in TOLD_WRONG]
        cases += [_pooled(noise, *one, seeds=seeds, steps=steps) for one in asked]
    cases += [  # which does not get there in as many steps as others need
        _pooled(NOISES[1], grouping, "matched", "dash", (), seeds=seeds, steps=2 * steps)
        for grouping in GROUPINGS[1:]
    ]
    return [case for case in cases if not quick or _is_quick(case)]


def on_table(table: RewardTable, seeds: int, steps: int, quick: bool) -> list[Case]:
    """The cases on a reward table, target by target, in perfect and in mixed groups."""
    cases = []
    for target in table.built():
        for grouping in ("perfect", "mixed"):
            problem = replayed(table, target, grouping)
            label = _label(table.path.name) | {"target": target, "grouping": grouping}
            for name in ON_TABLES:
                rules = TABLE_STOPS if name in STOPPED_ON_TABLES else ()
                plan = Plan(steps, SELECT, stop=tuple(map(rule, rules)))
                cases.append(Case(label, problem, name, plan, _runs(seeds, _TABLE_SHARE)))
    return [case for case in cases if not quick or case.method in QUICK_ON_TABLES]


def pick(found: Iterable[Found], method: str, noise: float, grouping: str) -> list[Found]:
    """That method on that synthetic pool, told the variances of its grouping; the longest last.

    Nothing if it was not run, and more than one case if it was also run for longer.
    """
    wanted = [(method, noise, grouping, "matched"), (method, noise, None, None)]
    keys = ("method", "noise", "grouping", "variances")
    same = [one for one in found if tuple(one.row[key] for key in keys) in wanted]
    return sorted(same, key=lambda one: one.row["steps"])


def _pooled(
    noise: float,
    grouping: str | None,
    variances: str | None,
    name: str,
    rules: tuple[str, ...],
    *,
    seeds: int,
    steps: int,
) -> Case:
    assert groupless(name) == (grouping is None), name
    problem = synthetic(noise, grouping or "perfect", variances or "matched")
    label = _label(POOL) | {"noise": noise, "grouping": grouping, "variances": variances}
    share = _STOPPED_SHARE if rules and name != "best" else _SHARES.get(name, 1.0)
    return Case(
        label, problem, name, Plan(steps, SELECT, stop=tuple(map(rule, rules))), _runs(seeds, share)
    )


def _is_quick(case: Case) -> bool:
    """Every case has a program of its own, and to compile it takes longer than a few runs."""
    matched = case.label["variances"] != "given"
    return matched and case.method in QUICK and case.label["grouping"] in QUICK_GROUPINGS


def _label(pool: str) -> Row:
    return {"pool": pool, "target": None, "noise": None, "grouping": None, "variances": None}


def _runs(seeds: int, share: float) -> int:
    return max(round(seeds * share), 1)
