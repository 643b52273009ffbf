"""Results in a folder: figures as Parquet, and pictures."""

from pathlib import Path

from dashjax.report.figures.plots import draw_into
from dashjax.store import results
from dashjax.store.results import Experiment


def write_report(result: Experiment, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
    """Writes results and pictures to a folder; `dashjax report FOLDER` prints its tables.

    Args:
        result: what `replay` or `sweep` gave.
        folder: where; made if it is not there.
        overwrite: whether earlier results there may go; anything else there is refused.

    Returns:
        The paths of the pictures.

    Raises:
        InputError: if the folder holds something else, or earlier results that are not to go.
        OSError: if the disk refuses; then the folder is as it was.

    Example:
        >>> import dashjax as dj
        >>> result = dj.sweep((2, 2), ["flat"], seeds=5, plan=dj.Plan(steps=5, select=1))
        >>> [path.suffix for path in dj.write_report(result, "runs/mine")][:1]
        ['.png']
    """
    return results.write(result, Path(folder), 0.0, overwrite=overwrite, draw=draw_into)
