"""`dashjax baseline`: samples picked by a method that does not explore."""

import csv
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import Positional

from dashjax.cli.shared_options import Printing
from dashjax.cli.supply_options import Cut, check_cut
from dashjax.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from dashjax.cli.output import Terminal
    from dashjax.pools.readers.features import Features

BaselineName = Literal["random", "coresets", "freesel", "activeft", "bilaf"]


@dataclass(frozen=True)
class Baseline:
    """Pick samples without exploring, to compare with: Core-sets, FreeSel, ActiveFT, BiLAF, chance.

    Says how many samples it picks from each dataset; the datasets with most are what the method
    would take.
    """

    name: Positional[BaselineName]
    """The method; docs/baselines.md has their sources."""
    source: Positional[str]
    """A .npz file with `features` [sample, feature] and, if there are several datasets, the
    `dataset` of each sample; or a pool: `embedded`, or a folder with one .npz file a domain."""
    budget: int
    """How many samples to pick."""
    target: str | None = None
    """Of a pool: the target. Images are seen by its local model (penultimate layer), and `coresets`
    starts from its local examples."""
    out: Path | None = None
    """Write the picks to this CSV file, in the order of picking."""
    overwrite: bool = False
    """Put the picks in the place of earlier ones in --out."""
    cut: Cut = field(default_factory=Cut)
    """How the domains of a folder are cut into targets and candidate datasets."""
    seed: int = 0
    """Decides what is drawn by chance, and the cut of a folder."""
    printing: Printing = field(default_factory=Printing)

    command = "baseline:run"


def run(options: Baseline, terminal: "Terminal") -> None:
    """Picks, prints how many of each dataset, and writes the rows where asked."""
    from dashjax import baselines

    _check_out(options)
    given, known = _given(options)
    method = getattr(baselines, options.name)
    more: dict[str, Any] = {"seed": options.seed}
    if known is not None and "known" in inspect.signature(method).parameters:
        more["known"] = known
    rows = method(given.values, options.budget, **more)
    picks = _picks(given, rows)
    if options.out:
        _write(options.out, picks)
    _show(options, given, picks, terminal)


def _check_out(options: Baseline) -> None:
    out = options.out
    if out is None:
        if options.overwrite:
            raise InputError("--overwrite is for picks in a file; give --out, or leave it out")
    else:
        from dashjax.store.files import check_free

        check_free(out, options.overwrite)


def _given(options: Baseline) -> "tuple[Features, np.ndarray | None]":
    """The samples, and the features of what the target has already."""
    from dashjax.pools.readers.features import read_features

    if options.source.endswith(".npz"):
        if options.target is not None:
            raise InputError("--target is for a pool, and a file of features is none; leave it out")
        check_cut("embedded", options.cut)
        return read_features(Path(options.source)), None
    return _of_pool(options)


def _of_pool(options: Baseline) -> "tuple[Features, np.ndarray | None]":
    import numpy as np

    from dashjax.pools.read import read_pool
    from dashjax.pools.readers.features import Features
    from dashjax.rewards.local_features import local_features
    from dashjax.rewards.settings import TrainingSettings

    check_cut(options.source, options.cut)
    examples = read_pool(options.source, options.cut.seeded(options.seed))
    owner = None if options.target is None else examples.target(options.target)
    values = examples.inputs
    if values.ndim > 2:
        if owner is None:
            names = ", ".join(target.name for target in examples.targets)
            raise InputError(
                f"'{options.source}' holds images, which are seen by the local model of a target; "
                f"give --target, one of {names}"
            )
        values = local_features(examples, TrainingSettings(seed=options.seed), owner.name)
    sizes = [len(rows) for rows in examples.candidates]
    samples = values[np.concatenate(examples.candidates)]
    datasets = Features(samples, np.repeat(np.arange(len(sizes)), sizes), examples.pool.datasets)
    return datasets, None if owner is None else values[owner.local]


def _picks(given: "Features", rows: "np.ndarray") -> list[dict[str, Any]]:
    """A pick each: its place, its dataset, and which sample of that it is."""
    import numpy as np

    starts = np.zeros(len(given.owner), int)
    for dataset in range(len(given.datasets)):
        own = given.owner == dataset
        starts[own] = np.arange(own.sum())
    return [
        {"place": place, "row": int(row), "dataset": given.datasets[given.owner[row]]}
        | {"sample": int(starts[row])}
        for place, row in enumerate(rows)
    ]


def _write(path: Path, picks: list[dict[str, Any]]) -> None:
    from dashjax.store.files import write_whole

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(picks[0]))
            writer.writeheader()
            writer.writerows(picks)

    write_whole(path, write)


def _show(
    options: Baseline, given: "Features", picks: list[dict[str, Any]], terminal: "Terminal"
) -> None:
    from collections import Counter

    import numpy as np
    from rich.table import Table

    picked = Counter(pick["dataset"] for pick in picks)
    sizes = np.bincount(given.owner, minlength=len(given.datasets)).tolist()
    rows = [
        {
            "dataset": name,
            "picked": picked[name],
            "samples": size,
            "share": picked[name] / len(picks),
        }
        for name, size in zip(given.datasets, sizes, strict=True)
    ]
    rows.sort(key=lambda row: -row["picked"])
    shown = Table(
        "dataset", "picked", "of", "share of picks", title=f"{options.name}, {len(picks)}"
    )
    for row in rows:
        shown.add_row(
            row["dataset"], *(str(row[k]) for k in ("picked", "samples")), f"{row['share']:.1%}"
        )
    terminal.show(shown)
    if options.out:
        terminal.show(f"picks: {options.out}")
    config = {"method": options.name, "source": options.source, "target": options.target}
    config |= {"budget": options.budget, "seed": options.seed}
    terminal.document({"config": config, "rows": rows, "picks": picks})
