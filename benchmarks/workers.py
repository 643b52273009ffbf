"""How many looks `best` needs with several workers at once, each always busy.

    python -m benchmarks.workers --tables TABLE.csv TABLE.csv

As in a live study: a look is asked for while those of the other workers are out, and the one that
has been out for longest is told next. On synthetic pools of 5 x 3, and on reward tables as CSV
files; where a cell holds one reward, Gaussian noise of the median gap between datasets is added.
A look counts when it is told, or when it is asked for (so those count that are out in the end).
Figures go to `workers.json`.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import dashjax as dj
from dashjax.cli.exit import ending
from dashjax.engine import compilation, devices
from dashjax.store.machine import keep

_BEST, _WORKERS = "best", (1, 4, 8)
_SHARE = 0.1  # of the standard deviation between a table's datasets: its tolerance


@dataclass(frozen=True)
class Benchmark:
    """Looks until right, with one worker and with several."""

    tables: tuple[Path, ...] = ()
    """Reward tables as CSV files."""
    seeds: int = 512
    """Runs of each case, shared among the targets of a table."""
    targets: int = 8
    """Most targets of a table."""
    steps: int = 160
    """Looks of each run."""
    select: int = 3
    """Datasets to select."""
    out: Path = Path("benchmarks/results/workers.json")
    """Where the figures go."""


class Case(NamedTuple):
    """A pool and what answers for it."""

    name: str
    group: tuple[int, ...]  # [arm]
    environment: dj.Environment
    tolerance: float
    runs: int


def main() -> None:
    """Measures, prints a row a case and number of workers, and writes them."""
    options = tyro.cli(Benchmark, description=__doc__)
    compilation.keep()
    devices.use_all_cores()
    rows: list[dict[str, Any]] = []
    for name, cases in problems(options):
        looks = {count: looks_until_right(cases, count, options) for count in _WORKERS}
        for count, found in looks.items():
            rows.append(_row(name, count, found, looks[1], options.steps))
            print(rows[-1], flush=True)
    told = {"seeds": options.seeds, "steps": options.steps, "select": options.select}
    keep(told | {"rows": rows}, options.out)


def problems(options: Benchmark) -> Iterator[tuple[str, list[Case]]]:
    """The synthetic pool, then each table: its cases, which share the runs."""
    prior = dj.uniform_prior(5, group_mean=0.5, group_sd=0.15, arm_sd=0.03, noise_sd=0.05)
    group = tuple(np.repeat(np.arange(5), 3).tolist())
    utility = dj.environments.drawn(prior, _grouping(group))
    environment = dj.environments.gaussian(utility, prior.noise_var)
    yield "pools of 5 x 3", [Case("pool", group, environment, 0.01, options.seeds)]
    for path in options.tables:
        with tempfile.TemporaryDirectory() as folder:
            yield path.stem, of_table(dj.import_table(path, Path(folder) / path.stem), options)


def of_table(table: dj.RewardTable, options: Benchmark) -> list[Case]:
    """A case for each of the first targets, of the datasets that it has rewards of."""
    names = table.built()[: options.targets]
    means = [_there(table, name)[1].mean(axis=1) for name in names]
    tolerance = _SHARE * float(np.mean([one.std() for one in means]))
    gap = float(np.median(np.concatenate([np.diff(np.sort(one)) for one in means])))
    cases = []
    for name in names:
        arms, rewards = _there(table, name)
        noise = gap if rewards.shape[1] == 1 else None
        centred = (rewards - rewards.mean()).astype(np.float32)
        environment = dj.environments.replay(centred, noise_sd=noise)
        group = np.asarray(table.identity.pool.group)[arms]
        group = np.unique(group, return_inverse=True)[1]
        runs = -(-options.seeds // len(names))
        cases.append(Case(name, tuple(group.tolist()), environment, tolerance, runs))
    return cases


def _there(table: dj.RewardTable, target: str) -> tuple[np.ndarray, np.ndarray]:
    """The arms that have rewards, and the replicates that all of them have."""
    rewards, counts = table.higher(target), table.counts(target)
    arms = np.flatnonzero(counts)
    return arms, rewards[arms][:, : counts[arms].min()]


def looks_until_right(cases: list[Case], workers: int, options: Benchmark) -> np.ndarray:
    """Looks told until the selection is right for good, `[run]`; one too many if it never is."""
    found = []
    for number, case in enumerate(cases):
        keys = jax.random.split(jax.random.key(number), case.runs)
        course = jax.jit(jax.vmap(course_of(case, workers, options)))
        wrong = np.asarray(course(keys)) > case.tolerance
        steps = wrong.shape[1]
        last = np.where(wrong.any(1), steps - np.argmax(wrong[:, ::-1], axis=1), 0)
        found.append(last + 1)
    return np.concatenate(found)


def course_of(case: Case, workers: int, options: Benchmark) -> Callable[[Any], Any]:
    """One run, by its key: the simple regret after each look that is told."""
    grouping = _grouping(case.group)
    goal = dj.goal_for(len(case.group), options.select, options.steps)
    unit = dict.fromkeys(("group_sd", "arm_sd", "noise_sd"), 1.0)  # which `best` does not read
    prior = dj.uniform_prior(grouping.groups, group_mean=0.0, **unit)
    agent = dj.agent(dj.method(_BEST), prior, grouping, goal)

    def regret(state: dj.AgentState, utility: Any) -> Any:
        mean = agent.belief.moments(state.belief).mean
        taken = jax.lax.top_k(mean, options.select)[1]
        return jnp.mean(jax.lax.top_k(utility, options.select)[0]) - jnp.mean(utility[taken])

    def run(key: Any) -> Any:
        key_world, key_policy = jax.random.split(key)
        world = case.environment.init(key_world)

        def step(carry: Any, number: Any) -> Any:
            state, world, arms, rewards = carry
            arm = dj.ask(key_policy, agent, state, number, arms)
            reward, world = case.environment.pull(world, arm)
            arms, rewards = jnp.append(arms, arm), jnp.append(rewards, reward)
            told = dj.tell(agent, state, jnp.maximum(arms[0], 0), rewards[0])
            state = jax.tree.map(lambda new, old: jnp.where(arms[0] >= 0, new, old), told, state)
            lost = regret(state, case.environment.utility(world))
            return (state, world, arms[1:], rewards[1:]), lost

        out = jnp.full(workers - 1, -1, jnp.int32)
        start = dj.begin(agent), world, out, jnp.zeros(workers - 1)
        numbers = jnp.arange(options.steps + workers - 1, dtype=jnp.int32)
        _, lost = jax.lax.scan(step, start, numbers)
        return lost[workers - 1 :]  # nothing was told before

    return run


def _grouping(group: tuple[int, ...]) -> dj.Grouping:
    return dj.Grouping(group, tuple(map(str, range(max(group) + 1))))


def _row(name: str, workers: int, found: np.ndarray, one: np.ndarray, steps: int) -> dict[str, Any]:
    """Means with standard errors, and the ratio of means to that of one worker."""
    row: dict[str, Any] = {"case": name, "workers": workers, "runs": len(found)}
    row |= {"told_mean": float(found.mean()), "told_median": float(np.median(found))}
    row["never_right"] = float((found > steps).mean())
    ratio, error = _ratio(found, one)
    row |= {"ratio": ratio, "ratio_error": error}
    row["ratio_with_looks_out"] = float((found + workers - 1).mean() / one.mean())
    return row


def _ratio(found: np.ndarray, one: np.ndarray) -> tuple[float, float]:
    """The ratio of two means and its standard error, by the delta method; the runs are others."""
    ratio = found.mean() / one.mean()
    parts = [(part.std(ddof=1) / part.mean()) ** 2 / len(part) for part in (found, one)]
    return float(ratio), float(ratio * np.sqrt(sum(parts)))


if __name__ == "__main__":
    raise SystemExit(ending(main))
