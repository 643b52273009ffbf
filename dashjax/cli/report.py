"""`dashjax report`: tables and pictures of results made earlier."""

from dashjax.cli.experiment_options import Report
from dashjax.cli.output import Terminal
from dashjax.cli.showing import show
from dashjax.report.figures.plots import draw
from dashjax.store import results


def run(options: Report, terminal: Terminal) -> None:
    """Prints the rows of a result folder again and draws its pictures anew."""
    experiment = results.read(options.folder)
    drawn = draw(options.folder)
    show(experiment, terminal)
    for path in drawn:
        terminal.show(f"drew {path}")
    terminal.document(experiment.document())
