"""The study of identification: which rule finds the best datasets, how soon, and how sure it is.

    python -m sims.identification                  # 20 minutes on two cores
    python -m sims.identification --quick          # 4 minutes: fewer methods, a tenth of the runs
    python -m sims.identification --table TABLE    # and on a reward table; may be given again

On pools of five groups of three datasets it makes anew the reference figures of the design:
calibration of the exact and of the published posterior (docs/mathematics.md, section 2.4), rules
compared under right and wrong groupings (2.5), one pull of every dataset (2.6) and stop rules (3).
It ends with what it must show, each figure with an interval from runs weighed anew in pairs.

Every case is written as it is done; a study that was stopped goes on there. Another version of the
code starts anew. Results go to `sims/results/identification/<hash of the settings>/`.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

import dashjax
from dashjax.cli.output import Terminal
from dashjax.engine import devices
from dashjax.simulate.plan import Plan
from dashjax.store import results
from dashjax.store.files import write_whole
from dashjax.store.machine import describe
from dashjax.store.results import Experiment, Row
from dashjax.store.reward_table import RewardTable, load_table
from sims import calibration, cases, identification_pictures, one_pull
from sims import identification_tables as tables
from sims.cases import Found
from sims.identification_cases import on_pools, on_table
from sims.identification_claims import claims
from sims.problems import SELECT

_QUICK = 0.1  # of the runs
_DECIDING = ("*.py", "beliefs/*.py", "policies/*.py", "sources/*.py")  # files of the package
_SIMULATIONS = ("problems.py", "cases.py", "calibration.py", "one_pull.py")


@dataclass(frozen=True)
class Study:
    """Compare rules, groupings, noises and stop rules, and hold them against limits."""

    seeds: int = 10_000
    """Runs of most methods; `dash` gets twice as many, costly methods and tables fewer."""
    steps: int = 200
    """Exploration steps of each run."""
    quick: bool = False
    """Fewer methods, and a tenth of the runs."""
    table: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    """Also replay this reward table; may be given again."""
    seed: int = 0
    """Decides everything that is drawn by chance."""
    out: Path = Path("sims/results/identification")
    """Where results go, in a folder named after the settings."""

    @property
    def runs(self) -> int:
        """Runs of most methods."""
        return max(round(self.seeds * (_QUICK if self.quick else 1)), 1)


def main() -> None:
    """Runs the study, prints its tables, and writes them with pictures."""
    study = tyro.cli(Study, description=__doc__)
    terminal = Terminal(as_json=False)
    loaded = [load_table(path) for path in study.table]
    config = _config(study, loaded)
    folder = study.out / _hash(json.dumps(config, sort_keys=True).encode())
    results.check_free(folder / "results", overwrite=True)
    with terminal.progress() as advance:
        asked = on_pools(study.runs, study.steps, study.quick)
        for table in loaded:
            asked += on_table(table, study.runs, study.steps, study.quick)
        found = cases.run_all(asked, folder / "cases", study.seed, advance)
        advance("calibration and one pull", 0, 1)
        calibrated = _kept(folder, "calibration", study, calibration.rows)
        pulled = _kept(folder, "one_pull", study, one_pull.rows)
        advance("drawing pictures", 0, 1)
        experiment = _experiment(config, found, calibrated["rows"], pulled["rows"])
        seconds = sum([one.row["seconds"] for one in found], calibrated["seconds"])
        _write(experiment, folder, seconds + pulled["seconds"])
        identification_pictures.draw(experiment, folder)
    terminal.show(
        tables.calibration(calibrated["rows"]),
        tables.one_pull(pulled["rows"]),
        *tables.perfect(found),
        *tables.rules(found),
        *tables.stops(found),
        *tables.replays(found),
        *tables.claims(experiment.frames["claims"]),
        f"results and pictures are in {folder}",
    )


def _kept(folder: Path, name: str, study: Study, make: Callable[[int, int], list[Row]]) -> Row:
    """Rows and the seconds that they took, from disk where they were made before."""

    def timed() -> Row:
        began = time.perf_counter()
        rows = make(2 * study.runs, study.seed)
        return {"rows": rows, "seconds": time.perf_counter() - began}

    return cases.kept(folder / "cases" / f"{name}.json", timed)


def _experiment(
    config: dict[str, Any], found: Sequence[Found], calibrated: list[Row], pulled: list[Row]
) -> Experiment:
    experiment = Experiment(config, [one.row for one in found])
    for one in found:
        experiment.add("curves", one.curves)
        experiment.add("stops", one.stops)
    experiment.add("calibration", calibrated)
    experiment.add("one_pull", pulled)
    experiment.add("claims", claims(found))
    return experiment


def _write(experiment: Experiment, folder: Path, seconds: float) -> None:
    """The frames, and all but the curves once more in one file with the machine."""
    results.write(experiment, folder / "results", seconds, overwrite=True)
    frames = {name: rows for name, rows in experiment.frames.items() if name != "curves"}
    document = {"machine": describe(), "seconds": seconds, "config": experiment.config}
    text = json.dumps(document | {"rows": experiment.rows} | frames, indent=1) + "\n"
    write_whole(folder / "results.json", lambda file: file.write_text(text))


def _config(study: Study, loaded: Sequence[RewardTable]) -> dict[str, Any]:
    """All that decides the results: the settings, the tables' content and the code."""
    package, here = Path(dashjax.__file__).parent, Path(__file__).parent
    files = [path for pattern in _DECIDING for path in sorted(package.glob(pattern))]
    files += [here / name for name in _SIMULATIONS]
    return {
        "command": "identification",
        "seeds": study.seeds,
        "steps": study.steps,
        "quick": study.quick,
        "seed": study.seed,
        "select": SELECT,
        "tolerance": Plan(study.steps, SELECT).tolerance,
        "tables": [table.content for table in loaded],
        "code": _hash(b"".join(path.read_bytes() for path in files)),
    }


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


if __name__ == "__main__":
    devices.use_all_cores()
    main()
