"""Tables and pictures of results; they read result files only.

Here are the words and tables; `plots` and `contact` have the pictures, and load matplotlib.
"""

from dashjax.report.text.certainty import certainty_tables
from dashjax.report.text.closing import closing
from dashjax.report.text.findings import findings, priors, takes
from dashjax.report.text.fit_table import fit_findings, fit_table
from dashjax.report.text.reach import reached_anywhere
from dashjax.report.text.summary import sentence, summary
from dashjax.report.text.tables import results_table, stops_table

__all__ = [
    "certainty_tables",
    "closing",
    "findings",
    "fit_findings",
    "fit_table",
    "priors",
    "reached_anywhere",
    "results_table",
    "sentence",
    "stops_table",
    "summary",
    "takes",
]
