"""Results in a folder: figures as Parquet, and pictures."""

import time
from pathlib import Path

from dashjax.report.figures.plots import draw
from dashjax.store import results
from dashjax.store.results import Experiment


def write_report(result: Experiment, folder: str | Path) -> list[Path]:
    """Writes results and pictures to a folder; `dashjax report FOLDER` prints its tables.

    Args:
        result: what `replay` or `sweep` gave.
        folder: where; earlier results there are replaced, anything else is refused.

    Returns:
        The paths of the pictures.

    Raises:
        InputError: if the folder holds something else.

    Example:
        >>> import dashjax as dj
        >>> result = dj.sweep((2, 2), ["flat"], seeds=5, plan=dj.Plan(steps=5, select=1))
        >>> [path.suffix for path in dj.write_report(result, "runs/mine")][:1]
        ['.png']
    """
    folder, began = Path(folder), time.perf_counter()
    results.check_free(folder)
    results.write(result, folder, time.perf_counter() - began)
    return draw(folder)
