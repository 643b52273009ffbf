"""A contact sheet: what the datasets of a pool look like, on one page.

All lengths are in inches, counted from the page's upper left corner.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dashjax.errors import InputError
from dashjax.pools.examples import Examples
from dashjax.report.figures import lettering
from dashjax.store.files import write_whole
from dashjax.wording import first_of

ACROSS = 8
# More rows than this would make a block a page of its own.
MOST_ROWS = 6
MOST_GROUPS = 20  # on the page

MARGIN, GUTTER, HEADING = 0.55, 0.6, 1.6
PICTURE, SPACE = 0.58, 0.07
NAME_WIDTH = 1.45
STRIP_WIDTH = ACROSS * (PICTURE + SPACE) - SPACE
BLOCK_WIDTH = NAME_WIDTH + STRIP_WIDTH
TITLE = 0.5
DOTS_PER_INCH = 160

INK, FAINT, PAPER, BAR = "#1c2230", "#767e90", "#fcfbf8", "#3b7ea1"


class Page(NamedTuple):
    """A figure that is laid out in inches."""

    figure: Figure
    width: float
    height: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Empty axes in that rectangle."""
        bottom = self.height - top - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.set_axis_off()
        return axes

    def write(self, left: float, top: float, words: str, **style: Any) -> None:
        """Words with their baseline at that place."""
        self.figure.text(left / self.width, 1 - top / self.height, words, parse_math=False, **style)


def contact_sheet(examples: Examples, path: str | Path) -> None:
    """Writes a PNG with a block for each group and a row for each of its datasets.

    Left of a row stand the dataset's name and size. The row shows its first eight images or, in a
    pool of features, how many examples it has of each class.

    Args:
        examples: the pool with its data.
        path: where the PNG is written; what was there is replaced.

    Raises:
        InputError: if `path` does not end in .png, or its folder does not exist or cannot be
            written to.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path} is no name for a contact sheet; give one that ends in .png")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent} for {path.name}; make it first")
    canvas = FigureCanvasAgg(_sheet(examples).figure)
    try:
        write_whole(path, lambda temporary: canvas.print_png(temporary))
    except OSError as error:
        raise InputError(f"{path} cannot be written; give a place that can be") from error


def _sheet(examples: Examples) -> Page:
    """The page: a heading and the blocks, in two columns."""
    groups = min(len(examples.pool.groups), MOST_GROUPS)
    rows = min(MOST_ROWS, max(examples.pool.group.count(group) for group in range(groups)))
    block = TITLE + rows * (PICTURE + SPACE) + GUTTER
    # With an odd number of groups the heading fills the place that is left over.
    strip, first = (0.0, 1) if groups % 2 else (HEADING, 0)
    width = 2 * (MARGIN + BLOCK_WIDTH) + GUTTER
    height = 2 * MARGIN + strip + (first + groups) // 2 * block - GUTTER
    page = Page(Figure((width, height), dpi=DOTS_PER_INCH, facecolor=PAPER), width, height)
    _heading(page, examples)
    for group in range(groups):
        row, column = divmod(first + group, 2)
        left = MARGIN + column * (BLOCK_WIDTH + GUTTER)
        _block(page, examples, group, (left, MARGIN + strip + row * block))
    return page


def _heading(page: Page, examples: Examples) -> None:
    """How much there is of what."""
    pool = examples.pool
    counts = f"{len(pool.datasets)} datasets in {len(pool.groups)} groups"
    sizes = f"{sum(pool.sizes):,} examples of {examples.classes} classes, {_kind(examples)}"
    page.write(MARGIN, MARGIN + 0.34, counts, size=27, weight="bold", color=INK)
    page.write(MARGIN, MARGIN + 0.74, sizes, size=14, color=FAINT)
    drawn = first_of(min(len(pool.groups), MOST_GROUPS), len(pool.groups), "groups")
    page.write(MARGIN, MARGIN + 1.06, _legend(examples) + drawn, size=11, color=FAINT)


def _kind(examples: Examples) -> str:
    if not _is_images(examples):
        return f"{examples.inputs.shape[1]:,} features each"
    _, height, width, channels = examples.inputs.shape
    return f"{width} × {height} pixels {'in colour' if channels == 3 else 'in grey'}"


def _legend(examples: Examples) -> str:
    if _is_images(examples):
        return "A row shows the first images of one dataset."
    return "A bar counts the examples of one class, from class 0 on the left."


def _is_images(examples: Examples) -> bool:
    return examples.inputs.ndim == 4


def _block(page: Page, examples: Examples, group: int, corner: tuple[float, float]) -> None:
    """One group: its title and its datasets, from that upper left corner."""
    left, top = corner
    members = [arm for arm, owner in enumerate(examples.pool.group) if owner == group]
    title = examples.pool.groups[group]
    hidden = len(members) - MOST_ROWS
    if hidden > 0:
        title += f"  (and {hidden} more)"
    words = lettering.heading(title, BLOCK_WIDTH, 17.0)
    style = {"size": words.points, "weight": "bold", "color": INK, "va": "bottom"}
    page.write(left, top + 0.31, words.text, linespacing=1.1, **style)
    rule = page.axes(left, top + 0.34, BLOCK_WIDTH, 0.02)
    rule.axhline(0, color=FAINT, linewidth=0.8)
    for row, arm in enumerate(members[:MOST_ROWS]):
        down = top + TITLE + row * (PICTURE + SPACE)
        _row(page, examples, arm, (left, down))


def _row(page: Page, examples: Examples, arm: int, corner: tuple[float, float]) -> None:
    """One dataset: its name, its size and what is in it."""
    left, top = corner
    size = f"{examples.pool.sizes[arm]:,} examples"
    name = lettering.within(examples.pool.datasets[arm], NAME_WIDTH - SPACE, 12.0)
    page.write(left, top + 0.27, name, size=12, color=INK)
    page.write(left, top + 0.47, size, size=9.5, color=FAINT)
    rows = examples.candidates[arm]
    if _is_images(examples):
        for place, image in enumerate(examples.inputs[rows[:ACROSS]]):
            across = left + NAME_WIDTH + place * (PICTURE + SPACE)
            _picture(page.axes(across, top, PICTURE, PICTURE), image)
    else:
        counts = np.bincount(examples.labels[rows], minlength=examples.classes)
        _bars(page.axes(left + NAME_WIDTH, top, STRIP_WIDTH, PICTURE), counts)


def _picture(axes: Axes, image: np.ndarray) -> None:
    """One image `[height, width, channel]`, every pixel a square."""
    grey = image.shape[2] == 1
    axes.imshow(image[..., 0] if grey else image, cmap="gray", vmin=0, vmax=255)


def _bars(axes: Axes, counts: np.ndarray) -> None:
    """Examples of each class, each bar with its count."""
    bars = axes.bar(np.arange(len(counts)), counts, width=0.8, color=BAR)
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(0, 1.45 * max(counts.max(), 1))
    if len(counts) <= 20:
        axes.bar_label(bars, fontsize=8, color=FAINT, padding=1)
