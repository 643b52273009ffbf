"""How quick a study is, and how many writers it stands: `python -m benchmarks.study`.

Writes `benchmarks/results/study.json`. With `--processes 8` so many ask and tell at once, in a file
and, with `--postgresql URL`, in that database.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dashjax as dj
from dashjax.engine import compilation
from dashjax.store import machine
from dashjax.store.studies import open_store

RESULTS = Path(__file__).parent / "results" / "study.json"
WORK = """
import sys, time, dashjax as dj
from dashjax.engine import compilation
compilation.keep()
study = dj.Study.open(sys.argv[1], name="load", patience=60.0)
for _ in range(2):  # compiled by then
    study.tell(study.ask(sys.argv[2]), 0.5)
study.ask(sys.argv[2])
print("ready", flush=True); sys.stdin.readline()
until, made, slowest = time.monotonic() + float(sys.argv[3]), 0, 0.0
while time.monotonic() < until:
    began = time.monotonic()
    trial = study.ask(sys.argv[2])
    study.tell(trial, (trial.number * 7 % 1000) / 1000)
    slowest, made = max(slowest, time.monotonic() - began), made + 1
print(made, slowest)
"""


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


def load(where: str, kind: str, processes: int, seconds: float) -> dict:
    """Processes that ask and tell without a pause."""
    dj.Study.open(where, pool_of(100, 20), name="load", seed=1).ask("first")
    start = [sys.executable, "-c", WORK, where]
    workers = [
        subprocess.Popen(
            [*start, f"w{number}", str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for one in workers:
        assert one.stdout is not None
        one.stdout.readline()
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate()[0].split() for one in workers]
    assert all(one.returncode == 0 for one in workers)
    made = sum(int(words[0]) for words in said)
    study = dj.Study.open(where, name="load")
    rows = study.trials()
    told = [row for row in rows if row["state"] == "told"]
    return {
        "what": "load",
        "store": kind,
        "processes": processes,
        "seconds": seconds,
        "looks": made,
        "looks_in_log": len(told),
        "slowest": max(float(words[1]) for words in said),
        "errors": sum(one.returncode != 0 for one in workers),
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


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", help="URL of a database for the load")
    parser.add_argument("--processes", type=int, default=0, help="that load a store; 0: none")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    compilation.keep()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = [
            lambda: startup(folder),
            lambda: asks(folder, 100, 20, 100),
            lambda: asks(folder, 10_000, 100, 20),
            lambda: opening(folder, 10_000),
            lambda: opening(folder, 50_000),
            *(lambda workers=workers: batches(workers) for workers in (1, 4, 8)),
        ]
        if options.processes:
            where = str(folder / "l.sqlite")
            parts.append(lambda: load(where, "sqlite", options.processes, options.seconds))
        if options.processes and options.postgresql:
            url = options.postgresql
            parts.append(lambda: load(url, "postgresql", options.processes, options.seconds))
        for part in parts:
            rows.append(part())
            print(json.dumps(rows[-1]), flush=True)
    machine.keep({"rows": rows}, RESULTS)


if __name__ == "__main__":
    main()
