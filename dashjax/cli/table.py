"""`dashjax table`: build, show and verify reward tables.

What trains and what draws is imported where it is asked for: it takes longer to load than all else.
"""

from typing import Any

from dashjax.cli.output import Terminal
from dashjax.cli.supply_options import Build, Show, Verify
from dashjax.report.text import table_facts
from dashjax.store.reward_table import RewardTable, load_table


def build(options: Build, terminal: Terminal) -> None:
    """Fills a table, going on where an earlier build stopped."""
    from dashjax.pools import read
    from dashjax.rewards.build import BuildRequest, fill

    cut, training = options.options()
    examples = read.read_pool(options.pool, cut)
    order = BuildRequest(options.reward, training, options.replicates, options.targets)
    with terminal.progress() as advance:
        built = fill(
            options.out, examples, order, origin=read.origin(options.pool, cut), advance=advance
        )
    _show(built, terminal, options.printing.json)


def show(options: Show, terminal: Terminal) -> None:
    """Prints what a table is about and its mean rewards."""
    _show(load_table(options.table), terminal, options.printing.json)


def verify(options: Verify, terminal: Terminal) -> None:
    """Checks every file of a table, and the pool that it was measured on."""
    loaded = load_table(options.table)
    if options.pool:
        from dashjax.pools import read

        read.reopen(loaded.origin | {"pool": options.pool}, loaded.identity.fingerprint)
    against = f", and is of pool '{options.pool}'" if options.pool else ""
    terminal.show(
        f"{options.table} is sound: {_count(loaded)}, content {loaded.content[:16]}{against}"
    )
    terminal.document({"config": _about(loaded), "rows": []})


def _show(loaded: RewardTable, terminal: Terminal, as_json: bool) -> None:
    if as_json:
        terminal.document({"config": _about(loaded), "rows": table_facts.rows(loaded)})
        return
    terminal.show(
        f"{loaded.path}: {_count(loaded)}, {loaded.seconds:.0f} s of training, "
        f"content {loaded.content[:16]}",
        *table_facts.facts(loaded),
    )
    if loaded.built():
        terminal.show(*table_facts.figures(loaded))


def _count(loaded: RewardTable) -> str:
    return (
        f"{int(loaded.measured.sum()):,} rewards and {len(loaded.accuracies):,} accuracies of "
        f"selections"
    )


def _about(loaded: RewardTable) -> dict[str, Any]:
    failures = [cell._asdict() | {"failure": why} for cell, why in loaded.failures.items()]
    about = loaded.identity.plain() | {"content": loaded.content, "seconds": loaded.seconds}
    return about | {"origin": loaded.origin, "failures": failures}
