"""The log of a study: whole transactions, one writer at a time, clear words for what is amiss."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa

from dashjax.errors import InputError
from dashjax.store import studies, study_address, study_refusals
from dashjax.store.studies import open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """A place for a store of each kind."""
    if request.param == "sqlite":
        return tmp_path / "studies.sqlite"
    return request.getfixturevalue("server").url()


def test_what_was_written_is_read_in_its_order(where):
    store = open_store(where, make=True)
    number = store.create("hand", {"name": "hand"})
    store.write(number, lambda t: t.append("asked", {"arm": 1}, worker="w", key="k"))
    store.write(number, lambda t: t.append("told", {"reward": 0.1, "of": "ü'\"; DROP"}))
    events = open_store(where).events(number)

    assert [event.number for event in events] == [1, 2, 3]
    assert [event.kind for event in events] == ["created", "asked", "told"]
    assert events[1].worker == "w"
    assert events[2].payload == {"reward": 0.1, "of": "ü'\"; DROP"}
    assert store.events(number, after=2) == events[2:]
    assert store.create("hand", {"name": "another"}) == number
    assert store.studies()["hand"] == number


def test_a_transaction_that_fails_leaves_nothing(where):
    store = open_store(where, make=True)
    number = store.create("whole", {})

    def half(transaction):
        transaction.append("asked", {})
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        store.write(number, half)
    assert len(store.events(number)) == 1


def test_writers_take_turns_and_each_sees_what_was_written_before(where):
    number = open_store(where, make=True).create("many", {})

    def work(writer: int) -> None:
        store = open_store(where)
        for _ in range(15):
            store.write(number, lambda t: t.append("asked", {"seen": len(t.events())}))

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = open_store(where).events(number)

    assert [event.number for event in events] == list(range(1, 122))
    assert [event.payload["seen"] for event in events[1:]] == list(range(1, 121))


def test_a_server_that_goes_away_is_waited_for(server):
    store = open_store(server.url(), make=True, patience=60.0)
    number = store.create("patient", {})
    server.stop()
    timer = threading.Timer(0.5, server.start)
    timer.start()
    store.write(number, lambda t: t.append("asked", {}))
    timer.join()

    assert len(store.events(number)) == 2


def test_a_wrong_password_or_address_is_said(server):
    for url, sentence in (
        (server.url(password="wrong"), "refuses the password"),
        (server.url(user="nobody-here"), "refuses the password"),
        (server.url().replace(str(server.port), "1"), "no server answers"),
        (server.url().replace("/postgres", "/nowhere"), "is not there"),
        ("postgresql://a:b@no-such-host.invalid/db", "is not known"),
    ):
        with pytest.raises(InputError, match=sentence) as refused:
            open_store(url, make=True)
        assert "secret" not in str(refused.value)
        assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("mysql://a@b/c", "kind 'mysql'"),
        ("postgrsql://a@b/c", "did you mean 'postgres"),
        ("postgresql://a:b@host:port/c", "cannot be read"),
        ("nowhere/s.sqlite", "folder 'nowhere'"),
        (".", "is a folder"),
    ],
)
def test_an_address_that_is_none_is_refused(where, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=sentence):
        open_store(where, make=True)
    assert not list(tmp_path.iterdir())


def test_a_store_that_is_not_there_is_not_made_by_looking(tmp_path):
    with pytest.raises(InputError, match="there is no study at"):
        open_store(tmp_path / "typo.sqlite")
    assert not list(tmp_path.iterdir())


def test_other_files_and_schemas_are_refused(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("these are notes, and no studies; " * 50)
    with pytest.raises(InputError, match="not a file of studies"):
        open_store(text, make=True)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    with pytest.raises(InputError, match="holds no studies"):
        open_store(other)
    open_store(tmp_path / "s.sqlite", make=True)
    for schema, mend in ((studies.SCHEMA + 1, "later one"), (0, "import them")):
        with sqlite3.connect(tmp_path / "s.sqlite") as connection:
            connection.execute("UPDATE dashjax_store SET schema = ?", (schema,))
        connection.close()
        with pytest.raises(InputError, match=mend):
            open_store(tmp_path / "s.sqlite")


def test_a_study_that_is_not_there_is_said_with_those_that_are(tmp_path):
    store = open_store(tmp_path / "s.sqlite", make=True)
    store.create("hand", {})
    with pytest.raises(InputError, match=r"no study 'hnad' \(did you mean 'hand'\?\)"):
        store.number("hnad")


def test_a_file_that_cannot_be_written_can_still_be_read(tmp_path):
    store = open_store(tmp_path / "s.sqlite", make=True)
    number = store.create("hand", {})
    store.close()
    read_only = open_store(f"sqlite:///file:{tmp_path / 's.sqlite'}?mode=ro&uri=true")
    assert len(read_only.events(number)) == 1
    with pytest.raises(InputError, match="is read-only"):
        read_only.write(number, lambda t: t.append("asked", {}))


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, monkeypatch):
    store = open_store(tmp_path / "s.sqlite", make=True)
    number = store.create("hand", {})
    before = study_address._set_up_sqlite

    def small(connection, record):
        before(connection, record)
        connection.execute("PRAGMA max_page_count=20")

    monkeypatch.setattr(study_address, "_set_up_sqlite", small)
    full = open_store(tmp_path / "s.sqlite")
    with pytest.raises(InputError, match="is full"):
        full.write(number, lambda t: t.append("asked", {"text": "x" * 200_000}))
    assert len(full.events(number)) == 1


def test_a_network_file_system_is_seen(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/home {tmp_path}/far\\040away nfs4 rw 0 0\n")
    far = sa.URL.create("sqlite", database=f"{tmp_path}/far away/s.sqlite")
    near = sa.URL.create("sqlite", database=f"{tmp_path}/s.sqlite")

    assert study_address.network_file_system(far, mounts) == "nfs4"
    assert study_address.network_file_system(near, mounts) is None


@pytest.mark.parametrize(
    ("said", "away"),
    [
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  the database system is not yet accepting connections", True),
        ("FATAL:  the database system is in recovery mode", True),
        ("FATAL:  terminating connection due to administrator command", True),
        ('FATAL:  password authentication failed for user "x"', False),
    ],
)
def test_a_server_that_starts_or_ends_is_waited_for(said, away):
    error = sa.exc.OperationalError("", {}, Exception(said), connection_invalidated=False)
    assert study_refusals.went_away(error) == away
