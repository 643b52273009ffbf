"""The page of a study: what to take, how sure, what more looks would bring."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dashjax.priors.table_groups import explained_of
from dashjax.report.page.content import (
    Cell,
    Drawing,
    Listing,
    Page,
    Section,
    Table,
    figure,
    name,
    settings_table,
)
from dashjax.report.page.history import history
from dashjax.report.page.intervals import intervals
from dashjax.report.page.render import moment
from dashjax.report.text.reach import study_says
from dashjax.study.outlook import NextLook
from dashjax.study.reasons import EARLY
from dashjax.study.study import Study
from dashjax.wording import chance, counted, number, percent

_COLUMNS = ("dataset", "group", "take", "looks", "mean", "sd", "in best set", "rank")
_MORE = ("weight of group", "above floor", "why not")
_GLOSSARY = (
    ("look, trial", "One dataset evaluated once: one training run."),
    ("reward", "What came of a look; it measures, with noise, what a dataset is worth."),
    ("sure", "Probability that the selection is within the tolerance of the best there is."),
    ("in best set", "Probability that the dataset is among the best, as many as are wanted."),
    ("rank", "Where it may stand among all; 90 % of the probability lies between."),
    ("sd", "Standard deviation of what is believed of the mean reward in the long run."),
    ("weight of group", "How much of a dataset's mean rests on its group, not on its own looks."),
    ("floor", "The reward of taking nothing; a dataset below it is not worth taking."),
    ("noise", "By how much rewards of the same dataset differ from look to look."),
)
Row = dict[str, Any]


def study_content(study: Study) -> Row:
    """All that the page shows, as plain values."""
    certainty, trials = study.certainty(), study.trials()
    return asdict(certainty) | {
        "explained": _explained(certainty.datasets, trials),
        "name": study.name,
        "summary": study.summary,
        "stopped": study.stopped,
        "why": study.why,
        "settings": study.settings,
        "reach": study.reach(),
        "trials": trials,
    }


def _explained(datasets: Sequence[Row], trials: Sequence[Row]) -> Row | None:
    """What groups explain of the rewards; without datasets whose data have changed."""
    changed = {row["dataset"] for row in datasets if row["why_not"] == "revised"}
    group = {row["dataset"]: row["group"] for row in datasets if row["looks"]}
    rewards = {one: [] for one in group if one not in changed}
    for row in trials:
        if row["state"] == "told" and row["dataset"] in rewards:
            rewards[row["dataset"]].append(row["reward"])
    found = explained_of([group[one] for one in rewards], list(rewards.values()))
    return found and found._asdict()


def study_page(study: Row) -> Page:
    """The page of a study.

    Args:
        study: `name`, `summary`, `stopped`, `why` and `settings`; `reach` and `trials` as
            `Study.reach` and `Study.trials` give them, and the fields of `Study.certainty`.
    """
    trials = {state: [row for row in study["trials"] if row["state"] == state] for state in _STATES}
    known = len(trials["told"]) >= EARLY
    ranked = _ranked(study)
    return Page(
        title=f"{study['name']}: what to take",
        heading=f"Study ‘{study['name']}’",
        answer=[study["summary"]],
        says=study_says(study["stopped"], study["why"], study["reach"]),
        facts=_facts(study, trials, known),
        sections=[
            _beliefs(ranked, study, known),
            Section("Datasets", parts=[_datasets(ranked, known)]),
            *_looks(study, trials),
            _groups(study),
            _noise(study),
            _settings(study),
        ],
        glossary=_GLOSSARY,
    )


_STATES = ("told", "failed", "open")


def _ranked(study: Row) -> list[Row]:
    """The datasets, those to take first, then by their mean."""
    sign = 1 if study["settings"]["direction"] == "lower" else -1
    return sorted(
        study["datasets"],
        key=lambda row: (not row["selected"], sign * (row["mean"] or 0), -row["chance_best"]),
    )


def _facts(study: Row, trials: dict[str, list[Row]], known: bool) -> list[tuple[str, str]]:
    told, failed = trials["told"], trials["failed"]
    facts = [("sure", chance(study["chance_good"]))] * known
    facts += [("looks", f"{len(told):,}"), ("failed looks", f"{len(failed):,}")]
    facts += [("cost of all looks", f"{sum(row['cost'] for row in (*told, *failed)):g}")]
    if known and study["next_look"]:
        worth = NextLook(**study["next_look"]).in_words(study["settings"]["tolerance"])
        facts += [("one more look is worth", f"{worth} on average")]
    if known:
        facts += [("all further looks are worth", f"{study['expected_loss']:.2g} on average")]
    return facts + [("noise of a look", f"{study['noise_sd']:.2g}")] * known


def _beliefs(ranked: Sequence[Row], study: Row, known: bool) -> Section:
    title, floor = "What is believed of each dataset", study["settings"]["floor"]
    if not known:
        return Section(title, ["Nothing yet: before five looks not even the noise is known."])
    said = (
        "A dot is the mean of what is believed, in the unit of the rewards, and its line holds "
        "90 % of it; filled and in colour is what to take. At the right: looks so far."
    )
    said += " Shaded: the same of the group." if study["groups"] else ""
    said += " Broken line: the floor, the reward of taking nothing." if floor is not None else ""
    return Section(title, [said], [intervals(ranked, study["groups"], floor)])


def _datasets(ranked: Sequence[Row], known: bool) -> Table:
    rows = [_dataset(row, known) for row in ranked]
    taken = frozenset(place for place, row in enumerate(ranked) if row["selected"])
    return Table("Datasets", _COLUMNS + _MORE, rows, taken)


def _dataset(row: Row, known: bool) -> list[Cell]:
    low, high = row["rank_low"], row["rank_high"]
    ranks = f"{low}" if low == high else f"{low} to {high}"
    return [
        name(row["dataset"]),
        name(row["group"]),
        name("yes" if row["selected"] and known else ""),
        Cell(str(row["looks"]), row["looks"]),
        figure(row["mean"] if known else None, ".4g"),
        figure(row["sd"] if known else None, ".3g"),
        _share(row["chance_best"], known, chance),
        Cell(ranks, low) if known else name(""),
        _share(row["shrinkage"], known, percent),
        _share(row["chance_above_floor"], known, chance),
        name(row["why_not"] or ""),
    ]


def _share(value: float | None, known: bool, words: Any) -> Cell:
    return Cell("", "") if value is None or not known else Cell(words(value), value)


def _looks(study: Row, trials: dict[str, list[Row]]) -> list[Section]:
    told, failed, out = trials["told"], trials["failed"], trials["open"]
    taken = [row["dataset"] for row in study["datasets"] if row["selected"]]
    made = [row for row in study["trials"] if row["state"] in ("told", "failed")]
    said = "Each dot is a reward, filled where its dataset is to be taken"
    said += "; a cross at the bottom is a look that failed." if failed else "."
    drawn: list[Drawing] = [history(made, taken)] if told else []
    rows = [_look(row) for row in told]
    columns = ("trial", "dataset", "group", "reward", "cost", "worker")
    sections = [
        Section("History of looks", [_spent(study, told), *[said] * bool(told)], drawn),
        Section(
            "All looks",
            parts=[Table("All looks", columns, rows)],
            folded=f"{counted(len(told), 'reward')}, in the order of the trials",
        ),
    ]
    if out:
        lines = [
            f"trial {row['trial']}: {row['dataset']}, by "
            f"{row['worker'] or 'a worker without a name'}, since {moment(row['asked'])}"
            for row in out
        ]
        sections.append(Section("Looks under way", parts=[Listing(lines)]))
    failures = [
        [Cell(str(row["trial"]), row["trial"]), name(row["dataset"]), name(row["reason"])]
        for row in failed
    ]
    table = [Table("Looks that failed", ("trial", "dataset", "reason"), failures)] * bool(failed)
    return [*sections, Section("Looks that failed", ["None."] * (not failed), table)]


def _look(row: Row) -> list[Cell]:
    return [
        Cell(str(row["trial"]), row["trial"]),
        name(row["dataset"]),
        name(row["group"]),
        Cell(f"{row['reward']:.6g}", row["reward"]),
        Cell(f"{row['cost']:g}", row["cost"]),
        name(row["worker"] or ""),
    ]


def _spent(study: Row, told: Sequence[Row]) -> str:
    """Looks spent, and saved against measuring everything as well as what is to be taken."""
    pool = [row for row in study["datasets"] if not row["why_not"]]
    spent, once = len(told), len(pool)
    said = f"{counted(spent, 'look')} so far, where looking at every dataset once takes {once:,}"
    looks = [row["looks"] for row in pool if row["selected"]]
    if not looks:
        return f"{said}."
    times = round(sum(looks) / len(looks))
    whole = times * once
    saved = f"{whole - spent:,} saved" if whole > spent else "none saved"
    return (
        f"{said}, and looking at all as often as at those to take ({counted(times, 'time')}) takes "
        f"{whole:,}: {saved}."
    )


def _groups(study: Row) -> Section:
    title, share = "How the groups explain", study["explained"]
    said = (
        "How much of the spread between datasets is one of groups cannot be told yet."
        if share is None
        else f"Groups explain about {percent(share['share'])} of the spread between datasets (90 % "
        f"interval {percent(share['low'])} to {percent(share['high'])}), as far as the looks tell."
    )
    rows = [
        (
            name(row["group"]),
            Cell(str(row["datasets"]), row["datasets"]),
            Cell(str(row["looks"]), row["looks"]),
            Cell(f"{row['mean']:.4g}", row["mean"]),
            Cell(f"{row['sd']:.3g}", row["sd"]),
        )
        for row in study["groups"]
    ]
    columns = ("group", "datasets", "looks", "mean", "sd")
    return Section(title, [said], [Table("Groups", columns, rows)] * bool(rows))


def _noise(study: Row) -> Section:
    if study["noise_sd"] is None:
        return Section("Noise", ["Nothing is known of it before the first look."])
    noise, tolerance = study["noise_sd"], study["settings"]["tolerance"]
    told = [row["mean"] for row in study["datasets"] if row["looks"]]
    spread = float(np.std(told)) if len(told) > 1 else None
    return Section(
        "Noise",
        [
            f"One reward has noise of about {noise:.2g} (standard deviation), where the means of "
            f"the datasets that were looked at differ by {number(spread, '.2g')}. The tolerance is "
            f"{tolerance:g}."
        ],
    )


def _settings(study: Row) -> Section:
    return Section("Settings and versions", parts=[settings_table(study["settings"])])
