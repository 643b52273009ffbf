"""How fast the simulator is, against other packages that do the same work by their own interfaces.

    python -m benchmarks.peers --install    # first makes an environment for each, by venv and pip
    python -m benchmarks.peers --quick
    python -m benchmarks.peers --json

The work is that of the engine's first case: Thompson sampling with Gaussian rewards on 15
independent arms, 200 steps, prior N(0, 2), noise N(0, 1); and the same pool with its hierarchy,
where a peer can say one. Every run leaves the arm and the regret of each step. A peer without
Gaussian Thompson sampling does the nearest that it has: its row's `law` says what. Steps are
counted per second of processor time on one core, compilation and imports left out: the median of
several timings that alternate between all. `regret` is a run's, in the mean. Rows go to
`peers.json`; a peer that cannot be measured has one that says why.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.table import Table

from benchmarks.engine import CASES, Case, bind, our_sweep, utilities
from dashjax.cli.exit import ending
from dashjax.cli.output import Terminal
from dashjax.errors import InputError
from dashjax.store.machine import keep
from dashjax.store.results import Row

_TIMINGS = 5
_LONGEST = 300  # seconds that a worker may take
_WORKERS = Path(__file__).parent / "yardsticks" / "peers"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

_OLDER = (  # the last versions that packages of that age run with
    *("numpy==1.26.4", "scipy==1.11.4", "pandas==2.2.3", "scikit-learn==1.5.2"),
    *("matplotlib==3.9.4", "seaborn==0.13.2"),
)
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "smpybandits": ("SMPyBandits==0.9.7", "scikit-optimize==0.10.2", "joblib==1.4.2", *_OLDER),
    "mabwiser": ("mabwiser==2.7.4", "numpy==2.4.6", "scipy==1.17.1", "scikit-learn==1.9.1"),
    "obp": ("obp==0.3.3", *_OLDER),  # 0.4 wants PyTorch, 0.5 an older Python; both sample alike
    "mabby": ("mabby==0.1.2", "numpy==1.26.4"),
    "bayesianbandits": ("bayesianbandits==1.5.0", "numpy==2.4.6", "scipy==1.17.1"),
}

FLAT = CASES[0]
HIERARCHY = Case("joint Thompson sampling, 5 x 3", "joint-ts", 5, 3, 200, 40_960)


@dataclass(frozen=True)
class Peer:
    """A package, where it is installed, and the file that makes it do our case."""

    name: str
    environment: str
    worker: Path
    case: Case = FLAT


PEERS = (
    Peer("SMPyBandits", "smpybandits", _WORKERS / "smpybandits_gaussian.py"),
    Peer("MABWiser", "mabwiser", _WORKERS / "mabwiser_beta.py"),
    Peer("MABWiser, linear", "mabwiser", _WORKERS / "mabwiser_linear.py"),
    Peer("Open Bandit Pipeline", "obp", _WORKERS / "obp_beta.py"),
    Peer("Open Bandit Pipeline, linear", "obp", _WORKERS / "obp_linear.py"),
    Peer("mabby", "mabby", _WORKERS / "mabby_beta.py"),
    Peer("bayesianbandits", "bayesianbandits", _WORKERS / "bayesianbandits_gaussian.py"),
    Peer(
        "bayesianbandits, hierarchy",
        "bayesianbandits",
        _WORKERS / "bayesianbandits_hierarchy.py",
        HIERARCHY,
    ),
)


@dataclass(frozen=True)
class Benchmark:
    """Measure steps per second, ours and those of other packages."""

    install: bool = False
    """First make the environments that are not there yet."""
    quick: bool = False
    """A quarter of the runs."""
    json: bool = False
    """Print one JSON document."""
    environments: Path = _CACHE / "dashjax" / "peers"
    """Where the packages' environments are."""
    out: Path = Path("benchmarks/results")
    """Where the results go."""


class Unusable(Exception):
    """A peer cannot be measured: the reason."""


def main() -> None:
    """Measures, prints the rows and writes them.

    Raises:
        InputError: if no peer is there, and none was to be installed.
    """
    options = tyro.cli(Benchmark, description=__doc__)
    terminal = Terminal(options.json)
    absent = _absent(options, terminal)
    if len(absent) == len(ENVIRONMENTS) and not options.install:
        raise InputError(
            f"none of the packages to compare with is installed in {options.environments}; "
            "install them with: python -m benchmarks.peers --install"
        )
    bind(1)
    ours = {case.method: _our_speed(case, options.quick) for case in (FLAT, HIERARCHY)}
    for_seconds = 0.5 if options.quick else 2.0
    asked = functools.partial(ask, folder=options.environments, for_seconds=for_seconds)
    reasons = {peer: absent[peer.environment] for peer in PEERS if peer.environment in absent}
    rows = measure(PEERS, ours, asked, reasons)
    path = options.out / "peers.json"
    document = keep({"bound_to_cores": 1, "rows": rows}, path)
    terminal.show(table(rows), f"written to {path}")
    terminal.document(document)


