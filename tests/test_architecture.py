"""The house is as docs/architecture.md draws it: each file has a room, and imports go down only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dashjax"
FILES = sorted(PACKAGE.rglob("*.py"))
EVERY_FILE = [
    path
    for part in ("dashjax", "tests", "sims", "benchmarks", "examples")
    for path in (ROOT / part).rglob("*.py")
]

# Rooms, from the ground up: what each may import, and the files in it. A file that is in no room
# fails; so does a name here without a file.
ROOMS: dict[str, tuple[str, str]] = {
    "errors": ("", "errors"),
    "wording": ("", "wording"),
    "engine": (
        "errors",
        "batch_last batches common_subexpressions compilation devices hosts indexing loop progress "
        "random sizes threefry top_k workers",
    ),
    "pools": (
        "errors",
        "datasets embedded/digits embedded/glyphs embedded/painting examples grouping lazy parts "
        "pool read readers/archive readers/features readers/folder readers/group_folder "
        "readers/list_file readers/one_file readers/options readers/table_file",
    ),
    "store": (
        "errors wording engine pools",
        "cells columns compare export files identity importers/arrange importers/bring "
        "importers/delimited importers/exported importers/findings importers/floor "
        "importers/frames importers/json_lines importers/long importers/read importers/repeats "
        "importers/rows "
        "importers/source importers/values importers/wide labelled machine manifest merge results "
        "reward_table studies study_address study_refusals table_writer whole_folder",
    ),
    "bandit": (
        "errors engine pools",
        "agent base beliefs/exact beliefs/flat beliefs/learned "
        "beliefs/noise beliefs/paper beliefs/unit_free "
        "beliefs/two_level catalogue certainty environments/counted environments/replay "
        "environments/synthetic futures gaussian knapsack methods next_look policies/boundary "
        "policies/first_looks policies/halving "
        "policies/knowledge_gradient policies/lucb policies/pair policies/parts policies/thompson "
        "policies/top_two policies/ucb policies/uniform reach rollout selection stopping/parse "
        "stopping/rules stopping/scores worth",
    ),
    "priors": (
        "errors engine pools store bandit",
        "fit grid hyperprior moments nuts saved settings table_groups table_noise unit",
    ),
    "study": (
        "errors wording engine pools store bandit priors",
        "advisor candidates certainty changes checking child_process connection explorer "
        "importing layout ledger opening outlook program reasons settings study trials verdict "
        "within_budget worker_names workers",
    ),
    "rewards": (
        "errors engine pools store",
        "build columns definitions descent encoding gain limits local_features measure metrics "
        "models multilayer networks selections settings target_rows trainer",
    ),
    "choice": (
        "errors wording engine pools store bandit priors study rewards",
        "check choose inspection looks outcome problem search settings task",
    ),
    "simulate": (
        "errors engine pools store bandit priors",
        "accuracies bootstrap calibrated front judged_run limits metrics over_targets plan records "
        "replay running shown_run sweep synthetic tolerance typical",
    ),
    "baselines": (
        "errors engine pools store rewards",
        "dynamic/contract dynamic/infobatch dynamic/representative dynamic/rs2 dynamic/seta "
        "dynamic/sparse_autoencoder dynamic/training static/activeft static/alignment static/bilaf "
        "static/chance static/checks static/coresets static/datasets static/distances "
        "static/freesel static/mean_matching",
    ),
    "report": (
        "errors wording pools store priors study simulate",
        "arrays checked dictionary write figures/accuracy figures/certainty figures/contact "
        "figures/curves figures/fit_picture figures/heat figures/lettering figures/lines "
        "figures/plots figures/posterior figures/pulls figures/rewards figures/stopping "
        "figures/style page/content page/history page/intervals page/images page/render "
        "page/results_page page/study_page page/table_page page/write text/findings text/fit_table "
        "text/certainty text/closing text/narrow_table text/reach text/summary text/table_facts "
        "text/table_groups text/table_noise text/tables",
    ),
    "cli": (
        "errors wording engine pools store bandit priors study rewards choice simulate baselines "
        "report",
        "baseline choose choose_options demo exit experiment_options fit main output parsing pool "
        "pool_tables progress replay report shared_options showing simulating study study_options "
        "study_run study_text supply_options sweep table table_files table_findings",
    ),
}
TOP = {"__init__", "__main__"}
LONGEST = 350


def room_of(path: Path) -> str:
    """`bandit` for dashjax/bandit/beliefs/exact.py; the file's own name at the top."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


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


def rooms_entered(path: Path) -> set[str]:
    """The rooms of dashjax that a file imports from."""
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("dashjax.")}


def test_each_file_has_a_room_and_each_name_a_file():
    listed = {
        room if (PACKAGE / f"{room}.py").exists() else f"{room}/{name}"
        for room, (_, names) in ROOMS.items()
        for name in names.split()
    }
    there = {
        str(path.relative_to(PACKAGE).with_suffix(""))
        for path in FILES
        if path.name != "__init__.py" or path.parent == PACKAGE
    }

    assert there == listed | TOP


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_down_only(room):
    below = {*ROOMS[room][0].split(), room}
    up = {
        str(path.relative_to(ROOT)): rooms_entered(path) - below
        for path in FILES
        if room_of(path) == room and not rooms_entered(path) <= below
    }

    assert not up


def test_commands_do_not_import_each_other():
    shared = {
        "choose_options",
        "exit",
        "output",
        "pool_tables",
        "progress",
        "showing",
        "simulating",
        "experiment_options",
        "shared_options",
        "study_options",
        "study_text",
        "supply_options",
        "table_files",
        "table_findings",
    }
    for path in (PACKAGE / "cli").glob("*.py"):
        if path.stem not in {"main", "parsing", *shared}:
            own = {n.split(".")[2] for n in imports_of(path) if n.startswith("dashjax.cli.")}
            assert own <= shared, path


@pytest.mark.parametrize(("part", "others"), [("sims", "benchmarks"), ("benchmarks", "sims")])
def test_studies_and_benchmarks_do_not_import_each_other(part, others):
    for path in (ROOT / part).rglob("*.py"):
        assert not {name for name in imports_of(path) if name.split(".")[0] == others}, path


def test_few_files_import_flax_and_one_numpyro():
    networks = {"rewards/networks.py", "baselines/dynamic/sparse_autoencoder.py"}
    for package, files in (("flax", networks), ("numpyro", {"priors/nuts.py"})):
        users = {
            str(path.relative_to(PACKAGE))
            for path in FILES
            if any(module.split(".")[0] == package for module in imports_of(path))
        }

        assert users == files


def test_no_file_is_a_drawer_for_everything():
    drawers = ("utils", "util", "helpers", "common", "misc", "settings_all")
    assert not [p for p in EVERY_FILE if p.stem in drawers]


def test_no_file_is_too_long():
    assert not [path for path in EVERY_FILE if len(path.read_text().splitlines()) > LONGEST]


def test_package_files_hold_imports_and_names_only():
    for path in FILES:
        if path.name == "__init__.py":
            for number, node in enumerate(ast.parse(path.read_text()).body):
                docstring = number == 0 and isinstance(node, ast.Expr)
                names = isinstance(node, ast.Assign)
                imports = isinstance(node, ast.ImportFrom | ast.Import)
                assert docstring or names or imports, path
