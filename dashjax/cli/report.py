"""`dashjax report`: results, a table or a study, as tables and pictures or as one HTML file."""

import time
from pathlib import Path

from dashjax.cli.experiment_options import Report
from dashjax.cli.output import Terminal
from dashjax.cli.showing import show
from dashjax.errors import InputError
from dashjax.report.checked import read_checked

_ELSE = "give --html FILE for a page of it, or see"


def run(options: Report, terminal: Terminal) -> None:
    """Writes the page where one is asked for; else prints and draws results again."""
    kind = _kind(options.what)
    if options.watch is not None and kind != "study":
        raise InputError("--watch is for a study, which goes on; leave it out")
    if options.watch is not None and options.watch < 1:
        raise InputError(f"--watch is {options.watch}; give 1 or more seconds")
    if options.html is None:
        return _show_again(options, kind, terminal)
    from dashjax.store.files import check_free

    check_free(options.html, options.overwrite)
    write = {"results": _results, "table": _table, "study": _study}[kind]
    terminal.show(f"{write(options, options.html)} is in {options.html}")
    terminal.document({"config": {kind: options.what, "html": str(options.html)}, "rows": []})


def _kind(what: str) -> str:
    """Whether it is results, a table or a study, by what is there."""
    from dashjax.store.reward_table import is_table

    folder = Path(what)
    if "://" in what or folder.is_file():
        return "study"
    if not folder.exists():
        raise InputError(f"{what} is not there; give a folder of results, a table or a study")
    return "table" if is_table(folder) else "results"


def _show_again(options: Report, kind: str, terminal: Terminal) -> None:
    """Prints the rows of a result folder again, and then draws its pictures anew.

    Where they cannot be drawn the tables are there, and a sentence on stderr says why.
    """
    if kind == "table":
        raise InputError(f"{options.what} is a reward table; {_ELSE} dashjax table show")
    if kind == "study":
        raise InputError(f"{options.what} is no folder; of a study, {_ELSE} dashjax study status")
    from dashjax.report.figures.plots import redraw

    folder = Path(options.what)
    experiment = read_checked(folder)
    show(experiment, terminal)
    try:
        for path in redraw(experiment, folder):
            terminal.show(f"drew {path}")
    except InputError as error:
        terminal.warn(f"dashjax: no pictures were drawn: {error}")


def _results(options: Report, html: Path) -> str:
    from dashjax.report.page.results_page import results_page
    from dashjax.report.page.write import save
    from dashjax.store import results

    folder = Path(options.what)
    save(results_page(read_checked(folder), results.made_with(folder)), html)
    return f"the page of {folder}"


def _table(options: Report, html: Path) -> str:
    from dashjax.report.page.table_page import table_content, table_page
    from dashjax.report.page.write import save
    from dashjax.store.reward_table import load_table

    table = load_table(options.what)
    save(table_page(table_content(table, options.select, options.tolerance)), html)
    return f"the page of {options.what}"


def _study(options: Report, html: Path) -> str:
    """Writes the page, and again where it is to watch, until the study has stopped."""
    from dashjax.report.page.study_page import study_content, study_page
    from dashjax.report.page.write import save
    from dashjax.study.study import Study

    study = Study.open(options.what, name=options.name)
    while options.watch is not None and not study.stopped:
        save(study_page(study_content(study)), html, options.watch)
        time.sleep(options.watch)
    save(study_page(study_content(study)), html)
    return f"the page of study '{study.name}'"
