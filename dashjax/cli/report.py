"""`dashjax report`: tables and pictures of results made earlier."""

from dashjax.cli.experiment_options import Report
from dashjax.cli.output import Terminal
from dashjax.cli.showing import show
from dashjax.errors import InputError
from dashjax.report.checked import read_checked
from dashjax.report.figures.plots import redraw


def run(options: Report, terminal: Terminal) -> None:
    """Prints the rows of a result folder again, and then draws its pictures anew.

    Where they cannot be drawn the tables are there, and a sentence on stderr says why.
    """
    experiment = read_checked(options.folder)
    show(experiment, terminal)
    try:
        for path in redraw(experiment, options.folder):
            terminal.show(f"drew {path}")
    except InputError as error:
        terminal.warn(f"dashjax: no pictures were drawn: {error}")
