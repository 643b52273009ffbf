"""What the commands that leave results print and write."""

from dashjax import report
from dashjax.cli.output import Terminal
from dashjax.cli.shared_options import Keeping
from dashjax.store import results
from dashjax.store.results import Experiment


def show(experiment: Experiment, terminal: Terminal) -> None:
    """Prints rows, stops, priors, what to take and how sure that is, what is amiss, and the sum.

    Where JSON is asked for, its document holds the last of these too, as `sentence`.
    """
    document = experiment.document()
    if experiment.config["command"] == "fit":
        terminal.show(report.fit_table(experiment), *report.fit_findings(experiment))
        terminal.document(document)
        return
    frames = experiment.frames
    terminal.show(report.results_table(experiment.rows, frames.get("over_targets") or []))
    terminal.show(
        *report.stops_table(frames.get("stops") or [], frames.get("stops_over_targets") or [])
    )
    terminal.show(*report.priors(experiment), *report.takes(experiment))
    terminal.show(*report.certainty_tables(experiment), *report.findings(experiment))
    sentence = report.closing(experiment)
    terminal.show("", sentence)
    terminal.document(document | {"sentence": sentence})


def finish(experiment: Experiment, seconds: float, kept: Keeping, terminal: Terminal) -> None:
    """Writes and draws results if a folder is named, and then prints them."""
    if kept.out:
        from dashjax.report.figures.plots import draw_into

        results.write(experiment, kept.out, seconds, overwrite=kept.overwrite, draw=draw_into)
    show(experiment, terminal)
    if kept.out:
        terminal.show(f"results and pictures are in {kept.out}")
