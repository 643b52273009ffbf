"""`dashjax choose`: what to take for one's own data, in one command."""

import time
from dataclasses import fields
from typing import Any

from rich.table import Table

from dashjax.choice.choose import choose
from dashjax.choice.outcome import Choice
from dashjax.choice.search import Told
from dashjax.cli.choose_options import Choose
from dashjax.cli.output import Terminal
from dashjax.cli.study_text import datasets_table
from dashjax.study.study import Study
from dashjax.study.workers import Done
from dashjax.wording import chance

_SECONDS = 5.0  # between lines of progress, at least
_NOTES = 5  # that are shown


def run(options: Choose, terminal: Terminal) -> None:
    """Chooses, and ends with the sentence."""
    choice = choose(options.target, options.candidates, told=_told(terminal), **options.settings())
    terminal.show(_about(choice), datasets_table(choice.certainty.datasets))
    if choice.check is not None and choice.check.each:
        terminal.show("", _parts(choice))
    terminal.show("", *(f"Warning: {one}" for one in choice.notes[:_NOTES]))
    if len(choice.notes) > _NOTES:
        terminal.show(f"Warning: {len(choice.notes) - _NOTES} more; dashjax pool shows all.")
    terminal.show("", str(choice))
    terminal.document(_document(choice))


def _told(terminal: Terminal) -> Told:
    """Says on stderr, now and then, how far the search is and what it would take."""
    last = time.monotonic()

    def look(study: Study, done: Done) -> None:
        nonlocal last
        if done.reward is None:
            terminal.note(f"look {done.trial.number} at {done.trial.dataset} failed: {done.reason}")
        if time.monotonic() - last < _SECONDS:
            return
        last = time.monotonic()
        taken, sure = ", ".join(study.selection) or "nothing", study.certainty().chance_good
        terminal.note(f"look {done.trial.number}: so far take {taken} ({chance(sure)} sure)")

    def training(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            terminal.note(f"checking the selection: {done} of {total} trainings")

    return Told(look, training)


def _about(choice: Choice) -> str:
    """What was inferred of the target, and how it is cut."""
    about = choice.about
    classes = f" ({', '.join(about['classes'])})" if about["classes"] else ""
    judged = "validates on {:,} others" + (", cut anew each time" * about["validation_recut"])
    return (
        f"{about['task']} of '{about['label']}'{classes} in {choice.metric}, model "
        f"{about['model']}: a look trains on {about['rows_trained']:,} rows of the target, "
        f"{judged.format(about['rows_validated'])}; {about['rows_tested']:,} are kept for the test"
    )


def _parts(choice: Choice) -> Table:
    """What each dataset of the selection adds to the others."""
    table = Table(box=None, pad_edge=False)
    table.add_column("selected")
    table.add_column(f"adds to the others ({choice.metric})", justify="right")
    assert choice.check is not None
    for name, added in choice.check.each.items():
        table.add_row(name, str(added))
    return table


def _document(choice: Choice) -> dict[str, Any]:
    certain = {"chance_good": choice.certainty.chance_good}
    certain |= {"expected_loss": choice.certainty.expected_loss}
    certain |= {"chance_none_helps": choice.certainty.chance_none_helps}
    found = {"selection": list(choice.selection), "sentence": str(choice), "certainty": certain}
    found |= {"looks": choice.looks, "failed": choice.failed, "saved": choice.saved}
    found |= {"check": _check(choice), "why": choice.why, "notes": list(choice.notes)}
    config = choice.about | {"target": choice.target, "study": choice.study}
    return {"config": config, "rows": choice.certainty.datasets} | found


def _check(choice: Choice) -> dict[str, Any] | None:
    """The check, with each estimate as its mean and standard error."""
    if choice.check is None:
        return None

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return value._asdict() if hasattr(value, "_asdict") else value

    return {one.name: plain(getattr(choice.check, one.name)) for one in fields(choice.check)}
