"""What a study stands: many processes that ask and tell at once, and runs that are killed."""

import subprocess
import sys
from pathlib import Path

import dashjax as dj
from benchmarks import killed_runs

_WORKERS, _LOOKS_A_KILL, _LONGEST = 4, 6, 4.0
_WORK = """
import sys, time, dashjax as dj
from dashjax.engine import compilation
compilation.keep()
study = dj.Study.open(sys.argv[1], name="load", patience=60.0)
study.tell(study.ask(sys.argv[2]), 0.5)  # compiled by then
print("ready", flush=True); sys.stdin.readline()
until, times = time.monotonic() + float(sys.argv[3]), []
while time.monotonic() < until:
    began = time.monotonic()
    trial = study.ask(sys.argv[2])
    study.tell(trial, (trial.number * 7 % 1000) / 1000)
    times.append(time.monotonic() - began)
print(len(times), max(times))
"""
_TRAIN = """
import random, sys, time
draw = random.Random(" ".join(sys.argv[1:]))
time.sleep(draw.uniform(0.2, 1.0))
print(int(sys.argv[1][1:]) / 50 + draw.gauss(0, 0.05))
"""


def load(where: str, pool: dj.Pool, processes: int, seconds: float) -> dict:
    """Processes that ask and tell without a pause."""
    dj.Study.open(where, pool, name="load", seed=1).ask("first")
    workers = [_start(where, f"w{number}", seconds) for number in range(processes)]
    for one in workers:
        assert one.stdout is not None
        one.stdout.readline()
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate() for one in workers]
    words = [out.split() for out, _ in said if out]
    made = sum(int(count) for count, _ in words)
    rows = dj.Study.open(where, name="load").trials()
    told = sum(row["state"] == "told" for row in rows)
    errors = sum(one.returncode != 0 for one in workers)
    for _, error in said:
        print(error[-500:], file=sys.stderr, end="")
    return {
        "processes": processes,
        "seconds": seconds,
        "looks": made,
        "looks_in_log": told - processes,  # each told one before
        "slowest": max(float(longest) for _, longest in words),
        "errors": errors,
    }


def _start(where: str, name: str, seconds: float) -> subprocess.Popen:
    pipe, command = subprocess.PIPE, [sys.executable, "-c", _WORK, where, name, str(seconds)]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def kills(where: str, folder: Path, count: int) -> dict:
    """Runs of four workers that are killed again and again, until the looks are made."""
    steps = _LOOKS_A_KILL * count
    groups = tuple(f"g{number}" for number in range(5))
    names = tuple(f"d{number}" for number in range(15))
    pool = dj.Pool(names, groups, tuple(n // 3 for n in range(15)), (1,) * 15, (1.0,) * 15)
    study = dj.Study.open(where, pool, name="killed", steps=steps, stop=f"budget:{steps}")
    train, logs = folder / "train.py", folder / "logs"
    train.write_text(_TRAIN)
    command = f"{sys.executable} -S {train} {{dataset}} {{trial}}"
    limit = killed_runs.Limit(count, _LONGEST)
    arguments = ["--command", command, "--workers", str(_WORKERS)]
    killed = killed_runs.run(where, "killed", limit, [*arguments, "--logs", str(logs)])
    rows = study.trials()
    told = {row["trial"]: row["reward"] for row in rows if row["state"] == "told"}
    printed = {n: float((logs / "killed" / f"trial-{n:06d}.out").read_text()) for n in told}
    return {
        "kills": killed,
        "workers": _WORKERS,
        "looks": len(told),
        "looks_wanted": steps,
        "asks": len(rows),
        "asks_otherwise": len(killed_runs.asked_otherwise(where, "killed")),
        "rewards_otherwise": sum(printed[number] != reward for number, reward in told.items()),
        "open": sum(row["state"] == "open" for row in rows),
    }
