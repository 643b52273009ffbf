"""The page of a reward table: what is in it, what its noise lets one tell, what lacks."""

from typing import Any, NamedTuple

from dashjax.errors import InputError
from dashjax.priors.table_groups import Explained, table_groups
from dashjax.priors.table_noise import TableNoise, table_noise
from dashjax.report.page.content import (
    Cell,
    Page,
    Section,
    Table,
    figure,
    name,
    printed,
    settings_table,
)
from dashjax.report.page.images import images
from dashjax.report.text import table_facts
from dashjax.report.text.table_groups import groups_sentence, groups_table
from dashjax.report.text.table_noise import noise_sentence, noise_table, oddities
from dashjax.store.results import Experiment
from dashjax.store.reward_table import RewardTable
from dashjax.wording import counted, first_of

_MOST = 2000  # rows of a table
_GLOSSARY = (
    ("target", "The task whose model is to be improved."),
    ("reward", "One noisy measurement of a dataset's worth to a target."),
    ("replicate", "An independent repetition of a reward."),
    ("noise", "By how much rewards of the same dataset differ (standard deviation)."),
    ("spread", "By how much the datasets' true means differ (standard deviation)."),
    ("floor", "The reward of taking nothing; below it a dataset is not worth taking."),
    ("missing cell", "A target and dataset without any reward."),
    ("failed", "A measurement that came to nothing, with its reason."),
    ("log Bayes factor", "Above 0 where the rewards are likelier under that grouping."),
)
Row = dict[str, Any]


class TableFindings(NamedTuple):
    """A table, and what was found of it; a sentence in place of what cannot be told."""

    table: RewardTable
    noise: TableNoise | str
    groups: list[Explained] | str
    select: int
    tolerance: float


def table_content(table: RewardTable, select: int = 3, tolerance: float = 0.01) -> TableFindings:
    """What a table says of its noise and groups.

    Args:
        table: the table.
        select: how many datasets are to be taken.
        tolerance: a difference that matters, in units of reward.
    """

    def told(find: Any) -> Any:
        try:
            return find()
        except InputError as error:
            return str(error)

    noise = told(lambda: table_noise(table, select=select, tolerance=tolerance))
    return TableFindings(table, noise, told(lambda: table_groups(table)), select, tolerance)


def table_page(found: TableFindings) -> Page:
    """The page of a table."""
    table, (facts, *lacks) = found.table, table_facts.facts(found.table)
    noise, groups = found.noise, found.groups
    answer = [noise if isinstance(noise, str) else noise_sentence(noise, found.tolerance)]
    answer += [groups if isinstance(groups, str) else groups_sentence(groups)]
    return Page(
        title=f"{table.path.name}: what is in it",
        heading=f"Reward table ‘{table.path.name}’: {facts}",
        answer=[_sentence(text) for text in dict.fromkeys(answer)],
        says=[],
        facts=_facts(table),
        sections=[
            Section("What each dataset is worth", parts=[*images(_drawn(found))]),
            Section("All datasets", parts=[_datasets(table)]),
            _noise(found),
            _groups(groups),
            _lacking(table, lacks),
            Section("Settings and versions", parts=[settings_table(_about(table))]),
        ],
        glossary=_GLOSSARY,
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text[0].upper()}{text[1:]}."


def _facts(table: RewardTable) -> list[tuple[str, str]]:
    pool = table.identity.pool
    return [
        ("targets", f"{len(table.identity.targets):,}"),
        ("datasets", f"{len(pool.datasets):,}"),
        ("groups", f"{len(pool.groups):,}"),
        ("rewards", f"{int(table.measured.sum()):,}"),
        ("failed", f"{len(table.failures):,}"),
        ("time of all trainings", f"{table.seconds:,.0f} s"),
    ]


def _drawn(found: TableFindings) -> Experiment:
    """The table as the picture of rewards wants it."""
    rows = [row | {"utility": row["mean"]} for row in table_facts.rows(found.table)]
    config = {"reward": found.table.identity.reward, "select": found.select}
    lower = found.table.identity.direction == "lower"
    return Experiment(config | {"select": 0} if lower else config, [], {"rewards": rows})


def _datasets(table: RewardTable) -> Table:
    rows = table_facts.rows(table)
    columns = ("target", "group", "dataset", "replicates", "failed", "mean", "sd")
    cells = [
        (
            name(row["target"]),
            name(row["group"]),
            name(row["dataset"]),
            Cell(str(row["replicates"]), row["replicates"]),
            Cell(str(row["failed"] or ""), row["failed"]),
            figure(row["mean"], ".4g"),
            figure(row["sd"], ".3g"),
        )
        for row in rows[:_MOST]
    ]
    note = first_of(min(len(rows), _MOST), len(rows), "rows").strip()
    return Table("All datasets", columns, cells, note=note)


def _noise(found: TableFindings) -> Section:
    if isinstance(found.noise, str):
        return Section("Noise", [_sentence(found.noise)])
    table = noise_table(found.noise, found.select, found.tolerance)
    odd = oddities(found.noise) or ["No dataset is much noisier than others, no reward far off."]
    return Section("Noise", odd, [printed("Noise by target", table)])


def _groups(groups: list[Explained] | str) -> Section:
    if isinstance(groups, str):
        return Section("Groups", [_sentence(groups)])
    return Section("Groups", parts=[printed("Groupings compared", groups_table(groups))])


def _lacking(table: RewardTable, lacks: list[str]) -> Section:
    """Gaps and failed cells."""
    cells = list(table.failures.items())
    rows = [
        (name(one.target), name(one.dataset), Cell(str(one.replicate), one.replicate), name(why))
        for one, why in cells[:_MOST]
    ]
    columns = ("target", "dataset", "replicate", "reason")
    note = first_of(len(rows), len(cells), "failed cells").strip()
    failed = [Table("Failed cells", columns, rows, note=note)] * bool(rows)
    said = [_sentence(text) for text in lacks]
    return Section("Gaps and failed cells", [*said, *["No cell failed."] * (not rows)], failed)


def _about(table: RewardTable) -> Row:
    about, pool = table.identity.plain(), table.identity.pool
    about |= {"content": table.content, "origin": table.origin}
    shown = {key: value for key, value in about.items() if key not in ("pool", "targets", "floor")}
    return shown | {"pool": f"{counted(len(pool.datasets), 'dataset')}"}
