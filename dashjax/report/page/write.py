"""One HTML file about a study, results or a table: the answer first, and no network."""

from pathlib import Path

from dashjax.report.page.content import Page
from dashjax.report.page.render import render
from dashjax.report.page.results_page import results_page
from dashjax.report.page.study_page import study_content, study_page
from dashjax.report.page.table_page import table_content, table_page
from dashjax.store.files import check_free, write_whole
from dashjax.store.results import Experiment
from dashjax.store.reward_table import RewardTable
from dashjax.study.study import Study


def write_page(
    what: Study | Experiment | RewardTable,
    path: str | Path,
    *,
    overwrite: bool = False,
    refresh: int | None = None,
) -> Path:
    """Writes a page to look at or to send: one HTML file that needs neither network nor server.

    Args:
        what: a study, what `replay` or `sweep` gave, or a reward table.
        path: the file.
        overwrite: whether a file that is there may go.
        refresh: seconds after which a browser that shows the page loads it anew.

    Returns:
        The path.

    Raises:
        InputError: if a file is there already, or its folder is not.
        OSError: if the disk refuses; then nothing half written is kept.

    Example:
        >>> import dashjax as dj
        >>> dj.write_page(dj.load_table("tables/mine"), "mine.html").name
        'mine.html'
    """
    check_free(Path(path), overwrite)
    return save(_page(what), Path(path), refresh)


def save(page: Page, path: Path, refresh: int | None = None) -> Path:
    """Writes a page, in the place of whatever file is there: whole, or not at all."""
    text = render(page, refresh)
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))
    return path


def _page(what: Study | Experiment | RewardTable) -> Page:
    if isinstance(what, RewardTable):
        return table_page(table_content(what))
    return results_page(what) if isinstance(what, Experiment) else study_page(study_content(what))
