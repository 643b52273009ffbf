"""The house is as it was drawn: who may import whom, and what must not exist."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dashjax"
FILES = sorted(PACKAGE.rglob("*.py"))
EVERY_FILE = [
    path
    for part in ("dashjax", "tests", "sims", "benchmarks")
    for path in (ROOT / part).rglob("*.py")
]

GROUND = {"errors", "hosts", "pool", "progress", "settings", "storage", "table", "table_writing"}
SUPPLY = {"training", "data"}
DECISION = (  # from the bottom to the top: a part imports only what stands before it
    "base",
    "side_by_side",
    "scanning",
    "places",
    "threefry",
    "ranking",
    "sampling",
    "gaussian",
    "hyperprior",
    "fitting",
    "nuts",
    "sources",
    "beliefs",
    "policies",
    "stopping",
    "rules",
    "certainty",
    "selection",
    "priors",
    "methods",
    "metrics",
    "resampling",
    "rollout",
    "rounds",
    "sweep",
)
LONGEST = 350


def part_of(module: str) -> str:
    """The first name below the package: `beliefs` for `dashjax.beliefs.exact`."""
    return module.split(".")[1] if "." in module else ""


def place_of(part: str) -> str:
    if part in GROUND:
        return "ground"
    if part in SUPPLY:
        return "supply"
    return "decision" if part in DECISION else "door"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports():
    """(file, its part, a part of dashjax that it imports), without its own part."""
    for path in FILES:
        part = part_of(module_of(path))
        for module in imports_of(path):
            other = part_of(module)
            if module.startswith("dashjax.") and other != part:
                yield path.relative_to(ROOT), part, other


IMPORTS = list(own_imports())


def test_what_is_named_here_exists():
    there = {part_of(module_of(path)) for path in FILES}

    assert there >= GROUND | SUPPLY | set(DECISION)
    assert {(part, other) for _, part, other in IMPORTS} >= {
        ("sweep", "rollout"),
        ("beliefs", "gaussian"),
        ("training", "data"),
        ("table", "storage"),
    }


def test_the_towers_do_not_know_each_other():
    apart = [("decision", "supply"), ("supply", "decision")]

    assert not [x for x in IMPORTS if (place_of(x[1]), place_of(x[2])) in apart]


def test_the_ground_stands_on_nothing():
    assert not [x for x in IMPORTS if place_of(x[1]) == "ground" and place_of(x[2]) != "ground"]


def test_nobody_but_doors_imports_a_door():
    assert not [x for x in IMPORTS if place_of(x[1]) != "door" and place_of(x[2]) == "door"]


def test_in_the_decision_tower_imports_go_down():
    inside = [x for x in IMPORTS if x[1] in DECISION and x[2] in DECISION]

    assert inside
    assert not [x for x in inside if DECISION.index(x[2]) >= DECISION.index(x[1])]


def test_one_file_alone_imports_flax_and_one_numpyro():
    for package, file in (("flax", "training/models.py"), ("numpyro", "nuts.py")):
        users = {
            str(path.relative_to(PACKAGE))
            for path in FILES
            if any(module.split(".")[0] == package for module in imports_of(path))
        }

        assert users == {file}


def test_no_file_is_a_drawer_for_everything():
    assert not [p for p in EVERY_FILE if p.stem in ("utils", "util", "helpers", "common", "misc")]


def test_no_file_is_too_long():
    assert not [path for path in EVERY_FILE if len(path.read_text().splitlines()) > LONGEST]


def test_package_files_hold_imports_and_names_only():
    for path in FILES:
        if path.name == "__init__.py":
            for number, node in enumerate(ast.parse(path.read_text()).body):
                docstring = number == 0 and isinstance(node, ast.Expr)
                names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
                assert docstring or names or isinstance(node, ast.ImportFrom), path
