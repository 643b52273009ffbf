"""The README's tables of speed, in Markdown, from the results of `engine` and `peers`.

`python -m benchmarks.speed` prints them.
"""

import json
from pathlib import Path

from dashjax.store.results import Row

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Prints both tables."""
    for name, table in (("engine", engine_table), ("peers", peers_table)):
        document = json.loads((RESULTS / f"{name}.json").read_text())
        print(table(document["rows"]), end="\n\n")


def engine_table(rows: list[Row]) -> str:
    """A line a case: million steps per second on one core and on all, and against the loop."""
    most = max(row["cores"] for row in rows)
    by_case: dict[str, dict[int, Row]] = {}
    for row in rows:
        by_case.setdefault(row["case"], {})[row["cores"]] = row
    head = ["", "one core", "Numba", "ratio", "C", "ratio", f"{most} cores"]
    return _markdown(head, [_engine_line(case, on, most) for case, on in by_case.items()])


def _engine_line(case: str, on: dict[int, Row], most: int) -> list[str]:
    one = on[1]
    numba = _millions(one["yardstick"]), _ratio(one["ratio"])
    c = _millions(one["c"]), _ratio(one["ratio_to_c"])
    return [case, _millions(one["ours"]), *numba, *c, _millions(on[most]["ours"])]


def _ratio(ratio: float | None) -> str:
    return f"{ratio:.3g}" if ratio else ""


def peers_table(rows: list[Row]) -> str:
    """A line a package: steps per second, and how much faster ours is."""
    head = ["package", "what it samples", "steps/s", "ours is faster by"]
    return _markdown(head, [_peers_line(row) for row in rows if row["theirs"]])


def _peers_line(row: Row) -> list[str]:
    name = f"{row['peer']} {row['version']}"
    return [name, row["law"], f"{row['theirs']:,.0f}", f"{row['ratio']:,.0f}"]


def _millions(speed: float | None) -> str:
    if not speed:
        return ""
    return f"{speed / 1e6:.2g} M" if speed < 1e8 else f"{speed / 1e6:.0f} M"


def _markdown(head: list[str], body: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
