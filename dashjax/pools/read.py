"""A pool by name: the one that comes with the package, or a folder."""

import zipfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from dashjax.errors import InputError
from dashjax.pools.embedded.digits import embedded
from dashjax.pools.examples import Examples
from dashjax.pools.readers.archive import KEYS
from dashjax.pools.readers.folder import DEFAULTS, folder
from dashjax.pools.readers.options import EMBEDDED, FolderOptions

_embedded_once = cache(embedded)


def read_pool(name: str | Path, options: FolderOptions = DEFAULTS) -> Examples:
    """The pool of that name.

    Args:
        name: `embedded`, or the path of a folder of `.npz` files.
        options: how to cut the domains of a folder; the embedded pool ignores it.

    Raises:
        InputError: if `name` is neither, or `folder` refuses what it finds.

    Example:
        >>> import dashjax as dj
        >>> dj.read_pool("embedded").pool.groups
        ('hand', 'blend', 'font', 'street', 'display')
    """
    if str(name) == EMBEDDED:
        return _embedded_once()
    if not Path(name).is_dir():
        raise InputError(
            f"there is no pool '{name}'; give '{EMBEDDED}' or a folder with one .npz file a domain"
        )
    return folder(name, options)


def origin(name: str | Path, options: FolderOptions = DEFAULTS) -> dict[str, Any]:
    """How `reopen` finds the pool again, as plain values: a name or full path, and the cut."""
    where = str(name) if str(name) == EMBEDDED else str(Path(name).resolve())
    return {"pool": where, "cut": asdict(options)}


def reopen(origin: dict[str, Any], fingerprint: str) -> Examples:
    """The pool that `origin` describes, as it was.

    Raises:
        InputError: if it is no longer there, or its fingerprint is another now.
    """
    try:
        name, cut = origin["pool"], FolderOptions(**origin["cut"])
    except (KeyError, TypeError) as error:
        raise InputError("the table does not say how its pool was cut; build it anew") from error
    examples = read_pool(name, cut)
    if examples.fingerprint != fingerprint:
        raise InputError(f"the table was measured on another pool than '{name}' is; give that one")
    return examples


def is_tables(path: Path) -> bool:
    """Whether a path is a pool of tables, and no folder of domains."""
    if path.is_file():
        return True
    archives = sorted(path.glob("*.npz")) if path.is_dir() else []
    if not archives:
        return path.is_dir() and any(path.iterdir())
    try:
        with zipfile.ZipFile(archives[0]) as archive:
            names = {Path(name).stem for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return not names & set(KEYS)
