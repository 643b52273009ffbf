"""The pictures of results as parts of a page: SVG, each in one address."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from dashjax.report.figures import style
from dashjax.report.figures.plots import figures
from dashjax.report.page.content import Image
from dashjax.store.results import Experiment

# letters stay letters, in whatever plain type the reader has; the same picture is the same text
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "dashjax"}
_FONT, _FONTS = b"px 'DejaVu Sans'", b"px 'DejaVu Sans', Verdana, sans-serif"  # as wide, or less


def images(experiment: Experiment) -> Iterator[Image]:
    """All pictures that the results allow."""
    with style.applied(), matplotlib.rc_context(_SETTINGS):
        for _, figure in figures(experiment):
            yield _image(figure)


def _image(figure: Figure) -> Image:
    file = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    text = base64.b64encode(file.getvalue().replace(_FONT, _FONTS)).decode("ascii")
    title, detail = style.heading_of(figure)
    return Image(f"data:image/svg+xml;base64,{text}", title, detail)
