"""`dashjax table noise` and `dashjax table groups`: what a table says of its noise and groups."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from dashjax.cli.output import Terminal
from dashjax.cli.shared_options import Printing


@dataclass(frozen=True)
class Noise:
    """Say how noisy a table is, which differences mean anything, and what a tolerance needs."""

    table: Positional[Path]
    """Folder of the table."""
    select: int = 3
    """How many datasets are to be taken."""
    tolerance: float = 0.01
    """A difference that matters, in units of reward."""
    printing: Printing = field(default_factory=Printing)

    command = "table_findings:noise"


@dataclass(frozen=True)
class Groups:
    """Say how much a table's groups explain, and which of several groupings explains most."""

    table: Positional[Path]
    """Folder of the table."""
    grouping_from: Path | None = None
    """A CSV file with a column `dataset`, and one column for each grouping to be compared."""
    printing: Printing = field(default_factory=Printing)

    command = "table_findings:groups"


def noise(options: Noise, terminal: Terminal) -> None:
    """Prints a sentence, what is amiss, and a row a target."""
    from dashjax.priors.table_noise import table_noise
    from dashjax.report.text.table_noise import noise_sentence, noise_table, oddities
    from dashjax.store.reward_table import load_table

    table, select, tolerance = load_table(options.table), options.select, options.tolerance
    found = table_noise(table, select=select, tolerance=tolerance)
    sentence, odd = noise_sentence(found, tolerance), oddities(found)
    terminal.show(sentence, *odd, noise_table(found, select, tolerance))
    terminal.document({"sentence": sentence, "findings": odd} | found._asdict())


def groups(options: Groups, terminal: Terminal) -> None:
    """Prints a sentence, and a row a grouping."""
    from dashjax.priors.table_groups import read_groupings, table_groups
    from dashjax.report.text.table_groups import groups_sentence, groups_table
    from dashjax.store.reward_table import load_table

    table = load_table(options.table)
    path, datasets = options.grouping_from, table.identity.pool.datasets
    found = table_groups(table, read_groupings(path, datasets) if path else None)
    sentence = groups_sentence(found)
    terminal.show(sentence, groups_table(found))
    terminal.document({"sentence": sentence, "rows": [one._asdict() for one in found]})
