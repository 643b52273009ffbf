from .text.certainty import certainty_tables
from .text.closing import closing
from .text.findings import findings, priors, takes
from .text.fit_table import fit_findings, fit_table
from .text.reach import reached_anywhere
from .text.summary import sentence, summary
from .text.tables import results_table, stops_table

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
