"""What all pictures share: page, type, colours and names that fit. Lengths are in inches."""

import contextlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dashjax.report.figures import lettering

INK, FAINT, RULE, PAPER = "#1c2230", "#6b7385", "#dfe2e8", "#ffffff"
TITLE, TEXT, SMALL = 18.0, 11.0, 9.0  # points
MARGIN = 0.3
DOTS_PER_INCH = 160

_SETTINGS: Any = {
    "font.family": lettering.FONT,
    "font.size": TEXT,
    "text.color": INK,
    "text.hinting": "none",  # letters are as wide at any number of dots an inch
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
}


class Pen(NamedTuple):
    """How a method is drawn: the same in every picture of every experiment."""

    colour: str
    dashes: Any = "-"
    width: float = 2.0  # points


# Okabe and Ito's colours, somewhat darker; the darkest red and the thickest line are for `best`.
_PENS = {
    "best": Pen("#b3003b", width=3.4),
    "dash": Pen("#e08214"),
    "dash-exact": Pen("#9a6324", (0, (5, 2))),
    "dash-judged": Pen("#e08214", (0, (1.5, 1.5))),
    "joint-ts": Pen("#009e73", (0, (1.5, 1.5))),
    "flat": Pen("#0072b2"),
    "round-robin": Pen("#3c3c3c"),
    "random": Pen("#8c8c8c", (0, (4, 2))),
}
# POLICY/BELIEF: the policy gives the colour, the belief the dashes.
_POLICIES = {
    "halving": "#7a6a00",
    "knowledge-gradient": "#d94f86",
    "lucb": "#6f4fa0",
    "pair": "#5f8f2f",
    "random": "#8c8c8c",
    "round-robin": "#3c3c3c",
    "thompson": "#009e73",
    "thompson-by-group": "#e08214",
    "top-two": "#3f9fd6",
    "ucb": "#a0522d",
}
_BELIEFS = {
    "learned": "-",
    "learned-flat": (0, (7, 2, 1.5, 2)),
    "exact": (0, (5, 2)),
    "flat": (0, (3, 1.5)),
    "paper": (0, (1.5, 1.5)),
}
_OTHER_COLOURS = ("#3f9fd6", "#c98500", "#6f4fa0", "#7a6a00", "#a3263b")
_OTHER_DASHES = ("-", (0, (7, 2, 1.5, 2)), (0, (3, 1.5)))

# Paul Tol's "bright" and, after them, "muted" colours.
_GROUPS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999933", "#882255")


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Within it, new figures have this style, whatever the user's matplotlib settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def page(size: tuple[float, float], title: str, detail: str) -> Figure:
    """An empty figure with a title and lines below that say how to read it; neither is cut.

    Args:
        size: width, and height below the heading.
        title: what the picture shows.
        detail: what its marks mean.
    """
    width, height = size
    room = width - 2 * MARGIN
    top, lines = lettering.heading(title, room, TITLE), lettering.lines(detail, room, TEXT)
    heading = MARGIN + top.height + 0.1 + 0.21 * len(lines)
    whole = heading + height + MARGIN
    figure = Figure((width, whole), dpi=DOTS_PER_INCH, facecolor=PAPER)
    box = (MARGIN / width, MARGIN / whole, 1 - 2 * MARGIN / width, height / whole)
    figure.set_layout_engine("constrained", rect=box, w_pad=0.06, h_pad=0.08)
    style: dict[str, Any] = {"va": "top", "ha": "left"}
    left, above = MARGIN / width, 1 - MARGIN / whole
    figure.text(left, above, top.text, size=top.points, weight="bold", **style)
    below = above - (top.height + 0.08) / whole
    figure.text(left, below, "\n".join(lines), color=FAINT, linespacing=1.25, **style)
    return figure


def heading_of(figure: Figure) -> tuple[str, str]:
    """The title and the detail that `page` wrote, each on one line."""
    title, detail, *_ = (" ".join(text.get_text().split()) for text in figure.texts)
    return title, detail


def pen(method: str) -> Pen:
    """How the method is drawn; a method not known here gets its pen from its name."""
    if method in _PENS:
        return _PENS[method]
    policy, _, belief = method.partition("/")
    code = zlib.crc32(method.encode())
    colour = _POLICIES.get(policy, _OTHER_COLOURS[code % len(_OTHER_COLOURS)])
    return Pen(colour, _BELIEFS.get(belief, _OTHER_DASHES[code // 8 % len(_OTHER_DASHES)]))


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each group; they come round again after eight."""
    return {name: _GROUPS[place % len(_GROUPS)] for place, name in enumerate(groups)}


def apart(places: np.ndarray, gap: float) -> np.ndarray:
    """The places, each moved by as little as puts them `gap` apart, from 0 to 1 if there is room.

    Of equals the first comes to lie highest. (Least squares, by pooling adjacent violators.)
    """
    order = np.lexsort((-np.arange(len(places)), places))
    ladder = gap * np.arange(len(places))
    blocks: list[list[float]] = []
    for wanted in (places[order] - ladder).tolist():
        blocks.append([wanted])
        while len(blocks) > 1 and np.mean(blocks[-2]) >= np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    shared = np.array([np.mean(block) for block in blocks for _ in block])
    moved = np.empty(len(places))
    moved[order] = np.minimum(np.maximum(shared, 0.0), 1.0 - ladder[-1:]) + ladder
    return moved


def bare(axes: Axes) -> None:
    """Takes away frame and tick marks, and keeps the tick labels."""
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
