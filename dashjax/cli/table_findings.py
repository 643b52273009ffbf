"""`dashjax table noise` and `dashjax table groups`: what a table says of its noise and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tyro.conf import Positional

from dashjax.cli.output import Terminal
from dashjax.cli.shared_options import Printing

if TYPE_CHECKING:
    from dashjax.priors.table_groups import Explained
    from dashjax.priors.table_noise import TableNoise

_NAMED, _ODD, _UNEVEN = 5, 5, 1.5  # datasets and rewards named, at most; a ratio worth telling


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
    from rich.table import Table

    from dashjax.priors.table_noise import table_noise
    from dashjax.store.reward_table import load_table

    found = table_noise(
        load_table(options.table), select=options.select, tolerance=options.tolerance
    )
    sentence, odd = _noise_sentence(found, options.tolerance), _oddities(found)
    shown = Table(title=f"needed: replicates that tell a difference of {options.tolerance:g}")
    for name in ("target", "noise sd", "spread", "replicates", "differences\nmean anything from"):
        shown.add_column(name, justify="left" if name == "target" else "right")
    for name in ("pairs\ntold apart", f"gap {options.select} to {options.select + 1}", "needed"):
        shown.add_column(name, justify="right")
    for row in found.targets:
        shown.add_row(*_noise_cells(row))
    terminal.show(sentence, *odd, shown)
    terminal.document({"sentence": sentence, "findings": odd} | found._asdict())


def groups(options: Groups, terminal: Terminal) -> None:
    """Prints a sentence, and a row a grouping."""
    from rich.table import Table

    from dashjax.priors.table_groups import AS_STATED, read_groupings, table_groups
    from dashjax.store.reward_table import load_table

    table = load_table(options.table)
    path, datasets = options.grouping_from, table.identity.pool.datasets
    found = table_groups(table, read_groupings(path, datasets) if path else None)
    by_name: dict[str, list[Explained]] = {}
    for one in found:
        by_name.setdefault(one.grouping, []).append(one)
    sentence = _groups_sentence(by_name, AS_STATED)
    shown = Table(title="groupings, the likeliest first")
    for name in ("grouping", "groups", "share explained", "likelier on", "log Bayes factor"):
        shown.add_column(name, justify="left" if name == "grouping" else "right")
    for name in sorted(by_name, key=lambda name: -_evidence(by_name[name])):
        shown.add_row(*_grouping_cells(name, by_name[name], by_name[AS_STATED]))
    note = "likelier on, log Bayes factor: against the groups as stated, summed over targets"
    terminal.show(sentence, shown, note)
    terminal.document({"sentence": sentence, "rows": [one._asdict() for one in found]})


def _noise_sentence(found: "TableNoise", tolerance: float) -> str:
    noise, held = _mean(found.targets, "noise_sd"), _mean(found.targets, "replicates")
    spread, needed = _mean(found.targets, "spread"), _mean(found.targets, "replicates_needed")
    least = _mean(found.targets, "least_difference")
    apart = "" if spread is None else f", where datasets differ by {spread:.2g}"
    several = f" (means over {len(found.targets)} targets)" if len(found.targets) > 1 else ""
    return (
        f"One reward has noise of {noise:.2g}{apart} (standard deviations): with the {held:.3g} "
        f"replicates that there are, differences below {least:.2g} between two datasets mean "
        f"nothing, and to tell a difference of {tolerance:g} takes about {needed:,.0f} "
        f"replicates of each{several}."
    )


def _oddities(found: "TableNoise") -> list[str]:
    """Noise that differs by dataset, and rewards that are no common noise, a sentence each."""
    said = []
    ratios = sorted(found.datasets, key=lambda row: -row["noise_ratio"])
    if ratios and ratios[0]["noise_ratio"] > _UNEVEN:
        loud = [row for row in ratios if row["noise_ratio"] > _UNEVEN][:_NAMED]
        named = ", ".join(f"{row['dataset']} ({row['noise_ratio']:.1f} times)" for row in loud)
        said.append(f"Noise differs by dataset; noisier than usual: {named}.")
    if found.outlying:
        worst = sorted(found.outlying, key=lambda row: -abs(row["standard_deviations"]))[:_ODD]
        named = "; ".join(
            f"{row['dataset']} for {row['target']}, replicate {row['replicate']}: "
            f"{row['reward']:.3g} where others have {row['others']:.3g}"
            for row in worst
        )
        below = sum(row["standard_deviations"] < 0 for row in found.outlying)
        said.append(
            f"Heavy tails: {len(found.outlying):,} rewards lie over 5 standard deviations from "
            f"the others of their dataset, {below:,} of them worse, as of training that collapsed: "
            f"{named}."
        )
    return said


def _noise_cells(row: dict[str, Any]) -> list[str]:
    gap, error = row["boundary_gap"], row["boundary_error"]
    return [
        row["target"],
        f"{row['noise_sd']:.3g}",
        "-" if row["spread"] is None else f"{row['spread']:.3g}",
        f"{row['replicates']:.3g}",
        f"{row['least_difference']:.3g}",
        "-" if row["telling"] is None else f"{row['telling']:.0%}",
        "-" if gap is None else f"{gap:.2g} ± {error:.2g}",
        f"{row['replicates_needed']:,}",
    ]


def _groups_sentence(by_name: "Mapping[str, Sequence[Explained]]", stated: str) -> str:
    """How much the stated groups explain, and whether another grouping is likelier."""
    own = by_name[stated]
    share = sum(one.share for one in own) / len(own)
    least, most = (end(own, key=lambda one: one.share) for end in (min, max))
    range_ = (
        f" (mean over {len(own)} targets; from {least.share:.0%} for {least.target} to "
        f"{most.share:.0%} for {most.target})"
        if len(own) > 1
        else f" (90 % interval {own[0].low:.0%} to {own[0].high:.0%})"
    )
    best = max(by_name, key=lambda name: _evidence(by_name[name]))
    factor = _evidence(by_name[best]) - _evidence(own)
    other = (
        "no other grouping that was tried is likelier"
        if best == stated
        else f"the rewards are likelier under '{best}' (log Bayes factor {factor:.1f})"
    )
    return f"Groups explain about {share:.0%} of the spread between datasets{range_}; {other}."


def _grouping_cells(
    name: str, own: "Sequence[Explained]", stated: "Sequence[Explained]"
) -> list[str]:
    better = sum(a.log_evidence > b.log_evidence for a, b in zip(own, stated, strict=True))
    counts = sorted({one.groups for one in own})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return [
        name,
        many,
        "-" if counts == [1] else f"{sum(one.share for one in own) / len(own):.0%}",
        "-" if own is stated else f"{better} of {len(own)}",
        f"{_evidence(own) - _evidence(stated):+.1f}",
    ]


def _evidence(rows: "Sequence[Explained]") -> float:
    return sum(one.log_evidence for one in rows)


def _mean(rows: Sequence[dict[str, Any]], key: str) -> float | None:
    values = [row[key] for row in rows if row[key] is not None]
    return sum(values) / len(values) if values else None
