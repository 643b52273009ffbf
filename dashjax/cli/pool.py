"""`dashjax pool`: what is in a pool."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from dashjax.cli.output import Terminal
from dashjax.cli.supply_options import Pool
from dashjax.errors import InputError
from dashjax.pools import read
from dashjax.pools.examples import Examples
from dashjax.report.figures.contact import contact_sheet


def run(options: Pool, terminal: Terminal) -> None:
    """Prints groups, datasets, targets and classes, and draws a contact sheet where asked."""
    if read.is_tables(Path(options.pool)):
        from dashjax.cli import pool_tables  # loads more than domains need

        _check_no_domains(options)
        pool_tables.run(options, terminal)
        return
    _check_no_tables(options)
    cut = options.options()
    _check_free(options)
    examples = read.read_pool(options.pool, cut)
    if options.out:
        contact_sheet(examples, options.out)
    shape = "x".join(str(size) for size in examples.inputs.shape[1:])
    terminal.show(
        f"pool '{options.pool}': {len(examples.pool.datasets)} datasets in "
        f"{len(examples.pool.groups)} groups, {len(examples.targets)} targets, "
        f"{examples.classes} classes, {shape} {examples.inputs.dtype} examples, "
        f"fingerprint {examples.fingerprint[:16]}",
        _datasets(examples),
        _targets(examples),
    )
    if options.out:
        terminal.show(f"contact sheet: {options.out}")
    terminal.document(_document(options.pool, examples))


def _check_no_domains(options: Pool) -> None:
    """Refuses what is for domains where the pool is of tables."""
    if options.cut != type(options.cut)():
        raise InputError(f"{options.pool} holds tables, which are not cut; leave such options out")
    if options.out is not None:
        raise InputError(
            f"{options.pool} holds tables, of which there is no picture; leave out --out"
        )


def _check_no_tables(options: Pool) -> None:
    """Refuses what is for tables where the pool is of domains."""
    for name in ("target", "label", "dataset_column", "group_column", "ignore"):
        if getattr(options, name):
            option = name.replace("_", "-")
            raise InputError(f"--{option} is for a pool of tables; '{options.pool}' is none")


def _check_free(options: Pool) -> None:
    """Refuses to replace a picture unasked; what has no name of a picture is refused later."""
    out = options.out
    if out is None:
        if options.overwrite:
            raise InputError("--overwrite is for a picture; give --out, or leave it out")
    elif out.suffix.lower() == ".png" and out.exists() and not options.overwrite:
        raise InputError(f"{out} is there; give --overwrite, or another --out")


def _datasets(examples: Examples) -> Table:
    shown = Table("group", "dataset", "examples", "classes", "cost of a step", title="datasets")
    pool = examples.pool
    for arm, name in enumerate(pool.datasets):
        classes = len(np.unique(examples.labels[examples.candidates[arm]]))
        group = pool.groups[pool.group[arm]]
        shown.add_row(group, name, str(pool.sizes[arm]), str(classes), f"{pool.costs[arm]:g}")
    return shown


def _targets(examples: Examples) -> Table:
    shown = Table("target", "local", "validation", "test", title="targets (examples in each part)")
    for target in examples.targets:
        sizes = [len(target.local), len(target.validation), len(target.test)]
        shown.add_row(target.name, *(str(size) for size in sizes))
    return shown


def _document(name: str, examples: Examples) -> dict[str, Any]:
    pool = examples.pool
    rows = [
        {"group": pool.groups[pool.group[arm]], "dataset": dataset}
        | {"examples": pool.sizes[arm], "cost": pool.costs[arm]}
        for arm, dataset in enumerate(pool.datasets)
    ]
    targets = [
        {"target": one.name, "local": len(one.local)}
        | {"validation": len(one.validation), "test": len(one.test)}
        for one in examples.targets
    ]
    config = {"pool": name, "classes": examples.classes, "fingerprint": examples.fingerprint}
    return {"config": config | {"shape": list(examples.inputs.shape[1:])}, "rows": rows} | {
        "targets": targets
    }
