"""`dashjax report`: tables and pictures of results made earlier."""

from dashjax import results
from dashjax.commands.replay import show
from dashjax.commands.terminal import Terminal
from dashjax.options import Report
from dashjax.report.plots import draw


def run(options: Report, terminal: Terminal) -> None:
    """Prints the rows of a result folder again and draws its pictures anew."""
    experiment = results.read(options.folder)
    drawn = draw(options.folder)
    show(experiment, terminal)
    for path in drawn:
        terminal.show(f"drew {path}")
    terminal.document(experiment.document())
