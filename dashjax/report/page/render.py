"""A page as one HTML text: no network, no server; names are only names, whatever is in them."""

import time
from pathlib import Path

import jinja2

import dashjax
from dashjax.report.page.content import Page


def render(page: Page, refresh: int | None = None) -> str:
    """The page as HTML.

    Args:
        page: what it holds.
        refresh: seconds after which a browser that shows it loads it anew.
    """
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    pages = jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined)
    return pages.get_template("page.html.jinja").render(
        page=page,
        refresh=refresh,
        written=moment(time.time()),
        version=dashjax.__version__,
    )


def moment(seconds: float) -> str:
    """A time in words, from seconds since 1970."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
