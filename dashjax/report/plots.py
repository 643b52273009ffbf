"""Pictures of a result folder, drawn from its files alone."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg

from dashjax import results
from dashjax.errors import InputError
from dashjax.report import pulls, rewards, style
from dashjax.storage import write_whole

_DRAWERS = (rewards.pictures, pulls.pictures)


def draw(folder: Path) -> list[Path]:
    """Draws all pictures that the results allow, into their folder.

    Args:
        folder: what `--out` made.

    Returns:
        The files that were written; each is whole or not there.

    Raises:
        InputError: if the folder holds no whole results or cannot be written to.
    """
    experiment = results.read(folder)
    written: list[Path] = []
    with style.applied():
        for pictures in _DRAWERS:
            for name, figure in pictures(experiment):
                path = folder / f"{name}.png"
                canvas = FigureCanvasAgg(figure)
                try:
                    write_whole(path, canvas.print_png)
                except OSError as error:
                    raise InputError(f"{path} cannot be written; make room or give the right to")
                written.append(path)
    return written
