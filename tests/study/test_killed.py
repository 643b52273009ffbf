"""A run of a study that is killed at any instant loses nothing that was told, and goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trying_studies import UTILITY, look, study_at

from benchmarks import killed_runs
from benchmarks.killed_runs import Limit
from dashjax.store.studies import open_store

TRAIN = """
import random, sys
dataset, trial, utility = sys.argv[1], sys.argv[2], dict(UTILITY)
print(utility[dataset] + random.Random(f"{dataset}/{trial}").gauss(0, 0.05))
"""

WRITE = """
import sys
from dashjax.store.studies import open_store
store = open_store(sys.argv[1])
number = store.number("hand")
while True:
    event = store.write(number, lambda t: t.append("told", {"reward": 0.5}))
    print(event.number, flush=True)
"""


def run(store: str, folder: Path, workers: int, kills: int) -> int:
    """Runs the study to its end, killed so many times; gives how often it was."""
    train = folder / "train.py"
    train.write_text(TRAIN.replace("UTILITY", repr(UTILITY)))
    command = f"{sys.executable} -S {train} {{dataset}} {{trial}}"
    arguments = ["--command", command, "--workers", str(workers)]
    arguments += ["--logs", str(folder / "logs"), "--host", f"test-{os.getpid()}"]
    return killed_runs.run(store, "hand", Limit(kills, 0.5), arguments)


def told(study) -> list[tuple]:
    return [(row["trial"], row["dataset"], row["reward"]) for row in study.trials()]


@pytest.mark.slow
def test_a_run_of_one_worker_that_is_killed_does_what_one_does_that_is_not(tmp_path):
    whole, killed = (study_at(tmp_path / name) for name in ("whole.sqlite", "killed.sqlite"))
    while not whole.stopped:
        look(whole)
    assert run(str(tmp_path / "killed.sqlite"), tmp_path, workers=1, kills=3) >= 1

    assert told(killed) == told(whole)
    assert len(told(whole)) >= 20


@pytest.mark.slow
def test_no_look_of_four_workers_is_lost_or_counted_twice(tmp_path):
    store = tmp_path / "killed.sqlite"
    study_at(store, steps=60)
    assert run(str(store), tmp_path, workers=4, kills=3) >= 1
    rows = study_at(store).trials()

    counted = [row for row in rows if row["state"] == "told"]
    assert {row["state"] for row in rows} <= {"told", "released"}
    assert len(counted) <= 60
    assert not killed_runs.asked_otherwise(str(store), "hand")
    assert sum(row["looks"] for row in study_at(store).datasets()) == len(counted)
    for row in counted:
        said = (tmp_path / "logs" / "hand" / f"trial-{row['trial']:06d}.out").read_text()
        assert float(said) == row["reward"]


def test_what_was_acknowledged_is_in_the_log_after_a_dozen_kills(tmp_path):
    store = open_store(tmp_path / "s.sqlite", make=True)
    number, acknowledged = store.create("hand", {}), [1]
    for kill in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path / "s.sqlite")], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.003 * kill)
        writer.kill()
        acknowledged += [int(line) for line in (first, *writer.stdout.read().splitlines())]
        writer.stdout.close()
        writer.wait()
    numbers = [event.number for event in store.events(number)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert set(acknowledged) <= set(numbers)
    assert len(numbers) <= len(acknowledged) + 12  # at most the one in flight, each time
