"""Pictures of a result folder, drawn from its files alone."""

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
_OURS = (
    *("rewards", "quality", "regret", "pulls", "stopping", "stopping-[0-9]*"),
    *("certainty", "certainty-[0-9]*", "posterior-*", "accuracy", "fit"),
)


def draw(folder: Path) -> list[Path]:
    """Draws all pictures that the results allow, into their folder.

    Pictures of earlier results in that folder are replaced, or removed if these have no such.

    Args:
        folder: what `--out` made.

    Returns:
        The files that were written; each is whole or not there.

    Raises:
        InputError: if the folder holds no whole results, or cannot be written to.
    """
    experiment = results.read(folder)
    written: list[Path] = []
    try:
        with style.applied():
            for pictures in _DRAWERS:
                for name, figure in pictures(experiment):
                    written.append(_write(figure, folder / f"{name}.png"))
        for stale in {path for name in _OURS for path in folder.glob(f"{name}.png")}:
            if stale not in written:
                stale.unlink()
    except OSError as error:
        raise InputError(f"{folder} cannot be written to; give the right to, or room") from error
    return written


def _write(figure: Figure, path: Path) -> Path:
    canvas = FigureCanvasAgg(figure)
    write_whole(path, lambda temporary: canvas.print_png(temporary))
    return path
