"""Studies kept: one append-only log of events for each, in SQLite or PostgreSQL.

A study's state is what its events say, in their order, and nothing else. Each write is one
transaction, which sees all events before it; so two workers never decide from the same log.
"""

import json
import os
import time
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from dashjax.errors import InputError, closest
from dashjax.store import study_address as address
from dashjax.store.study_refusals import refusal, went_away

SCHEMA = 1
_LONGEST_PAUSE = 5.0  # seconds between tries while a server is away

_METADATA = sa.MetaData()
_ABOUT = sa.Table("dashjax_store", _METADATA, sa.Column("schema", sa.Integer, nullable=False))
_STUDIES = sa.Table(
    "dashjax_studies",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)
_EVENTS = sa.Table(
    "dashjax_events",
    _METADATA,
    sa.Column("study", sa.ForeignKey("dashjax_studies.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # 1, 2, ... a study
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("time", sa.Double, nullable=False),  # seconds since 1970, UTC
    sa.Column("worker", sa.Text),
    sa.Column("key", sa.Text),  # the same key is never written twice
    sa.Column("payload", sa.Text, nullable=False),  # JSON
    sa.UniqueConstraint("study", "key"),
)

Clock = Callable[[], float]  # seconds since 1970
_Result = TypeVar("_Result")


class Event(NamedTuple):
    """Something that happened in a study."""

    number: int  # from 1, without gaps
    kind: str
    time: float  # seconds since 1970
    worker: str | None
    key: str | None
    payload: dict[str, Any]


class Transaction:
    """One write to a study: it sees every event before it, and no other writer is between."""

    def __init__(self, connection: sa.Connection, study: int, clock: Clock) -> None:
        self._connection, self._study, self._clock = connection, study, clock

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def events(self, after: int = 0) -> list[Event]:
        """The study's events whose number is above `after`."""
        return _events(self._connection, self._study, after)

    def append(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        worker: str | None = None,
        key: str | None = None,
    ) -> Event:
        """Adds an event to the log; it is there when the transaction ends."""
        highest = sa.select(sa.func.max(_EVENTS.c.number)).where(_EVENTS.c.study == self._study)
        number = (self._connection.scalar(highest) or 0) + 1
        event = Event(number, kind, self._clock(), worker, key, payload)
        text = json.dumps(payload, allow_nan=False, ensure_ascii=False)
        row = event._asdict() | {"study": self._study, "payload": text}
        self._connection.execute(_EVENTS.insert(), row)
        return event


class StudyStore:
    """A file or database with studies.

    `patience` is for how many seconds a server that went away is waited for; `clock` gives the
    events their time.
    """

    def __init__(
        self, engine: sa.Engine, name: str, patience: float = 0.0, clock: Clock = time.time
    ) -> None:
        self.name, self.patience, self.clock = name, patience, clock
        self._engine = engine
        weakref.finalize(self, engine.dispose)

    def studies(self) -> dict[str, int]:
        """The studies that it holds, by name."""
        rows = self._read(sa.select(_STUDIES.c.name, _STUDIES.c.id).order_by(_STUDIES.c.id))
        return {name: number for name, number in rows}

    def number(self, study: str) -> int:
        """The number of a study.

        Raises:
            InputError: if there is none of that name.
        """
        found = self.studies()
        if study not in found:
            there = f"it holds {', '.join(found)}" if found else "it holds none yet"
            hint = closest(study, found)
            raise InputError(f"{self.name} has no study '{study}'{hint}; {there}")
        return found[study]

    def create(self, study: str, payload: dict[str, Any]) -> int:
        """The number of a new study, whose first event says what it is about.

        Of several who create it at the same time one does; the others get its number.
        """

        def create(connection: sa.Connection) -> int:
            if connection.dialect.name != "sqlite":
                connection.execute(sa.text("LOCK TABLE dashjax_studies IN EXCLUSIVE MODE"))
            known = sa.select(_STUDIES.c.id).where(_STUDIES.c.name == study)
            if (number := connection.scalar(known)) is not None:
                return number
            connection.execute(_STUDIES.insert(), {"name": study})
            number = connection.execute(known).scalar_one()
            Transaction(connection, number, self.clock).append("created", payload)
            return number

        return self._written(create)

    def events(self, study: int, after: int = 0) -> list[Event]:
        """A study's events whose number is above `after`, in their order."""
        return self._again(lambda: self._events_now(study, after))

    def write(self, study: int, what: Callable[[Transaction], _Result]) -> _Result:
        """What `what` gives, within one transaction; all or nothing of it is kept.

        It is called again where the server went away meanwhile, so it must decide by the events
        alone.

        Raises:
            InputError: if the store cannot be written, or its server is gone for too long.
        """

        def write(connection: sa.Connection) -> _Result:
            lock = sa.select(_STUDIES.c.id).where(_STUDIES.c.id == study).with_for_update()
            connection.execute(lock)
            return what(Transaction(connection, study, self.clock))

        return self._written(write)

    def close(self) -> None:
        """Lets go of the file or server; the next use opens it again."""
        self._engine.dispose()

    def _events_now(self, study: int, after: int) -> list[Event]:
        with _reading(self._engine) as connection:
            return _events(connection, study, after)

    def _read(self, query: sa.Select) -> list[Any]:
        def read() -> list[Any]:
            with _reading(self._engine) as connection:
                return list(connection.execute(query))

        return self._again(read)

    def _written(self, what: Callable[[sa.Connection], _Result]) -> _Result:
        def write() -> _Result:
            with self._engine.begin() as connection:
                return what(connection)

        return self._again(write)

    def _again(self, work: Callable[[], _Result]) -> _Result:
        """Does it, again while a server that was there is away."""
        until, pause = time.monotonic() + self.patience, 0.1
        while True:
            try:
                return work()
            except exc.SQLAlchemyError as error:
                if not went_away(error) or time.monotonic() >= until:
                    raise refusal(error, self.name) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def open_store(
    where: str | os.PathLike[str], *, make: bool = False, patience: float = 0.0
) -> StudyStore:
    """The store at a path or URL.

    Args:
        where: path of an SQLite file, or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        make: whether a store is made where there is none.
        patience: for how many seconds a server that goes away later is waited for.

    Raises:
        InputError: if it is not there, not a store of studies, of another schema, or cannot be
            reached.
    """
    url = address.url_of(where)
    name = address.shown(url)
    if not address.is_there(url) and not make:
        raise InputError(f"there is no study at '{name}'; make one with 'dashjax study create'")
    address.check_folder(url)
    engine = address.engine_of(url)
    store = StudyStore(engine, name, patience)
    try:
        _check_schema(engine, name, make)
    except exc.SQLAlchemyError as error:
        raise refusal(error, name) from error
    return store


def _check_schema(engine: sa.Engine, name: str, make: bool) -> None:
    """Makes the tables where there are none, and refuses those of another version."""
    with _reading(engine) as connection:
        there = connection.dialect.has_table(connection, _ABOUT.name)
        schema = connection.scalar(sa.select(_ABOUT.c.schema)) if there else None
    if schema is None and not make:
        raise InputError(f"{name} holds no studies; make one with 'dashjax study create'")
    if schema is None:
        schema = _make(engine)
    if schema != SCHEMA:
        mend = (
            "install the dashjax that wrote it, or a later one"
            if schema > SCHEMA
            else "export its looks with the dashjax that wrote it, and import them into a new study"
        )
        raise InputError(
            f"{name} is a store of schema {schema}, and this dashjax reads schema {SCHEMA}; {mend}"
        )


def _make(engine: sa.Engine) -> int:
    """Makes the tables, whoever else does so at the same time; gives the schema that is there."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:  # kept in the file; readers then never wait
            connection.connection.cursor().execute("PRAGMA journal_mode=WAL")
    with engine.begin() as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7226041)"))
        _METADATA.create_all(connection)
        schema = connection.scalar(sa.select(_ABOUT.c.schema))
        if schema is None:
            connection.execute(_ABOUT.insert(), {"schema": SCHEMA})
    return SCHEMA if schema is None else schema


def _reading(engine: sa.Engine) -> sa.Connection:
    """A connection that reads, and so waits for no writer."""
    return engine.connect().execution_options(**{address.READS: True})


def _events(connection: sa.Connection, study: int, after: int) -> list[Event]:
    columns = [_EVENTS.c[name] for name in Event._fields]
    mine = (_EVENTS.c.study == study) & (_EVENTS.c.number > after)
    rows = connection.execute(sa.select(*columns).where(mine).order_by(_EVENTS.c.number))
    return [Event(*row)._replace(payload=json.loads(row.payload)) for row in rows]
