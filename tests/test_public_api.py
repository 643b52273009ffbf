"""The front door: every public name is there, documented, and its example runs."""

import ast
import doctest
import inspect
from pathlib import Path

import pytest

import dashjax as dj

OPTIONAL = {"to_xarray": "xarray"}  # what the example of a name needs beside dashjax
STUB = Path(dj.__file__).with_suffix(".pyi")


def names_in_stub() -> set[str]:
    tree = ast.parse(STUB.read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_the_public_names_are_those_of_the_stub():
    assert set(dj.__all__) == names_in_stub()
    assert 25 <= len(dj.__all__) <= 60


@pytest.mark.parametrize("name", sorted(names_in_stub()))
def test_a_public_name_has_an_example_that_runs(name, tmp_path, monkeypatch, pool_for_examples):
    if name in OPTIONAL:
        pytest.importorskip(OPTIONAL[name])
    monkeypatch.chdir(pool_for_examples)
    thing = getattr(dj, name)
    text = inspect.getdoc(thing) or ""
    found = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert found.examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    runner.run(found, out=said.append)
    assert not said, "".join(said)


@pytest.fixture(scope="module")
def pool_for_examples(tmp_path_factory) -> Path:
    """A folder with the table `tables/mine`, as the examples read it."""
    folder = tmp_path_factory.mktemp("examples")
    rows = ["target,group,dataset,replicate,reward"]
    for target in ("hand", "knee"):
        for place, dataset in enumerate(("north-a", "north-b", "south-a", "south-b")):
            group = dataset.split("-")[0]
            for replicate in range(3):
                reward = 0.1 * place + 0.01 * replicate
                rows.append(f"{target},{group},{dataset},{replicate},{reward}")
    (folder / "results.csv").write_text("\n".join(rows) + "\n")
    dj.import_table(folder / "results.csv", folder / "tables" / "mine")
    return folder
