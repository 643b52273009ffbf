"""`dashjax study report`: a study as one HTML file."""

import time
from pathlib import Path
from typing import Any

from dashjax.cli.output import Terminal
from dashjax.cli.study_options import ReportPage
from dashjax.errors import InputError
from dashjax.report.page.study_page import study_page
from dashjax.store.files import write_whole
from dashjax.study.study import Study


def report(options: ReportPage, terminal: Terminal) -> None:
    """Writes the page, and again where it is to watch."""
    if options.watch is not None and options.watch < 1:
        raise InputError(f"--watch is {options.watch}; give 1 or more seconds")
    study = Study.open(options.store, name=options.name)
    if options.html.exists() and not options.overwrite:
        raise InputError(f"{options.html} is there already; give another --html, or --overwrite")
    if not options.html.parent.is_dir():
        raise InputError(f"folder '{options.html.parent}' is not there; make it first")
    while options.watch is not None and not study.stopped:
        _write(study, options.html, options.watch)
        time.sleep(options.watch)
    _write(study, options.html, None)
    terminal.show(f"study '{study.name}' is in {options.html}")
    terminal.document({"config": {"study": study.name, "html": str(options.html)}, "rows": []})


def _write(study: Study, path: Path, refresh: int | None) -> None:
    text = study_page(_content(study), refresh)
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))


def _content(study: Study) -> dict[str, Any]:
    """What the page shows, as plain values."""
    certainty = study.certainty()
    known = {"chance_good": certainty.chance_good, "expected_loss": certainty.expected_loss}
    known |= {"summary": study.summary, "stopped": study.stopped, "why": study.why}
    settings = study.settings
    return known | {
        "name": study.name,
        "settings": settings,
        "datasets": certainty.datasets,
        "trials": study.trials(),
    }
