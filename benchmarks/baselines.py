"""How fast the static baselines are, against the plain loop and against PyTorch.

    python -m benchmarks.baselines             # some minutes
    python -m benchmarks.baselines --quick

Core-sets: greedy k-center in NumPy, a matrix-vector product a pick on all cores, in double
precision (which must give the same rows) and in single precision (which is quicker, and whose rows
part where two distances are close). ActiveFT: the published loss by PyTorch's automatic
differentiation, the same start, steps and optimiser; left out where PyTorch is not installed.
Features are 50 clusters. All are measured in one process, after compilation. Beside the seconds by
the clock stand those of the processors: on a machine that others use, the first count their work
too, and libraries that share work among cores wait for each other (`taskset -c 0` keeps all of them
on one). Rows go to `baselines.json`.
"""

import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import tyro

from dashjax.baselines.static import activeft, checks, coresets
from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.store.machine import keep
from dashjax.store.results import Row

_CLUSTERS, _SPREAD = 50, 1.0


@dataclass(frozen=True)
class Benchmark:
    """Time Core-sets and ActiveFT."""

    quick: bool = False
    """A tenth of the budget of Core-sets, and of the iterations of ActiveFT."""
    json: bool = False
    """Print one JSON document."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


@dataclass(frozen=True)
class Sizes:
    """What is selected from, and how much."""

    samples: int
    features: int
    budget: int


def main() -> None:
    """Times each, prints a line for each and writes them all."""
    options = tyro.cli(Benchmark, description=__doc__)
    terminal, part = Terminal(options.json), 10 if options.quick else 1
    load = os.getloadavg()[0]
    rows = coresets_rows(Sizes(25_000, 512, 5_000 // part))
    rows += activeft_rows(Sizes(25_000, 384, 500), 300 // part)
    for row in rows:
        shown = (
            f"{row['method']}, {row['by']}: {row['seconds']:.1f} s, {row['worked']:.1f} s of the "
        )
        shown += f"processors; {row['ratio']:.2f} and {row['ratio_worked']:.2f} times ours"
        terminal.show(f"{shown}; {row['agreement']}")
    path = options.out / "baselines.json"
    terminal.document(keep({"quick": options.quick, "load_before": load, "rows": rows}, path))
    terminal.show(f"written to {path}")


def coresets_rows(sizes: Sizes) -> list[Row]:
    """Greedy k-center: ours, and the plain loop in both precisions."""
    values = clusters(sizes)
    coresets.coresets(values, sizes.budget, seed=0)  # compiles
    took, ours = timed(lambda: coresets.coresets(values, sizes.budget, seed=0))
    rows = [_row("coresets", "ours", took, took, "rows of the loop in double precision")]
    for dtype in (np.float64, np.float32):
        given = values.astype(dtype)
        other, theirs = timed(lambda given=given: plain_loop(given, sizes.budget, int(ours[0])))
        same = int((theirs == ours).sum())
        if dtype == np.float64 and same < sizes.budget:
            raise SystemExit(f"{sizes.budget - same} rows of Core-sets are not those of the loop")
        name = f"NumPy, {np.dtype(dtype).name}"
        rows.append(_row("coresets", name, other, took, f"{same} of {sizes.budget} rows alike"))
    return rows


def plain_loop(values: np.ndarray, budget: int, first: int) -> np.ndarray:
    """Greedy k-center, one pick after another."""
    lengths, rows = (values**2).sum(axis=1), [first]
    least = np.full(len(values), np.inf, values.dtype)
    while True:
        last = rows[-1]
        np.minimum(least, lengths - 2 * (values @ values[last]) + lengths[last], out=least)
        least[last] = -np.inf
        if len(rows) == budget:
            return np.array(rows, np.int32)
        rows.append(int(np.argmax(least)))


def activeft_rows(sizes: Sizes, iterations: int) -> list[Row]:
    """The fit of the centres: ours, and PyTorch's where it is installed."""
    values = checks.unit_length(clusters(sizes))

    def ours(steps: int) -> tuple[np.ndarray, float]:
        centres, losses = activeft.fitted(values, sizes.budget, steps, 0.07, 0)
        return np.asarray(jax.block_until_ready(centres)), float(losses[-1])

    ours(2)  # compiles
    took, (centres, loss) = timed(lambda: ours(iterations))
    rows = [_row("activeft", "ours", took, took, f"loss {loss:.5f} before the last step")]
    if importlib.util.find_spec("torch") is None:
        return rows
    in_torch(values[: sizes.budget], sizes.budget, 1)  # loads
    other, (others, loss) = timed(lambda: in_torch(values, sizes.budget, iterations))
    apart = float(np.abs(others - centres).max())
    said = f"loss {loss:.5f}, centres differ by {apart:.1e} at most"
    return [*rows, _row("activeft", "PyTorch", other, took, said)]


def in_torch(values: np.ndarray, budget: int, iterations: int) -> tuple[np.ndarray, float]:
    """Centres and the last loss, by automatic differentiation of the published loss."""
    import torch

    samples = torch.from_numpy(values)
    start = np.random.default_rng(0).permutation(len(values))[:budget]
    raw = samples[torch.from_numpy(start)].clone().requires_grad_(True)
    optimiser, loss = torch.optim.Adam([raw], lr=activeft.LEARNING_RATE), torch.zeros(())
    for _ in range(iterations):
        centres = torch.nn.functional.normalize(raw, dim=1)
        own, nearest = torch.exp(samples @ centres.T / activeft.TEMPERATURE).max(dim=1)
        crowd = torch.exp(centres.detach() @ centres.T / activeft.TEMPERATURE).sum(dim=0)
        loss = -(torch.log(own) - torch.log(own + crowd[nearest])).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return torch.nn.functional.normalize(raw, dim=1).detach().numpy(), loss.item()


def clusters(sizes: Sizes) -> np.ndarray:
    """Features in clusters, as those of a trained network are."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((_CLUSTERS, sizes.features), np.float32)
    noise = draw.standard_normal((sizes.samples, sizes.features), np.float32)
    return centres[draw.integers(0, _CLUSTERS, sizes.samples)] + np.float32(_SPREAD) * noise


class Took(NamedTuple):
    """Seconds by the clock, and of the processors."""

    seconds: float
    worked: float


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """How long the work takes, and what it gives."""
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    return Took(time.perf_counter() - began, time.process_time() - worked), result


def _row(method: str, by: str, took: Took, ours: Took, agreement: str) -> Row:
    found = {"method": method, "by": by} | took._asdict()
    found |= {"ratio": took.seconds / ours.seconds, "ratio_worked": took.worked / ours.worked}
    return found | {"agreement": agreement}


if __name__ == "__main__":
    raise SystemExit(ending(main))
