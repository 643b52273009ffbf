"""Where a study is kept: a file of SQLite's, or a database of PostgreSQL's, by path or URL."""

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from dashjax.errors import InputError, closest

READS = "dashjax_reads"  # the option of a connection that will not write
_WAIT = 60.0  # seconds for which a writer waits for others
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "lustre", "ceph", "glusterfs", "afs")
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def url_of(store: str | os.PathLike[str]) -> sa.URL:
    """The URL of a store that is given by path or URL.

    Raises:
        InputError: if the URL cannot be read, or is of a database that is not supported.
    """
    text = os.fspath(store)
    if "://" not in text:
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        raise InputError(
            "the store's URL cannot be read; give postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "or the path of a file"
        ) from error
    name = url.drivername.partition("+")[0]
    if name not in _DRIVERS:
        raise InputError(
            f"a store of kind '{name}'{closest(name, _DRIVERS)} is not supported; give the path of "
            f"a file, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        )
    return url.set(drivername=_DRIVERS[name])


def shown(url: sa.URL) -> str:
    """The store as messages name it: without its password."""
    path = _file(url)
    return str(path) if path else url.render_as_string(hide_password=True)


def engine_of(url: sa.URL) -> sa.Engine:
    """An engine whose transactions take the write lock at their start.

    Raises:
        InputError: if the driver of PostgreSQL is not installed.
    """
    if url.drivername == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        return sa.create_engine(url, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError as error:
        raise InputError(
            "a study in PostgreSQL needs its driver; pip install 'dashjax[postgresql]'"
        ) from error


def is_there(url: sa.URL) -> bool:
    """False if the store is a file that is not there yet."""
    path = _file(url)
    return path is None or path.exists()


def check_folder(url: sa.URL) -> None:
    """Refuses a file that cannot be made.

    Raises:
        InputError: if it is to lie in a folder that is not there, or is itself a folder.
    """
    path = _file(url)
    if path is not None and not path.parent.is_dir():
        raise InputError(f"folder '{path.parent}' of store '{path}' is not there; make it first")
    if path is not None and path.is_dir():
        raise InputError(f"'{path}' is a folder; give the path of a file for the study")


def network_file_system(url: sa.URL, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The kind of network file system that the store lies on, where SQLite cannot lock safely.

    None if it lies on a disk of this machine, or if that cannot be told.
    """
    path = _file(url)
    if path is None or not mounts.exists():
        return None
    place, found = path.resolve(), ("", "")
    for line in mounts.read_text().splitlines():
        _, point, kind, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")
        if place.is_relative_to(point) and len(point) >= len(found[0]):
            found = point, kind
    return found[1] if found[1].startswith(_NETWORK) else None


def _file(url: sa.URL) -> Path | None:
    """The file of a store in SQLite; None for one in a server or in memory."""
    if url.drivername != "sqlite" or not url.database or url.database.startswith((":", "file:")):
        return None
    return Path(url.database)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    """Transactions are begun by us, and are on the disk when they end."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get(READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
