"""What a table says of its noise, in words and a row a target."""

from collections.abc import Sequence
from typing import Any

from dashjax.priors.table_noise import TableNoise
from dashjax.report.text.narrow_table import Column, NarrowTable, Section
from dashjax.store.results import Row
from dashjax.wording import number, percent

_NAMED, _ODD, _UNEVEN = 5, 5, 1.5  # datasets and rewards named, at most; a ratio worth telling


def noise_sentence(found: TableNoise, tolerance: float) -> str:
    """How large the noise is, and what it takes to tell a difference of the tolerance."""
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


def oddities(found: TableNoise) -> list[str]:
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


def noise_table(found: TableNoise, select: int, tolerance: float) -> NarrowTable:
    """A row a target: its noise, which differences mean anything, and what a tolerance needs."""
    columns = [
        Column("target", lambda row: row["target"]),
        Column("noise sd", lambda row: f"{row['noise_sd']:.3g}"),
        Column("spread", lambda row: number(row["spread"], ".3g"), 2),
        Column("replicates", lambda row: f"{row['replicates']:.3g}", 3),
        Column("differences\nmean anything from", lambda row: f"{row['least_difference']:.3g}", 0),
        Column("pairs\ntold apart", lambda row: percent(row["telling"]), 1),
        Column(f"gap {select} to {select + 1}", _gap, 1),
        Column("needed", lambda row: f"{row['replicates_needed']:,}"),
    ]
    caption = f"needed: replicates that tell a difference of {tolerance:g}"
    return NarrowTable(columns, [Section(None, found.targets)], caption)


def _gap(row: Row) -> str:
    gap, error = row["boundary_gap"], row["boundary_error"]
    return "-" if gap is None else f"{gap:.2g} ± {error:.2g}"


def _mean(rows: Sequence[dict[str, Any]], key: str) -> float | None:
    values = [row[key] for row in rows if row[key] is not None]
    return sum(values) / len(values) if values else None
