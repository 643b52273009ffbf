"""Words that fit: names made short, and headings wrapped and made small. Lengths are in inches."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.gridspec import SubplotSpec
from matplotlib.text import Text

FONT = "DejaVu Sans"  # comes with matplotlib, so pictures are the same everywhere
_LINE_HEIGHT = 1.2  # from one line to the next, in sizes of the type
_ROOM = 1.05  # for the rounding of letters to whole dots
_LEAST = 6.0  # points of a heading that can be read
_SHORTEST = 4  # characters of a name
_FEW = 2  # lines that a heading may have before it is made smaller
_ENDS = "-_/.,:;"  # signs after which a line of a name without spaces may end


class Heading(NamedTuple):
    """Words wrapped and sized so that they fit into some width, none left out."""

    text: str
    points: float

    @property
    def height(self) -> float:
        """Of all lines."""
        return (self.text.count("\n") + 1) * self.points * _LINE_HEIGHT / 72


def heading(words: object, width: float, points: float, *, bold: bool = True) -> Heading:
    """The words in at most two lines of that width, in smaller type if need be.

    Where the smallest type that can be read is too large for two lines, there are more.

    Args:
        words: what is to be written, of any length.
        width: that there is.
        points: size of the type, at most.
        bold: whether the type is bold.
    """
    size = points
    while size > _LEAST and len(lines(words, width, size, bold=bold)) > _FEW:
        size = max(size - 0.5, _LEAST)
    return Heading("\n".join(lines(words, width, size, bold=bold)), size)


def tallest(headings: Sequence[Heading]) -> float:
    """The height of the tallest; 0 if there is none."""
    return max((one.height for one in headings), default=0.0)


def entitle(axes: Axes, words: Heading, *, pad: float) -> Text:
    """Writes a heading above the axes, `pad` points away."""
    return axes.set_title(words.text, size=words.points, pad=pad, linespacing=_LINE_HEIGHT)


def above(figure: Figure, place: SubplotSpec, words: Heading) -> None:
    """Writes a heading at the left of a place of its own, from its top."""
    axes = figure.add_subplot(place)
    axes.set_axis_off()
    text = axes.text(0, 1, words.text, size=words.points, weight="bold", va="top")
    text.set(linespacing=_LINE_HEIGHT, in_layout=False)


def lines(words: object, width: float, points: float, *, bold: bool = False) -> list[str]:
    """The words, wrapped; a word that is too long for a line is parted wherever it must be."""
    text, found, start = legible(words), [], 0
    while start < len(text):
        end = start + _fitting(text[start:], width, points, bold=bold)
        end = _break(text, start, end) if end < len(text) else end
        found.append(text[start:end].rstrip())
        start = end
    return found or [""]


def legible(words: object) -> str:
    """The words on one line, with a box for each sign that the font lacks."""
    font = _signs()
    return "".join(sign if ord(sign) in font else "□" for sign in " ".join(str(words).split()))


def short(name: object, length: int) -> str:
    """The name on one line, of at most that many characters, all of which the font has."""
    text, length = legible(name), max(length, 3)
    tail = length // 3
    return text if len(text) <= length else f"{text[: length - tail - 1]}…{text[-tail:]}"


def width_of(text: str, points: float, *, bold: bool = False) -> float:
    """How wide a line of text is; rather too wide than too narrow."""
    return _ROOM * points / 72 * sum(_advance(sign, bold) for sign in text)


def within(name: object, width: float, points: float, *, bold: bool = False) -> str:
    """The name on one line of that width, made short if need be."""
    text = legible(name)
    length = len(text)
    while length > _SHORTEST and width_of(short(text, length), points, bold=bold) > width:
        length -= 1
    return short(text, length)


def _break(text: str, start: int, end: int) -> int:
    """Where a line ends that has room for the signs from `start` to before `end`."""
    space = text.rfind(" ", start, end + 1)
    if space > (start + end) // 2:
        return space + 1
    last = max(text.rfind(sign, start, end) for sign in _ENDS)
    return max(space, last) + 1 if max(space, last) > start else end


def _fitting(text: str, width: float, points: float, *, bold: bool) -> int:
    """How many of the first characters fit into the width; 1 at least."""
    used = 0.0
    for count, sign in enumerate(text):
        used += width_of(sign, points, bold=bold)
        if used > width:
            return max(count, 1)
    return len(text)


@functools.cache
def _advance(sign: str, bold: bool) -> float:
    """How wide a character is, in sizes of the type."""
    font = get_font(_file(bold))
    font.set_size(100, 72)
    return font.load_char(ord(sign), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


@functools.cache
def _signs() -> frozenset[int]:
    regular, bold = (frozenset(get_font(_file(bold)).get_charmap()) for bold in (False, True))
    return regular & bold


@functools.cache
def _file(bold: bool) -> str:
    return findfont(FontProperties(family=FONT, weight="bold" if bold else "normal"))
