"""Digits as ink: printed, drawn in segments or written by hand, then set down on a small canvas.

Ink is drawn large (`CANVAS` pixels a side, Pillow mode `L`, 255 where there is ink) and shrunk to
`SIDE` pixels when it is placed, so that a turn or a shift by half a pixel leaves smooth edges.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 16
CANVAS = 64

# Of the fonts that come with matplotlib, those whose digits stand on the line and are digits.
FONTS = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-BoldOblique", "-Oblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-BoldOblique", "-Oblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-BoldItalic", "-Italic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "BolIta", "Italic")),
    *("cmb10", "cmr10", "cmss10", "cmti10", "cmtt10"),
)
FONT_SIZE = 58

# The lit segments of 0..9; a is the top bar, b..f run clockwise from the upper right, g is the
# middle bar.
LIT = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
# The two ends of each segment, across and down, in half widths and half heights of the digit.
ENDS = {
    "a": ((-1, -1), (1, -1)),
    "b": ((1, -1), (1, 0)),
    "c": ((1, 0), (1, 1)),
    "d": ((-1, 1), (1, 1)),
    "e": ((-1, 0), (-1, 1)),
    "f": ((-1, -1), (-1, 0)),
    "g": ((-1, 0), (1, 0)),
}
HALF_WIDTH, HALF_HEIGHT = 13, 23


class Placement(NamedTuple):
    """Where and how one glyph is set down.

    Attributes:
        size: 1 leaves the glyph as large as it was drawn.
        angle: turn in degrees, clockwise.
        slant: how far the top leans to the right, in heights.
        right: shift to the right, in pixels of the small canvas.
        down: shift downwards, in pixels of the small canvas.
    """

    size: float
    angle: float
    slant: float
    right: float
    down: float


class Jitter(NamedTuple):
    """The ranges from which placements are drawn, uniformly.

    Attributes:
        size: smallest and largest size.
        angle: largest turn either way, in degrees.
        slant: least and greatest slant.
        shift: largest shift in any direction, in pixels of the small canvas.
    """

    size: tuple[float, float]
    angle: float
    slant: tuple[float, float]
    shift: float

    def draw(self, rng: np.random.Generator) -> Placement:
        """One placement."""
        right, down = rng.uniform(-self.shift, self.shift, 2)
        angle = rng.uniform(-self.angle, self.angle)
        return Placement(rng.uniform(*self.size), angle, rng.uniform(*self.slant), right, down)


@cache
def printed(font: str, digit: int) -> Image.Image:
    """Ink of a digit in one of `FONTS`, its bounding box centred on the canvas."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    # The basic layout is in every build of Pillow; the other one is not.
    face = ImageFont.truetype(str(path), FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = face.getbbox(str(digit))
    ink = Image.new("L", (CANVAS, CANVAS))
    corner = ((CANVAS - left - right) / 2, (CANVAS - top - bottom) / 2)
    ImageDraw.Draw(ink).text(corner, str(digit), fill=255, font=face)
    return ink


def written(pixels: np.ndarray) -> Image.Image:
    """Ink of a handwritten digit `[height, width]` with values 0..16."""
    small = Image.fromarray(np.round(pixels * (255 / 16)).astype(np.uint8))
    across = round(0.8 * CANVAS)
    ink = Image.new("L", (CANVAS, CANVAS))
    margin = (CANVAS - across) // 2
    ink.paste(small.resize((across, across), Image.Resampling.BICUBIC), (margin, margin))
    return ink


def segments(names: str, thickness: float) -> Image.Image:
    """Ink of those segments (letters a..g) of a display, `thickness` canvas pixels wide."""
    ink = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(ink)
    for name in names:
        start, end = (_corner(place) for place in ENDS[name])
        pen.polygon(_bar(start, end, thickness), fill=255)
    return ink


def _corner(place: tuple[int, int]) -> np.ndarray:
    return CANVAS / 2 + np.array(place) * (HALF_WIDTH, HALF_HEIGHT)


def _bar(start: np.ndarray, end: np.ndarray, thickness: float) -> list[tuple[float, float]]:
    """A hexagon between two corners, short of them so that neighbouring segments stay apart."""
    along = (end - start) / np.linalg.norm(end - start)
    aside = np.array((-along[1], along[0])) * thickness / 2
    tips = (start + along, end - along)
    near, far = tips[0] + along * thickness / 2, tips[1] - along * thickness / 2
    outline = (tips[0], near + aside, far + aside, tips[1], far - aside, near - aside)
    return [(float(point[0]), float(point[1])) for point in outline]


def place(ink: Image.Image, placement: Placement) -> np.ndarray:
    """Ink set down on the small canvas, `[SIDE, SIDE]` float32 in 0..1."""
    size, angle, slant, right, down = placement
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[cos, -sin], [sin, cos]])
    # Pillow asks where each pixel of the result comes from, hence the inverse.
    back = np.linalg.inv(size * turn @ np.array([[1.0, -slant], [0.0, 1.0]]))
    middle = np.full(2, CANVAS / 2)
    origin = middle - back @ (middle + np.array((right, down)) * (CANVAS / SIDE))
    matrix = (*back[0], origin[0], *back[1], origin[1])
    canvas = (CANVAS, CANVAS)
    moved = ink.transform(canvas, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(moved.reduce(CANVAS // SIDE), np.float32) / 255


def place_all(inks: Sequence[Image.Image], jitter: Jitter, rng: np.random.Generator) -> np.ndarray:
    """Every ink set down with its own random placement, `[example, SIDE, SIDE]` in 0..1."""
    return np.stack([place(ink, jitter.draw(rng)) for ink in inks])
