"""How much a table's groups explain, in words and a row a grouping."""

from collections.abc import Sequence

from dashjax.priors.table_groups import AS_STATED, Explained
from dashjax.report.text.narrow_table import Column, NarrowTable, Section
from dashjax.store.results import Row
from dashjax.wording import percent


def groups_sentence(found: Sequence[Explained]) -> str:
    """How much the stated groups explain, and whether another grouping is likelier."""
    by_name = _by_name(found)
    own = by_name[AS_STATED]
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
        if best == AS_STATED
        else f"the rewards are likelier under '{best}' (log Bayes factor {factor:.1f})"
    )
    return f"Groups explain about {share:.0%} of the spread between datasets{range_}; {other}."


def groups_table(found: Sequence[Explained]) -> NarrowTable:
    """A row a grouping, the likeliest first."""
    by_name = _by_name(found)
    stated = by_name[AS_STATED]
    ranked = sorted(by_name, key=lambda name: -_evidence(by_name[name]))
    columns = [
        Column("grouping", lambda row: row["grouping"]),
        Column("groups", lambda row: row["groups"]),
        Column("share explained", lambda row: row["share"]),
        Column("likelier on", lambda row: row["better"], 1),
        Column("log Bayes factor", lambda row: row["factor"]),
    ]
    rows = [_grouping_row(name, by_name[name], stated) for name in ranked]
    caption = "likelier on, log Bayes factor: against the groups as stated, summed over targets"
    return NarrowTable(columns, [Section(None, rows)], caption)


def _by_name(found: Sequence[Explained]) -> dict[str, list[Explained]]:
    by_name: dict[str, list[Explained]] = {}
    for one in found:
        by_name.setdefault(one.grouping, []).append(one)
    return by_name


def _grouping_row(name: str, own: Sequence[Explained], stated: Sequence[Explained]) -> Row:
    better = sum(a.log_evidence > b.log_evidence for a, b in zip(own, stated, strict=True))
    counts = sorted({one.groups for one in own})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    share = sum(one.share for one in own) / len(own)
    return {
        "grouping": name,
        "groups": many,
        "share": "-" if counts == [1] else percent(share),
        "better": "-" if own is stated else f"{better} of {len(own)}",
        "factor": f"{_evidence(own) - _evidence(stated):+.1f}",
    }


def _evidence(rows: Sequence[Explained]) -> float:
    return sum(one.log_evidence for one in rows)