def measure(
    peers: Sequence[Peer],
    ours: dict[str, Callable[[], float]],
    asked: Callable[[Peer], Row],
    reasons: dict[Peer, str],
) -> list[Row]:
    """A row a peer.

    Args:
        peers: whom to measure.
        ours: by method, one timing of ours in steps per second.
        asked: one timing of a peer: its worker's answer.
        reasons: of peers that are known to be unusable.
    """
    reasons = dict(reasons)
    speeds: dict[str, list[float]] = {method: [] for method in ours}
    answers: dict[Peer, list[Row]] = {peer: [] for peer in peers}
    for _ in range(_TIMINGS):
        for method, speed in ours.items():
            speeds[method].append(speed())
        for peer in peers:
            if peer not in reasons:
                try:
                    answers[peer].append(asked(peer))
                except Unusable as error:
                    reasons[peer] = str(error)
    return [
        _unmeasured(peer, speeds[peer.case.method], reasons[peer])
        if peer in reasons
        else _measured(peer, speeds[peer.case.method], answers[peer])
        for peer in peers
    ]


def ask(peer: Peer, folder: Path, for_seconds: float) -> Row:
    """What the peer's worker answers after one timing.

    Raises:
        Unusable: if it fails.
    """
    utility = utilities(peer.case).tolist()
    task = {"utility": utility, "steps": peer.case.steps, "seconds": for_seconds}
    words = [str(_python(folder / peer.environment)), "-E", "-s", str(peer.worker)]
    said = _said(words, json.dumps(task)).strip()
    try:
        return json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        raise Unusable("its worker said nothing that can be read") from None


def table(rows: list[Row]) -> Table:
    """The rows for a person."""
    shown = Table(box=None)
    for heading in ("peer", "version", "law"):
        shown.add_column(heading)
    for heading in ("regret", "steps/s", "ours", "ours / peer"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        ours = f"{row['ours'] / 1e6:.1f} M"
        if row["why"]:
            shown.add_row(row["peer"], "-", row["why"], "-", "-", ours, "-")
        else:
            figures = f"{row['regret']:.1f}", f"{row['theirs']:,.0f}", ours, f"{row['ratio']:,.0f}"
            shown.add_row(row["peer"], row["version"], row["law"], *figures)
    return shown


def _measured(peer: Peer, ours: list[float], answers: list[Row]) -> Row:
    theirs = [answer["steps_per_second"] for answer in answers]
    row = _unmeasured(peer, ours, None)
    row |= {key: answers[0][key] for key in ("law", "version")}
    row |= {"theirs": statistics.median(theirs), "timings": {"ours": ours, "theirs": theirs}}
    regret = statistics.mean(answer["regret"] for answer in answers)
    return row | {"ratio": row["ours"] / row["theirs"], "regret": regret}


def _unmeasured(peer: Peer, ours: list[float], why: str | None) -> Row:
    label = {"peer": peer.name, "case": peer.case.name, "method": peer.case.method}
    row = label | {"law": None, "version": None, "ours": statistics.median(ours)}
    return row | {"theirs": None, "ratio": None, "regret": None, "timings": None, "why": why}


def _our_speed(case: Case, quick: bool) -> Callable[[], float]:
    """Our sweep of the case, compiled: steps per second of one timing."""
    runs = case.runs // 4 if quick else case.runs
    work, _ = our_sweep(case, runs)

    def speed() -> float:
        began = time.process_time()
        work()
        return case.steps * runs / (time.process_time() - began)

    return speed


def _absent(options: Benchmark, terminal: Terminal) -> dict[str, str]:
    """By name, why an environment is not there, after the installations asked for."""
    absent = {}
    for name, packages in ENVIRONMENTS.items():
        place = options.environments / name
        if options.install and not _is_complete(place, packages):
            terminal.note(f"installing {packages[0]}")
            try:
                _install(place, packages)
            except Unusable as error:
                absent[name] = f"could not be installed: {error}"
        elif not _is_complete(place, packages):
            absent[name] = "is not installed; --install does it"
    return absent


def _is_complete(place: Path, packages: tuple[str, ...]) -> bool:
    """Whether the environment was made to its end, from these packages."""
    note = place / "packages.txt"
    return note.exists() and note.read_text().split() == list(packages)


def _install(place: Path, packages: tuple[str, ...]) -> None:
    _said([sys.executable, "-m", "venv", "--clear", str(place)])
    install = ("-m", "pip", "install", "--quiet", "--prefer-binary", "--disable-pip-version-check")
    _said([str(_python(place)), *install, *packages], longest=None)
    (place / "packages.txt").write_text("\n".join(packages) + "\n")


def _python(place: Path) -> Path:
    return place / "bin" / "python"


def _said(words: list[str], told: str = "", longest: int | None = _LONGEST) -> str:
    """What a command prints on stdout.

    Raises:
        Unusable: if it cannot be run, fails, or takes longer than so many seconds.
    """
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            words, input=told, env=alone, capture_output=True, text=True, timeout=longest
        )
    except subprocess.TimeoutExpired:
        raise Unusable(f"took longer than {longest} seconds") from None
    except OSError as error:
        raise Unusable(error.strerror or "cannot be run") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["failed silently"]
        raise Unusable(next((line for line in lines if line.startswith("ERROR")), lines[-1]))
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(ending(main))
