"""Tables and pictures of results; they read result files only."""

from dashjax.report.contact import contact_sheet
from dashjax.report.plots import draw
from dashjax.report.summary import findings, priors, sentence, summary, takes
from dashjax.report.tables import results_table

__all__ = [
    "contact_sheet",
    "draw",
    "findings",
    "priors",
    "results_table",
    "sentence",
    "summary",
    "takes",
]
