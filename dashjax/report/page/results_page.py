"""The page of results: what a replay, a sweep or a fit came to."""

from typing import Any

from dashjax import report
from dashjax.report.arrays import distinct, right
from dashjax.report.page.content import Listing, Page, Section, Text, printed, settings_table
from dashjax.report.page.images import images
from dashjax.store.results import Experiment

_FEW = 6  # sentences on what to take that are said at once
_GLOSSARY = (
    ("look, step, pull", "One dataset evaluated once."),
    ("run", "One simulated search, with one seed."),
    ("right", "A selection whose mean utility is within the tolerance of the best there is."),
    ("utility", "What rewards measure in the long run."),
    ("regret", "By how much the selection's mean utility falls short of the best."),
    ("stop rule", "Says that enough is known; it never changes which looks are made."),
    ("promise", "The probability of a right selection that a stop rule asks for."),
    ("[a, b]", "A 95 % interval over runs."),
    ("typical run", "One that is right or wrong as most are, and ends near the median."),
)
Row = dict[str, Any]


def results_page(experiment: Experiment, made_with: Row | None = None) -> Page:
    """The page of results.

    Args:
        experiment: of a replay, a sweep or a fit.
        made_with: versions and devices, where they are known.
    """
    settings = Section(
        "Settings and versions", parts=[settings_table(experiment.config | (made_with or {}))]
    )
    pictures = Section("Pictures", parts=list(images(experiment)))
    if experiment.config["command"] == "fit":
        return _of_fit(experiment, [pictures, settings])
    takes, found = report.takes(experiment), report.findings(experiment)
    few = len(takes) <= _FEW
    sections = [Section("What to take", parts=[Listing(takes)])] * (not few)
    sections += [_methods(experiment), _stops(experiment), _sure(experiment)]
    lists = [Listing(found)] * bool(found)
    amiss = Section("What is amiss", ["Nothing was found."] * (not found), lists)
    return Page(
        title=f"{_what(experiment)}: what came of it",
        heading=_what(experiment),
        answer=[report.closing(experiment)],
        says=takes if few else [],
        facts=_facts(experiment),
        sections=[
            *(one for one in sections if one.parts),
            amiss,
            pictures,
            *_priors(experiment),
            settings,
        ],
        glossary=_GLOSSARY,
    )


def _what(experiment: Experiment) -> str:
    config = experiment.config
    methods = ", ".join(config.get("methods") or distinct(experiment.rows, "method"))
    return f"{config['command'].capitalize()} of {methods}"


def _facts(experiment: Experiment) -> list[tuple[str, str]]:
    config, row = experiment.config, experiment.rows[0]
    targets = [("targets", f"{len(config['targets']):,}")] if "targets" in config else []
    return [
        *targets,
        ("runs of each method", f"{row['seeds']:,}"),
        ("looks of each run", f"{row['steps']:,}"),
        ("datasets wanted", f"{row['select']:,}"),
        ("a selection is right", right(config)),
    ]


def _methods(experiment: Experiment) -> Section:
    table = report.results_table(experiment.rows, experiment.frames.get("over_targets") or [])
    return Section("The methods compared", parts=[printed("The methods compared", table)])


def _stops(experiment: Experiment) -> Section:
    frames = experiment.frames
    tables = report.stops_table(frames.get("stops") or [], frames.get("stops_over_targets") or [])
    return Section("When they stop", parts=[printed("When they stop", one) for one in tables])


def _sure(experiment: Experiment) -> Section:
    """One typical run for each target: how sure it is, and what it could reach."""
    parts = [
        Text(thing.strip()) if isinstance(thing, str) else printed("How sure one run is", thing)
        for thing in report.certainty_tables(experiment)
    ]
    return Section("How sure a typical run is, and what can be reached", parts=parts)


def _priors(experiment: Experiment) -> list[Section]:
    said = report.priors(experiment)
    return [Section("Priors", parts=[Listing(said)])] * bool(said)


def _of_fit(experiment: Experiment, others: list[Section]) -> Page:
    found = report.fit_findings(experiment)
    table = printed("Hyper-parameters", report.fit_table(experiment))
    return Page(
        title="Fit: what came of it",
        heading=f"Fit to {', '.join(experiment.config['targets'])}",
        answer=found or ["The grid's figures and NumPyro's draws can be trusted."],
        says=[],
        facts=[("targets", f"{len(experiment.config['targets']):,}")],
        sections=[Section("Hyper-parameters", parts=[table]), *others],
        glossary=(
            ("group, dataset, noise", "The three spreads of the model; see the mathematics."),
            ("r_hat", "Near 1 where the chains agree."),
        ),
    )
