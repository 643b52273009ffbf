"""How quick a study is, and what it stands: `python -m benchmarks.study`.

Writes `benchmarks/results/study.json`. With `--processes 32` so many ask and tell at once, with
`--kills 100` a run of four workers is killed so often; both in a file and, with `--postgresql URL`,
in that database, which should be empty.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dashjax as dj
from benchmarks import study_load
from dashjax.engine import compilation
from dashjax.store import machine
from dashjax.store.studies import open_store

RESULTS = Path(__file__).parent / "results" / "study.json"


def pool_of(datasets: int, groups: int) -> dj.Pool:
    """A pool whose datasets are spread over groups of one size."""
    names = tuple(f"d{number}" for number in range(datasets))
    group = tuple(number * groups // datasets for number in range(datasets))
    one = (1.0,) * datasets
    return dj.Pool(names, tuple(f"g{g}" for g in range(groups)), group, (1,) * datasets, one)


def asks(folder: Path, datasets: int, groups: int, looks: int) -> dict:
    """Seconds of an ask and of a tell in a running process, the log included."""
    pool = pool_of(datasets, groups)
    study = dj.Study.open(folder / f"{datasets}.sqlite", pool, target="speed", seed=1)
    asked, told, judged = [], [], []
    for number in range(looks + 5):
        times = [time.perf_counter()]
        trial = study.ask()
        times.append(time.perf_counter())
        study.tell(trial, number % 7 / 10)
        times.append(time.perf_counter())
        _ = study.stopped
        times.append(time.perf_counter())
        if number >= 5:  # compiled by then
            for kept, start in ((asked, 0), (told, 1), (judged, 2)):
                kept.append(times[start + 1] - times[start])
    row = {"what": "ask and tell", "datasets": datasets, "looks": looks}
    row |= {"ask_median": statistics.median(asked), "ask_most": max(asked)}
    return row | {
        "tell_median": statistics.median(told),
        "stopped_median": statistics.median(judged),
    }


def opening(folder: Path, events: int) -> dict:
    """Seconds until a study of so many events has been read and asked, compiled code aside."""
    path = folder / f"events{events}.sqlite"
    study = dj.Study.open(path, pool_of(100, 20), target="open", seed=1)
    _ = study.ask(), study.stopped
    store = open_store(path)

    def fill(transaction) -> None:
        for number in range(events // 2):
            payload = {"trial": None, "arm": number % 100, "reward": number % 13 / 10, "cost": None}
            transaction.append("told", payload)
            transaction.append("moved", {"dataset": "d1", "state": "in pool"})

    store.write(1, fill)
    assert not study.stopped
    began = time.perf_counter()
    again = dj.Study.open(path)
    read = time.perf_counter() - began
    again.ask("me")
    return {
        "what": "open",
        "events": events,
        "read": read,
        "first_ask": time.perf_counter() - began,
    }


def batches(workers: int) -> dict:
    """Looks until right where the rewards of so many come at once, on synthetic pools of 5 x 3."""
    plan = dj.Plan(steps=160, select=3, batch=workers)
    result = dj.sweep((5, 3), ["best"], seeds=500, plan=plan)
    row, stop = result.rows[0], result.frames["stops"][0]
    found = {"what": "workers at once", "workers": workers, "runs": 500}
    found |= {name: row[name] for name in ("steps_median", "steps_mean")}
    return found | {name: stop[name] for name in ("stopped_mean", "good_when_stopped")}


def startup(folder: Path) -> dict:
    """Seconds of a first ask from the command line, with what was compiled kept from before."""
    (folder / "pool.csv").write_text("dataset,group\na,x\nb,x\nc,y\nd,y\n")
    command = [sys.executable, "-m", "dashjax", "study"]
    store = str(folder / "start.sqlite")
    create = ["create", store, "--pool", str(folder / "pool.csv"), "--target", "t"]
    subprocess.run([*command, *create, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(4):
        began = time.perf_counter()
        subprocess.run([*command, "ask", store], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return {"what": "start", "first": times[0], "median_after": statistics.median(times[1:])}


def speed(folder: Path) -> Iterator[dict]:
    """How quick a study is."""
    yield startup(folder)
    yield asks(folder, 100, 20, 100)
    yield asks(folder, 10_000, 100, 20)
    yield opening(folder, 10_000)
    yield opening(folder, 50_000)
    yield from map(batches, (1, 4, 8))


def places(folder: Path, postgresql: str | None) -> dict[str, str]:
    """Where the stores of each kind are."""
    found = {"sqlite": str(folder / "load.sqlite")}
    return found | ({"postgresql": postgresql} if postgresql else {})


def measured(options: argparse.Namespace, folder: Path) -> Iterator[dict]:
    """All that was asked for, a row each."""
    if not (options.processes or options.kills):
        yield from speed(folder)
    for kind, where in places(folder, options.postgresql).items():
        if options.processes:
            found = study_load.load(where, pool_of(100, 20), options.processes, options.seconds)
            yield {"what": "load", "store": kind} | found
        if options.kills:
            yield {"what": "kills", "store": kind} | study_load.kills(where, folder, options.kills)


def main() -> None:
    """Measures, prints, and puts the rows in the place of earlier ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", help="URL of a database for load and kills")
    parser.add_argument("--processes", type=int, default=0, help="that load a store")
    parser.add_argument("--seconds", type=float, default=60.0, help="for which they do")
    parser.add_argument("--kills", type=int, default=0, help="of a run of four workers")
    options = parser.parse_args()
    compilation.keep()
    rows = {_key(row): row for row in json.loads(RESULTS.read_text())["rows"]}
    with tempfile.TemporaryDirectory() as name:
        for row in measured(options, Path(name)):
            # other work on the machine makes times longer
            rows[_key(row)] = row | {"load_average": round(os.getloadavg()[0], 1)}
            print(json.dumps(rows[_key(row)]), flush=True)
    machine.keep({"rows": list(rows.values())}, RESULTS)


def _key(row: dict) -> tuple:
    return tuple(row.get(name) for name in ("what", "datasets", "events", "store", "workers"))


if __name__ == "__main__":
    main()
