"""Many workers on one study, each with a connection of its own, in either kind of store."""

import threading

import pytest
from trying_studies import look, reward_of, study_at

from dashjax.study.study import Study


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """A place for a store of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "studies.sqlite")
    return request.getfixturevalue("server").url()


def working(where: str, name: str, workers: int, looks: int) -> list[threading.Thread]:
    """Threads that have begun to make looks, each with a connection of its own."""

    def work(worker: str) -> None:
        study = Study.open(where, name=name, patience=60.0)
        for _ in range(looks):
            look(study, worker)

    names = [f"w{number}" for number in range(workers)]
    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    return threads


def test_eight_workers_get_looks_of_their_own_and_none_is_lost(where):
    study_at(where).ask("warm")
    for thread in working(where, "hand", workers=8, looks=5):
        thread.join()
    rows = study_at(where).trials()

    assert [row["trial"] for row in rows] == list(range(1, 42))
    assert [row["state"] for row in rows].count("told") == 40
    assert all(
        row["reward"] == reward_of(row["dataset"], row["trial"])
        for row in rows
        if row["state"] == "told"
    )


def test_first_looks_of_eight_workers_are_at_eight_datasets(where):
    study = study_at(where, name="first", seed=3)
    asked = [study.ask(f"w{number}").dataset for number in range(8)]

    assert len(set(asked)) >= 6  # one of each group first; a repeat tells the noise


def test_a_study_in_postgresql_does_what_one_in_a_file_does(server, tmp_path):
    far, near = (study_at(where, name="same") for where in (server.url(), tmp_path / "s.sqlite"))
    assert [look(far) for _ in range(8)] == [look(near) for _ in range(8)]


def test_workers_wait_while_the_server_is_away_and_go_on(server):
    study = study_at(server.url(), name="away", patience=60.0)
    study.ask("warm")
    threads = working(server.url(), "away", workers=2, looks=6)
    while len(study.trials()) < 3:  # in the middle of their work
        pass
    server.stop()
    server.start()
    for thread in threads:
        thread.join()

    assert [row["state"] for row in study.trials()] == ["open"] + ["told"] * 12
