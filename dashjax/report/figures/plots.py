"""Pictures of a result folder, drawn from its files alone."""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dashjax.errors import InputError
from dashjax.report.figures import (
    accuracy,
    certainty,
    curves,
    fit_picture,
    posterior,
    pulls,
    rewards,
    stopping,
    style,
)
from dashjax.store import results
from dashjax.store.files import write_whole
from dashjax.store.results import Experiment

_DRAWERS = (
    rewards.pictures,
    curves.pictures,
    pulls.pictures,
    stopping.pictures,
    certainty.pictures,
    posterior.pictures,
    accuracy.pictures,
    fit_picture.pictures,
)


def draw(folder: Path) -> list[Path]:
    """Draws all pictures of the results in a folder anew, into it.

    Pictures of earlier results in that folder are replaced, or removed if these have no such.

    Args:
        folder: what `--out` made.

    Returns:
        The files that were written; each is whole or not there.

    Raises:
        InputError: if the folder holds no whole results, or cannot be written to.
    """
    return redraw(results.read(folder), folder)


def redraw(experiment: Experiment, folder: Path) -> list[Path]:
    """Draws what was read from a folder of results, as `draw` does.

    Raises:
        InputError: if the folder cannot be written to.
    """
    try:
        written = draw_into(experiment, folder)
        results.keep_pictures(folder, [path.name for path in written])
    except OSError as error:
        raise InputError(f"{folder} cannot be written to; give the right to, or room") from error
    return written


def draw_into(experiment: Experiment, folder: Path) -> list[Path]:
    """Draws all pictures that the results allow; gives the files that were written.

    Raises:
        OSError: if the disk refuses.
    """
    with style.applied():
        return [_write(figure, folder / f"{name}.png") for name, figure in figures(experiment)]


def figures(experiment: Experiment) -> Iterator[tuple[str, Figure]]:
    """All pictures that the results allow, with their names; to be asked where `style` applies."""
    for pictures in _DRAWERS:
        yield from pictures(experiment)


def _write(figure: Figure, path: Path) -> Path:
    canvas = FigureCanvasAgg(figure)
    write_whole(path, lambda temporary: canvas.print_png(temporary))
    return path
